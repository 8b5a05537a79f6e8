"""The command line: parse, call a job, show. Nothing heavy is imported before a command needs it."""
