"""Define label, tone and icon of each state, so that it looks the same on every page."""

from __future__ import annotations

import re
from dataclasses import dataclass

from stalkeer.model import DownloadState, EntryKind, EventKind
from stalkeer.store.system.dashboard import SourceCard


@dataclass(frozen=True)
class Look:
    label: str
    tone: str
    icon: str


DOWNLOADS = {
    DownloadState.QUEUED: Look("Queued", "", "clock"),
    DownloadState.DOWNLOADING: Look("Downloading", "info", "download"),
    DownloadState.FETCHED: Look("Checking", "work", "shield-check"),
    DownloadState.PLACED: Look("Waiting for import", "work", "package-check"),
    DownloadState.IMPORTING: Look("Importing", "work", "package-check"),
    DownloadState.COMPLETED: Look("Imported", "ok", "circle-check"),
    DownloadState.PAUSED: Look("Paused", "warn", "pause"),
    DownloadState.BLOCKED: Look("Action needed", "bad", "circle-alert"),
    DownloadState.FAILED: Look("Failed", "bad", "circle-x"),
    DownloadState.CANCELLED: Look("Cancelled", "", "ban"),
}
KEPT = Look("In the folder", "ok", "circle-check")  # completed, and no instance imports it

RUNS = {
    "queued": Look("Queued", "", "clock"),
    "running": Look("Running", "info", "refresh-cw"),
    "done": Look("Done", "ok", "circle-check"),
    "partly": Look("Partly failed", "warn", "triangle-alert"),
    "failed": Look("Failed", "bad", "circle-x"),
    "cancelled": Look("Cancelled", "", "ban"),
}

LEVELS = {
    "info": Look("Info", "info", "info"),
    "warning": Look("Warning", "warn", "triangle-alert"),
    "error": Look("Error", "bad", "circle-alert"),
}

GOOD_NEWS = Look("Done", "ok", "circle-check")
HAPPY_ENDS = (EventKind.DOWNLOAD_COMPLETED, EventKind.HEALTH_OVER, EventKind.HOOK_PASSED)
KINDS = {
    EventKind.DOWNLOAD_COMPLETED: "Imported",
    EventKind.IMPORT_CONFIRMED: "Imported",
    EventKind.HEALTH_FOUND: "Health",
    EventKind.HEALTH_OVER: "Health restored",
}


def event_look(kind: EventKind, level: str) -> Look:
    """Return the look of an event. Good news is green."""
    return GOOD_NEWS if kind in HAPPY_ENDS else LEVELS[level]


def event_label(kind: EventKind) -> str:
    """Return the label of an event type: `Download variant changed` for `download.variant_changed`."""
    return KINDS.get(kind) or re.sub(r"[._]", " ", kind).capitalize()


def source_look(card: SourceCard) -> Look:
    """Return the label and tone of a source's state."""
    if not card.enabled:
        return Look("disabled", "", "ban")
    if card.is_shut:
        return Look(f"account {card.account_status}", "bad", "circle-x")
    if card.guard or card.last_error:
        was_never_read = card.last_error and not card.last_success_at
        return Look("list on hold" if card.guard else "failed", "bad" if was_never_read else "warn", "triangle-alert")
    return Look("healthy", "ok", "circle-check") if card.last_success_at else Look("not refreshed yet", "", "clock")


KIND_NAMES = {
    EntryKind.MOVIE.value: "Movie",
    EntryKind.EPISODE.value: "Episode",
    EntryKind.SERIES.value: "Series",
    EntryKind.LIVE.value: "Live channel",
    EntryKind.OTHER.value: "Other",
}
DOWNLOADABLE = frozenset({EntryKind.MOVIE.value, EntryKind.EPISODE.value, EntryKind.SERIES.value})
KIND_TONES = {EntryKind.MOVIE.value: "info", EntryKind.EPISODE.value: "work", EntryKind.SERIES.value: "work"}

MATCHES = {
    "confirm": Look("Confirmed", "ok", "check"),
    "review": Look("To review", "warn", "eye"),
    "rejected": Look("Rejected", "bad", "x"),
    "nothing": Look("No match", "", "ban"),
}
