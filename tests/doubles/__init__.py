"""Hand-written stand-ins shared by the tests: clocks, a private PostgreSQL, faults of providers, traps of the *arrs."""
