"""Health, backup, cleanup, users, sessions and keys."""
