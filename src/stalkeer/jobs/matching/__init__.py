"""Scan, match, explain, and keep the decisions of the user."""
