"""Speak to Radarr and Sonarr as an indexer (Newznab) and as a download client (SABnzbd). Holds no policy."""
