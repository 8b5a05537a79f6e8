"""Find missing movies and episodes of Radarr and Sonarr on playlists, download them and have them imported."""
