"""Open the database and manage its schema: connections, migrations, bulk writes, dumps."""
