"""Walks through the real Radarr and Sonarr: `make real PROGRAMS=folder`. Never part of the suite or of CI."""
