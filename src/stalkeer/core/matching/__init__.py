"""Which entry is which wanted item: candidates, named evidence, a decision with its reason. Pure: no clock, no I/O."""
