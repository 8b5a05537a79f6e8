"""Carry out requests from the catalogue: download entries that no instance wants yet."""
