"""Instances, what they own and what they want."""
