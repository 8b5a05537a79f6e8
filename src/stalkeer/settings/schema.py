"""Hold every setting: name, type, default, label and description. Documents and settings pages use them.

Sizes are bytes and durations seconds, whatever their text form was; see `units`. A field has a description, a `title`
where its label is not its name, and `examples` where the default does not show the form. The sections are in
`sections`.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import (
    ConfigDict,
    Field,
    model_validator,
)

from stalkeer.settings.sections.connections import ArrSettings, MediaServerSettings, PlaylistSettings, TmdbSettings
from stalkeer.settings.sections.hooks import HookSettings
from stalkeer.settings.sections.jobs import (
    CatalogueSettings,
    MatchingSettings,
    RetentionSettings,
    ScheduleSettings,
    WantedSettings,
)
from stalkeer.settings.sections.program import DatabaseSettings, LoggingSettings, SecuritySettings, ServerSettings
from stalkeer.settings.sections.transfers import DirectorySettings, DownloadSettings, ImportSettings, WatchSettings
from stalkeer.settings.types import Section


class Settings(Section):
    """Hold all settings. They are immutable. `import` is `import_` in Python."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, populate_by_name=True)

    data_dir: Path = Field(
        description="Folder of the database, secret key, logs, playlist copies and backups.", examples=["/config"]
    )
    secret_key_file: Path | None = Field(
        None, description="File with the encryption key of stored credentials. Empty uses `data_dir/secret.key`."
    )
    radarr: tuple[ArrSettings, ...] = Field((), description="Radarr instances.")
    sonarr: tuple[ArrSettings, ...] = Field((), description="Sonarr instances.")
    playlists: tuple[PlaylistSettings, ...] = Field((), description="Sources.")
    catalogue: CatalogueSettings = Field(CatalogueSettings(), description="Reading of playlists.")
    downloads: DownloadSettings = Field(DownloadSettings(), description="Downloads.")
    directories: DirectorySettings = Field(DirectorySettings(), description="Download folders.")
    import_: ImportSettings = Field(ImportSettings(), alias="import", description="Import of finished files.")
    watch: WatchSettings = Field(
        WatchSettings(), title="Watch folders", description="Import of videos that other programs put into a folder."
    )
    schedule: ScheduleSettings = Field(ScheduleSettings(), description="Schedule of the jobs.")
    retention: RetentionSettings = Field(RetentionSettings(), description="How long to keep data.")
    matching: MatchingSettings = Field(MatchingSettings(), description="Scores of matches, and preferred languages.")
    tmdb: TmdbSettings = Field(
        TmdbSettings(), title="The Movie Database", description="Additional titles from TMDB; optional."
    )
    media_server: MediaServerSettings = Field(
        MediaServerSettings(), title="Media server", description="Plex, Jellyfin or Emby; optional."
    )
    wanted: WantedSettings = Field(WantedSettings(), description="Wanted items.")
    hooks: HookSettings = Field(HookSettings(), title="Hook scripts", description="Scripts around the import.")
    database: DatabaseSettings = Field(DatabaseSettings(), description="Database.")
    logging: LoggingSettings = Field(LoggingSettings(), description="Logs.")
    server: ServerSettings = Field(ServerSettings(), description="Web server.")
    security: SecuritySettings = Field(SecuritySettings(), description="Access to the web UI and API.")

    @model_validator(mode="after")
    def _names_are_unique(self) -> Settings:
        for key, entries in (("radarr", self.radarr), ("sonarr", self.sonarr), ("playlists", self.playlists)):
            names = [entry.name for entry in entries]
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{key}.name is used twice: {', '.join(twice)}; accepted: a unique name for each")
        for key, instances in (("radarr", self.radarr), ("sonarr", self.sonarr)):
            if sum(instance.default for instance in instances) > 1:
                raise ValueError(f"{key}.default is true for several; accepted: one default instance")
        return self
