"""Entries, titles and generations: what the sources list."""
