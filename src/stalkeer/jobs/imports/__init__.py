"""Verify a fetched file, choose its place, and have an instance import it."""
