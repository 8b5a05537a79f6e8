"""Manage health, backups, cleanup, users, sessions and keys."""
