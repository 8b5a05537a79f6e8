"""Store the instances, their libraries and their wanted items."""
