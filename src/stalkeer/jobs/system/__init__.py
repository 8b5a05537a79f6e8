"""Manage backups, cleanup, users, sessions and keys."""
