"""Ask The Movie Database for titles. This is optional: without a key, nothing here is used. No rule is here."""
