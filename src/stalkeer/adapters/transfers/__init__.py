"""Transfer bytes from a server into a part file, resumably. This room knows no database and no queue."""
