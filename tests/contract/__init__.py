"""What Radarr and Sonarr take and give, as facts of our own, checked against the demo's servers and real ones."""
