"""Report new files that no instance imports to a media server."""
