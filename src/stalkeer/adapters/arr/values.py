"""Define the values that Stalkeer keeps from an instance's answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from stalkeer.model import InstanceKind, WantedKind


def instance_label(kind: InstanceKind, slug: str) -> str:
    """Name an instance for messages: `Radarr`, `Radarr 4k`."""
    return f"{kind.capitalize()} {slug.removeprefix(kind.value).removeprefix('-')}".rstrip()


class LibraryKind(StrEnum):
    MOVIE = "movie"
    SERIES = "series"


class TitleOrigin(StrEnum):
    TITLE = "title"
    ORIGINAL = "original"
    ALTERNATE = "alternate"
    TMDB = "tmdb"


class WantedReason(StrEnum):
    """Define the reason why an item is wanted: no file, or a file below the profile's cutoff."""

    MISSING = "missing"
    CUTOFF = "cutoff"


@dataclass(frozen=True, slots=True)
class KnownTitle:
    """Describe a title of a movie or series. `season` is set when the title belongs to one season only."""

    title: str
    origin: TitleOrigin
    season: int | None = None


@dataclass(frozen=True, slots=True)
class LibraryItem:
    """Describe a movie or series in an instance's library, with or without files. An unknown id (0) is None here."""

    kind: LibraryKind
    arr_id: int
    title: str
    titles: tuple[KnownTitle, ...]
    year: int | None
    secondary_year: int | None
    runtime_min: int | None
    tmdb_id: int | None
    tvdb_id: int | None
    imdb_id: str | None
    series_type: str | None
    original_language: str | None
    quality_profile_id: int | None
    monitored: bool
    has_file: bool
    path: str | None
    poster: str | None
    tags: tuple[int, ...]
    backdrop: str | None = None
    overview: str | None = None
    slug: str | None = None  # the last part of the address of its page in the instance
    size: int | None = None  # bytes of its files


@dataclass(frozen=True, slots=True)
class FileQuality:
    """Describe a quality as the instance names it. `resolution` is in lines; 0 when unknown.

    `file_id` is the instance's id of the file, where it is the quality of a file.
    """

    id: int
    name: str
    source: str
    resolution: int
    file_id: int | None = None


@dataclass(frozen=True, slots=True)
class WantedRecord:
    """Describe an item that an instance wants. `library_arr_id` is the movie itself or the episode's series."""

    kind: WantedKind
    arr_id: int
    library_arr_id: int
    reason: WantedReason
    title: str
    season: int | None = None
    episode: int | None = None
    absolute: int | None = None
    scene_season: int | None = None
    scene_episode: int | None = None
    scene_absolute: int | None = None
    air_date: str | None = None
    air_date_utc: datetime | None = None
    runtime_min: int | None = None
    monitored: bool = True
    available: bool = True
    current_quality: FileQuality | None = None
    meets_cutoff: bool = False  # it has a file that meets the cutoff, and was searched by the user


@dataclass(frozen=True, slots=True)
class QueueRow:
    """Describe a download in the instance's own queue."""

    arr_id: int  # movieId or episodeId
    title: str
    status: str
    state: str
    download_client: str


@dataclass(frozen=True, slots=True)
class SizeBounds:
    """Hold the sizes that an instance accepts for a quality, in MB per minute; None means no limit."""

    least: float | None = None
    most: float | None = None
    preferred: float | None = None


@dataclass(frozen=True, slots=True)
class ProfileQuality:
    """Describe a quality in a profile. `rank` grows with preference. Members of a group share a rank."""

    quality: FileQuality
    allowed: bool
    rank: int
    sizes: SizeBounds = SizeBounds()


@dataclass(frozen=True, slots=True)
class QualityProfile:
    """Describe a quality profile. `cutoff_rank` is the rank at which the search for better files ends.

    `format_scores` holds the scores of custom formats by id, without those of 0.
    """

    id: int
    name: str
    upgrade_allowed: bool
    cutoff_rank: int
    language: str | None
    qualities: tuple[ProfileQuality, ...]
    format_scores: tuple[tuple[int, int], ...] = ()
    min_format_score: int = 0
    cutoff_format_score: int = 0
    min_upgrade_format_score: int = 1


@dataclass(frozen=True, slots=True)
class RootFolder:
    id: int
    path: str
    accessible: bool
    free_bytes: int | None


@dataclass(frozen=True, slots=True)
class MediaManagement:
    """Hold the settings of an instance that affect how it imports our file."""

    uses_hard_links: bool
    minimum_free_mb: int
    skips_free_space_check: bool
    sets_permissions: bool
    folder_mode: str
    imports_extra_files: bool
    extra_file_extensions: str
    episode_title_required: str
    recycle_bin: str


@dataclass(frozen=True, slots=True)
class RemotePathMapping:
    host: str
    remote_path: str
    local_path: str


@dataclass(frozen=True, slots=True)
class BlockedRelease:
    """Describe a release on an instance's blocklist. `arr_ids` are the ids of the movie or the episodes."""

    arr_ids: tuple[int, ...]
    title: str
    blocked_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class SystemStatus:
    kind: InstanceKind
    version: str
    instance_name: str
    url_base: str
    is_docker: bool
    os_name: str


@dataclass(frozen=True, slots=True)
class CommandState:
    """Hold the state of a command. `result` is `unknown` for most commands and meaningless for ManualImport."""

    id: int
    status: str
    result: str
    message: str

    @property
    def has_ended(self) -> bool:
        return self.status in ("completed", "failed", "aborted", "cancelled", "orphaned")

    @property
    def went_wrong(self) -> bool:
        return self.status in ("failed", "aborted", "cancelled", "orphaned") or self.result == "unsuccessful"


@dataclass(frozen=True, slots=True)
class MediaFile:
    """Describe a file in an instance's library."""

    id: int
    path: str
    size: int
    scene_name: str
    quality: FileQuality | None
    added_at: datetime | None
