"""What people and programs talk to: parse, call a job, show. Nothing here writes to the database."""
