"""Find what is there twice: files, movies and series, streams."""
