"""Events and runs: the record of what happened and what is running."""
