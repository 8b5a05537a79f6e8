"""Look through the catalogue and ask accounts for details of single entries."""
