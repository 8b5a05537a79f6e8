"""Import the videos that other programs put into the watch folders."""
