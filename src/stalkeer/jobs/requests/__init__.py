"""What the user asks for from the catalogue: downloads of entries that nothing wants yet."""
