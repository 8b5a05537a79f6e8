"""Store events and runs: what happened, and what is running."""
