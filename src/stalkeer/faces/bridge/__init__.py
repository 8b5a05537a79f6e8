"""Answer Radarr and Sonarr as an indexer (Newznab) and as a download client (SABnzbd). No rule is here."""
