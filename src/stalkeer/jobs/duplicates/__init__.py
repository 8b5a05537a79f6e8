"""Find files, movies, series and streams that exist more than once."""
