"""Store entries, titles and generations of the sources' lists."""
