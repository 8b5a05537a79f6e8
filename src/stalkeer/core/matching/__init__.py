"""Match entries with wanted items: candidates, named evidence, a decision with its reason. Pure: no clock, no I/O."""
