"""Store matches, rules and blocklist, and read the data for matching."""
