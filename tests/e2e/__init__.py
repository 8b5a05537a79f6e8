"""The program as its user runs it: real processes, real servers on 127.0.0.1, real files."""
