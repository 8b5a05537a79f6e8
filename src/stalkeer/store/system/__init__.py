"""Settings, users, keys, health, counts and retention."""
