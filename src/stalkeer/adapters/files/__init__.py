"""Handle files on disk: check free space and media files, and move files to their place."""
