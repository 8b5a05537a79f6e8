"""Find files, titles and streams that exist more than once."""
