"""Playlists and accounts, their filters, archives and connections in use."""
