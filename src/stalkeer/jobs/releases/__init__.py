"""Compose the release names of playlist entries, and read how instances score them."""
