"""Rules that every adapter that asks a foreign server shares."""
