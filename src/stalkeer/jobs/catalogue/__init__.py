"""Ask accounts for details of single entries of the catalogue."""
