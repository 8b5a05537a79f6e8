"""The database itself: connections, schema, migrations, bulk writes, dumps."""
