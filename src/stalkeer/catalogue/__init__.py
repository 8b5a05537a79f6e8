"""What the program remembers of a playlist: fingerprints, differences, rows. The million-row path lives here."""
