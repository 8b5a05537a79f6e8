"""Store playlists and accounts, their filters, archives and connections in use."""
