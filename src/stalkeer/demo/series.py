"""What the demo's Sonarr knows of series and episodes, and the names of everything it takes and gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from stalkeer.demo.arr import PAGED, SortKeys, moment
from stalkeer.demo.releases import clean_title


@dataclass
class EpisodeFile:
    id: int
    series_id: int
    season: int
    path: Path
    size: int
    quality: dict[str, Any]
    languages: list[dict[str, Any]]
    release_type: str = "singleEpisode"
    release_group: str | None = None
    scene_name: str | None = None
    media_info: dict[str, Any] | None = None
    date_added: str = field(default_factory=moment)


@dataclass
class Episode:
    id: int
    series_id: int
    season: int
    number: int
    title: str
    air_date_utc: datetime
    absolute: int | None = None
    monitored: bool = True
    file: EpisodeFile | None = None
    last_search: str | None = None


@dataclass
class Series:
    """A series; `id` 0 stands for one that only a look-up knows. `kind` is standard, daily or anime."""

    id: int
    title: str
    year: int
    tvdb_id: int
    path: Path
    kind: str = "standard"
    runtime_min: int = 45
    alternate_titles: tuple[str, ...] = ()
    imdb_id: str | None = None
    tmdb_id: int | None = None
    poster: str | None = None
    monitored: bool = True
    profile_id: int = 1
    tags: list[int] = field(default_factory=list)
    episodes: list[Episode] = field(default_factory=list)

    def answers_to(self, title: str) -> bool:
        """By any of its titles, or by the bare title followed by the year."""
        names = {clean_title(name) for name in (self.title, *self.alternate_titles)}
        bare = clean_title(title.removesuffix(f"({self.year})").removesuffix(str(self.year)))
        return clean_title(title) in names or bare in names

    def has_aired(self, episode: Episode, now: datetime) -> bool:
        return episode.air_date_utc + timedelta(minutes=self.runtime_min) <= now


SORT_KEYS: SortKeys = {
    "episodes.airDateUtc": lambda row: (row.get("airDateUtc") or "", row["id"]),
    "episodes.lastSearchTime": lambda row: (row.get("lastSearchTime") or "", row["id"]),
    "series.sortTitle": lambda row: (row["seriesId"], row["seasonNumber"], row["episodeNumber"]),
}
HISTORY_EVENTS = {
    1: "grabbed",
    2: "seriesFolderImported",
    3: "downloadFolderImported",
    4: "downloadFailed",
    5: "episodeFileDeleted",
    6: "episodeFileRenamed",
    7: "downloadIgnored",
}
NAMING = {
    "id": 1,
    "renameEpisodes": False,
    "replaceIllegalCharacters": True,
    "colonReplacementFormat": 4,
    "customColonReplacementFormat": "",
    "multiEpisodeStyle": 5,
    "standardEpisodeFormat": "{Series Title} - S{season:00}E{episode:00} - {Episode Title} {Quality Full}",
    "dailyEpisodeFormat": "{Series Title} - {Air-Date} - {Episode Title} {Quality Full}",
    "animeEpisodeFormat": "{Series Title} - S{season:00}E{episode:00} - {Episode Title} {Quality Full}",
    "seriesFolderFormat": "{Series Title}",
    "seasonFolderFormat": "Season {season}",
    "specialsFolderFormat": "Specials",
}
SERIES = {"tvdbId": "int", "includeSeasonImages": "bool"}
EPISODES = {
    "seriesId": "int",
    "seasonNumber": "int",
    "episodeIds": "ints",
    "episodeFileId": "int",
    "includeSeries": "bool",
    "includeEpisodeFile": "bool",
    "includeImages": "bool",
}
WANTED = {**PAGED, "includeSeries": "bool", "includeImages": "bool", "monitored": "bool"}
CUTOFF = WANTED | {"includeEpisodeFile": "bool"}
QUEUE = {
    **PAGED,
    "includeUnknownSeriesItems": "bool",
    "includeSeries": "bool",
    "includeEpisode": "bool",
    "seriesIds": "ints",
    "protocol": "str",
    "languages": "ints",
    "quality": "int",
    "status": "str",
}
QUEUE_DETAILS = {"seriesId": "int", "episodeIds": "ints", "includeSeries": "bool", "includeEpisode": "bool"}
HISTORY = {
    **PAGED,
    "includeSeries": "bool",
    "includeEpisode": "bool",
    "eventType": "ints",
    "episodeId": "int",
    "downloadId": "str",
    "seriesIds": "ints",
    "languages": "ints",
    "quality": "ints",
}
SINCE = {"date": "str", "eventType": "str", "includeSeries": "bool", "includeEpisode": "bool"}
SERIES_HISTORY = {"seriesId": "int", "seasonNumber": "int", "eventType": "str"} | {
    "includeSeries": "bool",
    "includeEpisode": "bool",
}
CALENDAR = {
    "start": "str",
    "end": "str",
    "unmonitored": "bool",
    "includeSeries": "bool",
    "includeEpisodeFile": "bool",
    "includeEpisodeImages": "bool",
    "tags": "str",
}
PREVIEW = {
    "folder": "str",
    "downloadId": "str",
    "seriesId": "int",
    "seasonNumber": "int",
    "filterExistingFiles": "bool",
}
IMPORT_FIELDS = frozenset({"seriesId", "episodeIds", "episodeFileId", "releaseType"})
REPROCESS_FIELDS = frozenset(
    {"id", "path", "seriesId", "seasonNumber", "episodes", "episodeIds", "quality", "languages", "releaseGroup"}
    | {"downloadId", "customFormats", "customFormatScore", "indexerFlags", "releaseType", "rejections"}
)
EDITOR_FIELDS = frozenset(
    {"seriesIds", "monitored", "monitorNewItems", "qualityProfileId", "seriesType", "seasonFolder", "rootFolderPath"}
    | {"tags", "applyTags", "moveFiles", "deleteFiles", "addImportListExclusion"}
)
MONITOR_FIELDS = frozenset({"episodeIds", "monitored"})
EPISODE_FIELDS = frozenset(
    {"id", "seriesId", "tvdbId", "episodeFileId", "seasonNumber", "episodeNumber", "title", "airDate", "airDateUtc"}
    | {"lastSearchTime", "runtime", "finaleType", "overview", "episodeFile", "hasFile", "monitored", "images"}
    | {"absoluteEpisodeNumber", "sceneAbsoluteEpisodeNumber", "sceneEpisodeNumber", "sceneSeasonNumber"}
    | {"unverifiedSceneNumbering", "endTime", "grabDate", "series"}
)
SERIES_FIELDS = frozenset(
    {"id", "title", "alternateTitles", "sortTitle", "status", "ended", "profileName", "overview", "nextAiring"}
    | {"previousAiring", "network", "airTime", "images", "originalLanguage", "remotePoster", "seasons", "year", "path"}
    | {"qualityProfileId", "seasonFolder", "monitored", "monitorNewItems", "useSceneNumbering", "runtime", "tvdbId"}
    | {"tvRageId", "tvMazeId", "tmdbId", "firstAired", "lastAired", "seriesType", "cleanTitle", "imdbId", "titleSlug"}
    | {"rootFolderPath", "folder", "certification", "genres", "tags", "added", "addOptions", "ratings", "statistics"}
    | {"episodesChanged", "languageProfileId"}
)
SONARR_EVENTS = (
    "onGrab",
    "onDownload",
    "onUpgrade",
    "onImportComplete",
    "onRename",
    "onSeriesAdd",
    "onSeriesDelete",
    "onEpisodeFileDelete",
    "onEpisodeFileDeleteForUpgrade",
    "onHealthIssue",
    "includeHealthWarnings",
    "onHealthRestored",
    "onApplicationUpdate",
    "onManualInteractionRequired",
)
