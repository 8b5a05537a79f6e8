"""Store the folders to report to a media server."""
