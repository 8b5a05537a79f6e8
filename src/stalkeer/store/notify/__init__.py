"""Store the targets of notifications, and their messages."""
