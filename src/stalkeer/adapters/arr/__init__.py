"""Use Radarr and Sonarr through their v3 APIs. Only Stalkeer's own values leave this package, no JSON."""
