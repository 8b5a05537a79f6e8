"""Run the command line: parse, call a job, show. Heavy modules are imported only when a command needs them."""
