"""Plex, Jellyfin and Emby: who watches what now."""
