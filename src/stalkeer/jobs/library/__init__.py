"""Connect instances, read what they own and want, take their events."""
