"""Judge addresses, callers and passwords, without a database."""
