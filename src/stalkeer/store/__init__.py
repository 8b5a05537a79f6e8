"""The database: the only SQL in the program. One module per aggregate; SQLite and PostgreSQL alike."""
