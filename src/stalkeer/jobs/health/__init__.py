"""Check the health of the program, and record what is new or resolved."""
