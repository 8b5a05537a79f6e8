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


class EventKind(StrEnum):
    """List the kinds of recorded events: a group, then what happened.

    A kind that was ever recorded stays here, because the history holds it and programs filter by it.
    """

    SOURCE_REFRESHED = "source.refreshed"
    SOURCE_FAILED = "source.failed"
    SOURCE_GUARD = "source.guard"
    MATCH_CONFIRMED = "match.confirmed"
    MATCH_REVIEW = "match.review"
    WANTED_HANDED_BACK = "wanted.handed_back"
    DOWNLOAD_QUEUED = "download.queued"
    DOWNLOAD_STARTED = "download.started"
    DOWNLOAD_PAUSED = "download.paused"
    DOWNLOAD_RESUMED = "download.resumed"
    DOWNLOAD_RETRIED = "download.retried"
    DOWNLOAD_YIELDED = "download.yielded"
    DOWNLOAD_INTERRUPTED = "download.interrupted"
    DOWNLOAD_RESTARTED = "download.restarted"
    DOWNLOAD_VARIANT_CHANGED = "download.variant_changed"
    DOWNLOAD_ITEMS_RELEASED = "download.items_released"
    DOWNLOAD_FETCHED = "download.fetched"
    DOWNLOAD_REFUSED = "download.refused"
    DOWNLOAD_UNPROVEN = "download.unproven"
    DOWNLOAD_COMPLETED = "download.completed"
    DOWNLOAD_FAILED = "download.failed"
    DOWNLOAD_CANCELLED = "download.cancelled"
    PLACEMENT_REFUSED = "placement.refused"
    IMPORT_CONFIRMED = "import.confirmed"
    IMPORT_BLOCKED = "import.blocked"
    IMPORT_FAILED = "import.failed"
    IMPORT_REFUSED = "import.refused"
    IMPORT_UNSETTLED = "import.unsettled"
    GRAB_RELEASED = "grab.released"
    GRAB_TAKEN_BACK = "grab.taken_back"
    HOOK_PASSED = "hook.passed"
    HOOK_FAILED = "hook.failed"
    HOOK_BLOCKED = "hook.blocked"
    WATCH_TAKEN = "watch.taken"
    WATCH_REVIEW = "watch.review"
    WATCH_FAILED = "watch.failed"
    INSTANCE_ATTENTION = "instance.attention"
    INSTANCE_HEALTH = "instance.health"
    INSTANCE_RESTORED = "instance.restored"
    HEALTH_FOUND = "health.found"
    HEALTH_WORSE = "health.worse"
    HEALTH_OVER = "health.over"
    SYSTEM_UPGRADED = "system.upgraded"
    SYSTEM_UNKNOWN = "system.unknown"  # read from the history of a newer version, never recorded

    @classmethod
    def of(cls, stored: str) -> EventKind:
        """Return the kind of a stored row. A newer version may have recorded kinds that this one does not have."""
        return cls(stored) if stored in _EVENT_TEXTS else cls.SYSTEM_UNKNOWN

    @property
    def text(self) -> str:
        """Return what happened, for the documents."""
        return _EVENT_TEXTS[self]


class EventGroup(StrEnum):
    """List the groups of event kinds. In a filter, a group stands for all of its kinds."""

    SOURCE = "source"
    MATCH = "match"
    WANTED = "wanted"
    DOWNLOAD = "download"
    PLACEMENT = "placement"
    IMPORT = "import"
    GRAB = "grab"
    HOOK = "hook"
    WATCH = "watch"
    INSTANCE = "instance"
    HEALTH = "health"
    SYSTEM = "system"

    @property
    def kinds(self) -> tuple[EventKind, ...]:
        return tuple(kind for kind in EventKind if kind.partition(".")[0] == self)


