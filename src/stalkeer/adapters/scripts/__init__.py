"""Run programs of the user."""
