"""Decide what targets of notifications are told: which events, grouped how, when, and in which words."""
