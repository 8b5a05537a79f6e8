"""Find files, titles and streams that are there twice."""
