"""Tell a media server of new files that no instance imports."""
