"""Connect instances, read their libraries and wanted items, and receive their events."""
