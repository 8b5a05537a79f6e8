"""What the program does: load, decide, apply; each job returns a report."""
