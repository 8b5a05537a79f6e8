"""Read playlists and accounts: bytes or JSON -> blocks -> Entry.

Refuse answers that are no playlist. No database is used here.
"""
