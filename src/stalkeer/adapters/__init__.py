"""Connect to other programs, a package for each: translate their errors and JSON at the border, return our values."""
