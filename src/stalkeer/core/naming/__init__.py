"""File and release names: Radarr's and Sonarr's naming rules, and names both programs read back rightly. Pure."""
