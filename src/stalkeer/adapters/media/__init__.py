"""Ask Plex, Jellyfin and Emby which media users watch now."""
