"""Radarr and Sonarr through their v3 APIs: their JSON stops here, our values go on."""
