"""Connect instances, and receive their events."""
