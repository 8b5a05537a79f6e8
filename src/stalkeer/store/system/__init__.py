"""Store settings, users, keys and health, and compute counts and retention."""
