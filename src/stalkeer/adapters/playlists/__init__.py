"""Read playlists and accounts: bytes or JSON -> blocks -> Entry. Know no database; refuse what is no playlist."""
