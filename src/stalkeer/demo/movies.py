"""Define the movies of the demo's Radarr, and the names of the fields that it reads and writes."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stalkeer.demo.arr_answers import PAGED, SortKeys, moment
from stalkeer.demo.releases import clean_title


@dataclass
class MovieFile:
    id: int
    movie_id: int
    path: Path
    size: int
    quality: dict[str, Any]
    languages: list[dict[str, Any]]
    release_group: str | None = None
    scene_name: str | None = None
    media_info: dict[str, Any] | None = None
    date_added: str = field(default_factory=moment)

    @property
    def release_title(self) -> str:
        """Return the name that custom formats are looked for in."""
        return self.scene_name or self.path.stem


@dataclass
class Movie:
    """Describe a movie; `id` 0 means a movie outside the library, which only a look-up finds."""

    id: int
    title: str
    year: int
    runtime_min: int
    tmdb_id: int
    path: Path
    imdb_id: str | None = None
    original_title: str | None = None
    alternate_titles: tuple[str, ...] = ()
    secondary_year: int | None = None
    poster: str | None = None
    backdrop: str | None = None
    overview: str = ""
    monitored: bool = True
    is_available: bool = True
    minimum_availability: str = "released"
    profile_id: int = 1
    tags: list[int] = field(default_factory=list)
    last_search: str | None = None
    file: MovieFile | None = None

    @property
    def sort_title(self) -> str:
        folded = self.title.casefold()
        return folded.removeprefix("the ").removeprefix("a ").removeprefix("an ")

    def answers_to(self, title: str, year: int | None) -> bool:
        names = (self.title, self.original_title or "", *self.alternate_titles)
        return (year is None or year in (self.year, self.secondary_year)) and clean_title(title) in {
            clean_title(name) for name in names
        }


def alternate_titles(movie: Movie) -> list[dict[str, Any]]:
    return [
        {"id": number, "sourceType": "tmdb", "movieMetadataId": movie.id, "title": t, "cleanTitle": clean_title(t)}
        for number, t in enumerate(movie.alternate_titles, start=1)
    ]


SORT_KEYS: SortKeys = {
    "movieMetadata.sortTitle": lambda row: row["sortTitle"],
    "movieMetadata.year": lambda row: row["year"],
    "movieMetadata.inCinemas": lambda row: row.get("inCinemas") or "",
    "movieMetadata.digitalRelease": lambda row: row.get("digitalRelease") or "",
    "movieMetadata.physicalRelease": lambda row: row.get("physicalRelease") or "",
    "movies.lastSearchTime": lambda row: row.get("lastSearchTime") or "",
}
HISTORY_EVENTS = {
    1: "grabbed",
    3: "downloadFolderImported",
    4: "downloadFailed",
    6: "movieFileDeleted",
    8: "movieFileRenamed",
    9: "downloadIgnored",
}
NAMING = {
    "id": 1,
    "renameMovies": False,
    "replaceIllegalCharacters": True,
    "colonReplacementFormat": "smart",
    "standardMovieFormat": "{Movie Title} ({Release Year}) {Quality Full}",
    "movieFolderFormat": "{Movie Title} ({Release Year})",
}
WANTED = {**PAGED, "monitored": "bool"}
WANTED_SINCE = "5.6.0.8846"
MOVIES_NEWER = {"excludeLocalCovers": "5.0.2.8103"}
FIELD_VERSIONS = {
    "": {"originalLanguage": "4.1.0.6095"},
    "movie": {"movieFileId": "5.6.0.8846"},
    "wanted": {"movieFileId": "5.6.0.8846"},
    "calendar": {"movieFileId": "5.6.0.8846"},
    "history": {"fileId": "3.1.0.4893"},
    "system/status": {"appName": "4.0.3.5879", "instanceName": "4.2.0.6438"},
    "manualimport": {"indexerFlags": "5.4.0.8636", "releaseGroup": "4.0.0.5745"},
    "command": {"result": "4.5.1.7282"},
    "parse": {"customFormats": "4.7.2.7686", "customFormatScore": "4.7.2.7686"},
    "moviefile": {"customFormatScore": "4.7.2.7686"},
    "qualityprofile": {"minUpgradeFormatScore": "5.12.0"},
    "notification": {
        "onHealthRestored": "4.5.1.7282",
        "onManualInteractionRequired": "4.5.1.7282",
        "onMovieAdded": "4.2.0.6438",
    },
}
BLOCKLIST = {**PAGED, "movieIds": "ints", "protocols": "str"}
QUEUE = {
    **PAGED,
    "includeUnknownMovieItems": "bool",
    "includeMovie": "bool",
    "movieIds": "ints",
    "protocol": "str",
    "languages": "ints",
    "quality": "ints",
    "status": "str",
}
HISTORY = {
    **PAGED,
    "includeMovie": "bool",
    "eventType": "ints",
    "downloadId": "str",
    "movieIds": "ints",
    "languages": "ints",
    "quality": "ints",
}
MOVIES = {"tmdbId": "int", "excludeLocalCovers": "bool", "languageId": "int"}
SINCE = {"date": "str", "eventType": "str", "includeMovie": "bool"}
MOVIE_HISTORY = {"movieId": "int", "eventType": "str", "includeMovie": "bool"}
CALENDAR = {"start": "str", "end": "str", "unmonitored": "bool", "tags": "str"}
PREVIEW = {"folder": "str", "downloadId": "str", "movieId": "int", "filterExistingFiles": "bool"}
EDITOR_FIELDS = frozenset(
    {"movieIds", "monitored", "qualityProfileId", "minimumAvailability", "rootFolderPath", "tags", "applyTags"}
    | {"moveFiles", "deleteFiles", "addImportExclusion"}
)
REPROCESS_FIELDS = frozenset(
    {"id", "path", "movieId", "movie", "quality", "languages", "releaseGroup", "downloadId", "customFormats"}
    | {"customFormatScore", "indexerFlags", "rejections"}
)
MOVIE_FIELDS = frozenset(
    {"id", "title", "originalTitle", "originalLanguage", "alternateTitles", "secondaryYear", "secondaryYearSourceId"}
    | {"sortTitle", "sizeOnDisk", "status", "overview", "inCinemas", "physicalRelease", "digitalRelease"}
    | {"releaseDate", "physicalReleaseNote", "images", "website", "remotePoster", "year", "youTubeTrailerId"}
    | {"studio", "path", "qualityProfileId", "hasFile", "movieFileId", "monitored", "minimumAvailability"}
    | {"isAvailable", "folderName", "runtime", "cleanTitle", "imdbId", "tmdbId", "titleSlug"}
    | {"rootFolderPath", "folder", "certification", "genres", "keywords", "tags", "added"}
    | {"addOptions", "ratings", "movieFile", "collection", "popularity", "lastSearchTime", "statistics"}
)
RADARR_EVENTS = (
    "onGrab",
    "onDownload",
    "onUpgrade",
    "onRename",
    "onMovieAdded",
    "onMovieDelete",
    "onMovieFileDelete",
    "onMovieFileDeleteForUpgrade",
    "onHealthIssue",
    "includeHealthWarnings",
    "onHealthRestored",
    "onApplicationUpdate",
    "onManualInteractionRequired",
)
