"""Access the database. All SQL of the program is here, in a module for each aggregate, for SQLite and PostgreSQL."""
