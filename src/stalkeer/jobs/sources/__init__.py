"""Add, test and refresh playlists and accounts."""
