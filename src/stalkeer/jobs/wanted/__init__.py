"""Read what every instance is missing, and keep it up to date."""
