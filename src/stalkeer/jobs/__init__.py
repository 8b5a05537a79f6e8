"""Do the program's work: load, decide, apply; each job returns a report."""
