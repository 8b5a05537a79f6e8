"""Decide on the messages to targets: their events, groups, times and words."""
