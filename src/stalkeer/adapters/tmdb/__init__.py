"""The Movie Database, asked for titles. Optional: without a key nothing here is used. It decides nothing."""
