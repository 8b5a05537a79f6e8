"""Store the targets of notifications, and what they are told."""
