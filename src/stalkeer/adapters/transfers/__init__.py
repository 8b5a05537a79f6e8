"""One resumable transfer: bytes from a server into a part file, and nothing else. Knows no database and no queue."""
