"""Playlists and accounts: bytes or JSON -> blocks -> Entry. Knows no database; refuses what is no playlist."""
