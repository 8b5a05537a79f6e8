"""Test sources, fetch their lists, and update the catalogue."""
