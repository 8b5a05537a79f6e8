"""Talk to people and programs: parse, call a job, show. Nothing here writes to the database."""
