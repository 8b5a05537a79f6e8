"""Define the values that three or more rooms share: ids, playlist entries, states."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple, NewType

SourceId = NewType("SourceId", int)
EntryId = NewType("EntryId", int)
InstanceId = NewType("InstanceId", int)
LibraryId = NewType("LibraryId", int)
WantedId = NewType("WantedId", int)
MatchId = NewType("MatchId", int)
DownloadId = NewType("DownloadId", int)
OfferId = NewType("OfferId", int)
GrabId = NewType("GrabId", int)
MovieId = NewType("MovieId", int)
SeriesId = NewType("SeriesId", int)
EpisodeId = NewType("EpisodeId", int)


class EntryKind(StrEnum):
    """Define the kind of a playlist entry. A `series` entry stands for episodes that the account lists on request."""

    MOVIE = "film"  # the value in stored rows; `KindWord` has the word that users see
    EPISODE = "episode"
    SERIES = "series"
    LIVE = "live"
    OTHER = "other"


class KindWord(StrEnum):
    """Define the kind of a playlist entry in the words of users: API, pages, command line and reports.

    `film`, the word of earlier releases, is accepted as input.
    """

    MOVIE = "movie"
    EPISODE = "episode"
    SERIES = "series"
    LIVE = "live"
    OTHER = "other"

    @classmethod
    def _missing_(cls, value: object) -> KindWord | None:
        return cls.MOVIE if value == EntryKind.MOVIE.value else None

    @classmethod
    def of(cls, stored: str) -> KindWord:
        """Return the word for the value of a stored row."""
        return cls[EntryKind(stored).name]

    @property
    def stored(self) -> str:
        """Return the value in stored rows."""
        return EntryKind[self.name].value


def count_by_word(kinds: Mapping[str, int]) -> dict[str, int]:
    """Return counts of stored kinds by the words of users."""
    return {KindWord.of(kind).value: count for kind, count in kinds.items()}


class Entry(NamedTuple):
    """Describe a playlist entry as its source lists it, before its name is read. A refresh may handle a million of
    them.

    `key` identifies the entry within its source and survives a change of host, port, user or password. `url` is a
    template: `{base}`, `{username}` and `{password}` stand for the account's values. Sizes are in bytes, durations in
    seconds; None when the source does not say.
    """

    key: str
    kind: str  # an EntryKind value; a plain str because a million enum look-ups cost seconds
    name: str
    url: str
    group: str = ""
    logo: str = ""
    duration_s: int | None = None
    tmdb_id: int | None = None
    headers: str = ""  # request headers that the playlist requires, as a JSON object; empty for none
    season: int | None = None  # as listed by the account, not parsed from the name
    episode: int | None = None
    year: int | None = None
    added: int | None = None  # Unix seconds at which the account says it was added
    reason: str = "url"  # the evidence for its kind: url | name | group | duration | account; see NumbersFrom
    protected: bool = False  # the playlist says that it is encrypted


class NumbersFrom(StrEnum):
    """List the results of comparing an account's clues on the number of an episode."""

    ACCOUNT = "account"  # no clue contradicts
    MAJORITY = "account-majority"  # one of three clues differs, and the episode's title confirms the number
    SPLIT = "account-split"  # the clues contradict each other, and no title decides


class SourceKind(StrEnum):
    """Define the kind of a source: a playlist, or an account that lists its entries itself."""

    M3U = "m3u"
    XTREAM = "xtream"


class AccountStatus(StrEnum):
    """Define the status that an account reports; `unknown` for anything else."""

    ACTIVE = "active"
    EXPIRED = "expired"
    BANNED = "banned"
    DISABLED = "disabled"
    REFUSED = "refused"  # wrong username or password, or the panel refuses the login without a reason
    UNKNOWN = "unknown"


class Origin(StrEnum):
    """Define the origin of a source, filter or instance: the configuration, or the UI, API or command line."""

    CONFIG = "config"
    UI = "ui"


class JobName(StrEnum):
    """Define the names of jobs in runs."""

    REFRESH = "refresh"
    SCAN = "scan"
    SCAN_PREVIEW = "scan-preview"
    MATCH = "match"
    DOWNLOAD = "download"
    OFFERS = "offers"
    CLEANUP = "cleanup"
    BACKUP = "backup"

    @property
    def label(self) -> str:
        """Return the name for users, in settings and on pages."""
        return _JOB_LABELS[self]


_JOB_LABELS = {
    JobName.REFRESH: "Refresh sources",
    JobName.SCAN: "Scan for missing",
    JobName.SCAN_PREVIEW: "Scan preview",
    JobName.MATCH: "Match",
    JobName.DOWNLOAD: "Queue confirmed matches",
    JobName.OFFERS: "Prepare releases",
    JobName.CLEANUP: "Clean up",
    JobName.BACKUP: "Backup",
}


class HookName(StrEnum):
    """Define the moments at which a script of the user runs. The value is the name of its setting."""

    BEFORE_IMPORT = "before_import"
    AFTER_IMPORT = "after_import"
    ON_FAILURE = "on_failure"


class WantedKind(StrEnum):
    """Define the kind of a wanted item."""

    MOVIE = "movie"
    EPISODE = "episode"


class InstanceKind(StrEnum):
    """Define the program of an instance."""

    RADARR = "radarr"
    SONARR = "sonarr"


class SkipOwned(StrEnum):
    """Define the rule for items that another instance has a file of."""

    AUTO = "auto"  # if the quality profiles of both items share a resolution
    YES = "yes"
    NO = "no"


class Drive(StrEnum):
    """Define the program that starts downloads for an instance.

    For an item of a download, it is the program that imports it.
    """

    OURS = "ours"  # Stalkeer looks for missing items and imports the files
    NATIVE = "native"  # the instance searches Stalkeer as an indexer, grabs, and imports


class GrabState(StrEnum):
    """Define the state of a release that an instance grabbed, as Stalkeer reports it to the instance."""

    ACTIVE = "active"  # in the queue, or downloaded and not imported yet
    COMPLETED = "completed"
    FAILED = "failed"


class Decision(StrEnum):
    """Define the decision about a pair of wanted item and entry, from its evidence."""

    CONFIRM = "confirm"
    REVIEW = "review"
    NOTHING = "nothing"
    REJECTED = "rejected"  # by a rule of the user


class DownloadState(StrEnum):
    """Define the state of a download, with the same words in database, API and UI.

    Only `downloading` holds a connection.
    """

    QUEUED = "queued"
    DOWNLOADING = "downloading"
    FETCHED = "fetched"
    PLACED = "placed"
    IMPORTING = "importing"
    COMPLETED = "completed"
    PAUSED = "paused"
    BLOCKED = "blocked"
    FAILED = "failed"
    CANCELLED = "cancelled"


FINAL_STATES = frozenset({DownloadState.COMPLETED, DownloadState.FAILED, DownloadState.CANCELLED})
