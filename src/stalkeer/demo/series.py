"""Define the series and episodes of the demo's Sonarr, and the names of the fields that it reads and writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from stalkeer.demo.arr_answers import PAGED, SortKeys, moment
from stalkeer.demo.posters import images_of
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

    @property
    def release_title(self) -> str:
        """Return the name that custom formats are looked for in."""
        return self.scene_name or self.path.stem


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
class LibrarySeries:
    """Describe a series; `id` 0 means that only a look-up finds it, not the library. `kind`: standard, daily, anime."""

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
    backdrop: str | None = None
    overview: str = ""
    monitored: bool = True
    profile_id: int = 1
    tags: list[int] = field(default_factory=list)
    episodes: list[Episode] = field(default_factory=list)

    def answers_to(self, title: str) -> bool:
        """Tell whether the series has this title, with or without the year behind it."""
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
EPISODES_NEWER = {"includeEpisodeFile": "4.0.9.2421"}
TABLE_NAMES_SINCE = "4.0.0"  # in sort keys
OLD_SORT_KEYS: SortKeys = {"airDateUtc": SORT_KEYS["episodes.airDateUtc"]}
FIELD_VERSIONS = {
    "": {"originalLanguage": "4.0.0", "tmdbId": "4.0.5.1760"},
    "episode": {"runtime": "4.0.0"},
    "qualitydefinition": {"preferredSize": "4.0.0"},
    "system/status": {"appName": "3.0.7.1477", "instanceName": "3.0.9.1549", "isDocker": "4.0.0"},
    "manualimport": {
        "languages": "4.0.0",
        "releaseGroup": "3.0.7.1477",
        "releaseType": "4.0.2.1223",
        "indexerFlags": "4.0.1.1168",
    },
    "config/naming": {"colonReplacementFormat": "4.0.0", "customColonReplacementFormat": "4.0.6.1847"},
    "parse": {"customFormats": "4.0.0", "customFormatScore": "4.0.0"},
    "episodefile": {"customFormats": "4.0.0", "customFormatScore": "4.0.0"},
    "qualityprofile": {
        "formatItems": "4.0.0",
        "minFormatScore": "4.0.0",
        "cutoffFormatScore": "4.0.0",
        "minUpgradeFormatScore": "4.0.10",
    },
    "command": {"result": "4.0.0"},
    "notification": {"onHealthRestored": "4.0.0", "onManualInteractionRequired": "4.0.0", "onSeriesAdd": "4.0.0"},
}
WANTED = {**PAGED, "includeSeries": "bool", "includeImages": "bool", "monitored": "bool"}
BLOCKLIST = {**PAGED, "seriesIds": "ints", "protocols": "str"}
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


def series_resource(series: LibrarySeries, path: str, root_folder: str) -> dict[str, Any]:
    seasons = sorted({episode.season for episode in series.episodes})
    return {
        "id": series.id or None,
        "title": series.title,
        "alternateTitles": [{"title": title, "seasonNumber": -1} for title in series.alternate_titles],
        "sortTitle": series.title.casefold(),
        "status": "continuing",
        "ended": False,
        "overview": series.overview,
        "images": images_of(series.id, series.poster, series.backdrop),
        "originalLanguage": {"id": 1, "name": "English"},
        "seasons": [season_resource(series, season) for season in seasons],
        "year": series.year,
        "path": path,
        "qualityProfileId": series.profile_id,
        "seasonFolder": True,
        "monitored": series.monitored,
        "monitorNewItems": "all",
        "useSceneNumbering": False,
        "runtime": series.runtime_min,
        "tvdbId": series.tvdb_id,
        "tvRageId": 0,
        "tvMazeId": 0,
        "tmdbId": series.tmdb_id or 0,
        "seriesType": series.kind,
        "cleanTitle": clean_title(series.title),
        "imdbId": series.imdb_id,
        "titleSlug": clean_title(series.title),
        "rootFolderPath": f"{root_folder}/",
        "genres": [],
        "tags": list(series.tags),
        "added": "2026-01-01T00:00:00Z",
        "ratings": {"votes": 0, "value": 0.0},
        "statistics": statistics(series.episodes) | {"seasonCount": len([s for s in seasons if s])},
        "languageProfileId": 1,
    }


def season_resource(series: LibrarySeries, season: int) -> dict[str, Any]:
    episodes = [episode for episode in series.episodes if episode.season == season]
    return {"seasonNumber": season, "monitored": True, "statistics": statistics(episodes)}


def episode_resource(episode: Episode, series: LibrarySeries) -> dict[str, Any]:
    return {
        "id": episode.id,
        "seriesId": episode.series_id,
        "tvdbId": 9_000_000 + episode.id,
        "episodeFileId": episode.file.id if episode.file else 0,
        "seasonNumber": episode.season,
        "episodeNumber": episode.number,
        "title": episode.title,
        "airDate": episode.air_date_utc.date().isoformat(),
        "airDateUtc": episode.air_date_utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "lastSearchTime": episode.last_search,
        "runtime": series.runtime_min,
        "overview": "",
        "hasFile": episode.file is not None,
        "monitored": episode.monitored,
        "absoluteEpisodeNumber": episode.absolute,
        "unverifiedSceneNumbering": False,
    }


def file_resource(file: EpisodeFile, series: LibrarySeries, path: str) -> dict[str, Any]:
    return {
        "id": file.id,
        "seriesId": file.series_id,
        "seasonNumber": file.season,
        "relativePath": file.path.relative_to(series.path).as_posix(),
        "path": path,
        "size": file.size,
        "dateAdded": file.date_added,
        "sceneName": file.scene_name,
        "releaseGroup": file.release_group,
        "languages": file.languages,
        "quality": file.quality,
        "indexerFlags": 0,
        "releaseType": file.release_type,
        "mediaInfo": file.media_info,
    }


def statistics(episodes: Sequence[Episode]) -> dict[str, Any]:
    files = [episode.file for episode in episodes if episode.file]
    share = 100.0 * len(files) / len(episodes) if episodes else 0.0
    return {
        "episodeFileCount": len(files),
        "episodeCount": len(episodes),
        "totalEpisodeCount": len(episodes),
        "sizeOnDisk": sum(file.size for file in files),
        "releaseGroups": [],
        "percentOfEpisodes": share,
    }
