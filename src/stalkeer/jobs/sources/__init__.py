"""Add, change and describe playlists and accounts, and ask accounts for their state."""
