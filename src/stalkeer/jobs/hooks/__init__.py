"""Run the user's scripts around the import."""
