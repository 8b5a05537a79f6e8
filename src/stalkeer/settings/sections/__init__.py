"""Define the sections of the settings, one class each; `settings/schema.py` puts them together."""
