"""Stalkeer: from what a library misses to an imported file."""
