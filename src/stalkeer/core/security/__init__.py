"""Addresses, callers and passwords, judged without a database."""