_EVENT_TEXTS = {
    EventKind.SOURCE_REFRESHED: "A refresh changed the catalogue, or an account no longer offers all lists.",
    EventKind.SOURCE_FAILED: "A source could not be refreshed: the first time, and at the third failure in a row.",
    EventKind.SOURCE_GUARD: "A list is on hold, because it is empty, incomplete or much smaller than before.",
    EventKind.MATCH_CONFIRMED: "A wanted item was found, or many at once.",
    EventKind.MATCH_REVIEW: "A wanted item has a match to review, or many have.",
    EventKind.WANTED_HANDED_BACK: "An instance was asked to search an item itself.",
    EventKind.DOWNLOAD_QUEUED: "A download was queued.",
    EventKind.DOWNLOAD_STARTED: "A transfer started or continues.",
    EventKind.DOWNLOAD_PAUSED: "A user paused a download.",
    EventKind.DOWNLOAD_RESUMED: "A user resumed a download.",
    EventKind.DOWNLOAD_RETRIED: "A user let a download be tried again.",
    EventKind.DOWNLOAD_YIELDED: "A transfer made room for a viewer or a more urgent download.",
    EventKind.DOWNLOAD_INTERRUPTED: "An attempt failed; another one follows.",
    EventKind.DOWNLOAD_RESTARTED: "A file is fetched again from its first byte.",
    EventKind.DOWNLOAD_VARIANT_CHANGED: "A download goes on with another entry for the same item.",
    EventKind.DOWNLOAD_ITEMS_RELEASED: "A file serves fewer items than it was fetched for.",
    EventKind.DOWNLOAD_FETCHED: "A file is complete on the disk.",
    EventKind.DOWNLOAD_REFUSED: "The provider sends something else than the file: the user decides.",
    EventKind.DOWNLOAD_UNPROVEN: "A file could not be checked: the user decides.",
    EventKind.DOWNLOAD_COMPLETED: "A download is finished: imported, or in its folder.",
    EventKind.DOWNLOAD_FAILED: "A download failed for good.",
    EventKind.DOWNLOAD_CANCELLED: "A download was cancelled.",
    EventKind.PLACEMENT_REFUSED: "A file cannot be written or moved to its folder: the user decides.",
    EventKind.IMPORT_CONFIRMED: "An instance that drives itself has imported a file.",
    EventKind.IMPORT_BLOCKED: "An instance that drives itself cannot import a file.",
    EventKind.IMPORT_FAILED: "An import did not work: the user decides.",
    EventKind.IMPORT_REFUSED: "An instance refused a file: the user decides.",
    EventKind.IMPORT_UNSETTLED: "A file is imported, but the tag or the monitoring of its item could not be set.",
    EventKind.GRAB_RELEASED: "An instance no longer waits for a release that it grabbed.",
    EventKind.GRAB_TAKEN_BACK: "Stalkeer imports a release that an instance grabbed and could not import.",
    EventKind.HOOK_PASSED: "A script of the user ended well.",
    EventKind.HOOK_FAILED: "A script of the user failed.",
    EventKind.HOOK_BLOCKED: "A script of the user holds an import back: the user decides.",
    EventKind.WATCH_TAKEN: "A file of a watch folder is imported.",
    EventKind.WATCH_REVIEW: "A file of a watch folder needs a decision.",
    EventKind.WATCH_FAILED: "A file of a watch folder cannot be imported.",
    EventKind.INSTANCE_ATTENTION: "An instance asks for the user.",
    EventKind.INSTANCE_HEALTH: "An instance reports a problem of its own.",
    EventKind.INSTANCE_RESTORED: "A problem of an instance is over.",
    EventKind.HEALTH_FOUND: "A health check found something.",
    EventKind.HEALTH_WORSE: "Something that a health check found became worse.",
    EventKind.HEALTH_OVER: "What a health check found is over.",
    EventKind.SYSTEM_UPGRADED: "Another version of Stalkeer runs.",
    EventKind.SYSTEM_UNKNOWN: "An event of a newer version of Stalkeer.",
}
