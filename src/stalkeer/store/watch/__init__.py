"""Store the videos of watch folders."""
