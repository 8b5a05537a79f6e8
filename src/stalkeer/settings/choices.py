"""Name the values of settings that are chosen from a list, as settings pages show them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from stalkeer.core.downloads.quota import Period
from stalkeer.core.downloads.viewing import UseWhen
from stalkeer.model import Drive, SkipOwned
from stalkeer.settings.sections.connections import FilterField, MediaServerType, PlaylistType
from stalkeer.settings.sections.program import AuthMode, LogFormat, LogLevel
from stalkeer.settings.sections.transfers import ImportMode

CHOICES: Mapping[type[StrEnum], Mapping[StrEnum, str]] = {
    Drive: {
        Drive.OURS: "Stalkeer looks and downloads",
        Drive.NATIVE: "Radarr or Sonarr searches Stalkeer",
    },
    SkipOwned: {
        SkipOwned.AUTO: "Skip if both quality profiles share a resolution",
        SkipOwned.YES: "Always skip",
        SkipOwned.NO: "Download for this instance too",
    },
    PlaylistType: {PlaylistType.M3U: "Playlist (M3U)", PlaylistType.XTREAM: "Account (Xtream)"},
    UseWhen: {
        UseWhen.ANY: "At any time",
        UseWhen.HOURS: "At night, or at certain hours",
        UseWhen.MANUAL: "Only when I start a download",
    },
    FilterField: {
        FilterField.GROUP: "Group",
        FilterField.NAME: "Name",
        FilterField.PATH: "Path",
        FilterField.HOST: "Host",
    },
    Period: {Period.DAY: "Day", Period.WEEK: "Week", Period.MONTH: "Month"},
    ImportMode: {
        ImportMode.MANUAL: "Manual import",
        ImportMode.LIBRARY: "Library folder",
        ImportMode.NONE: "No import",
    },
    MediaServerType: {
        MediaServerType.NONE: "No media server",
        MediaServerType.PLEX: "Plex",
        MediaServerType.JELLYFIN: "Jellyfin",
        MediaServerType.EMBY: "Emby",
    },
    LogLevel: {
        LogLevel.DEBUG: "Debug (everything)",
        LogLevel.INFO: "Info",
        LogLevel.WARNING: "Warnings and errors",
        LogLevel.ERROR: "Errors only",
    },
    LogFormat: {LogFormat.CONSOLE: "Text", LogFormat.JSON: "JSON"},
    AuthMode: {
        AuthMode.FORMS: "Login page",
        AuthMode.EXTERNAL: "Trusted reverse proxy",
        AuthMode.LOCAL: "No login on local networks",
    },
}


def choices_of(annotation: object) -> Mapping[str, str]:
    """Return the accepted values of an enumeration with their words; nothing for other types."""
    if not (isinstance(annotation, type) and issubclass(annotation, StrEnum)):
        return {}
    words = CHOICES.get(annotation, {})
    return {member.value: words.get(member, member.value) for member in annotation}
