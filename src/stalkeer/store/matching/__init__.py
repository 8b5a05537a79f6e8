"""Matches, rules and blocklist, and what matching reads."""
