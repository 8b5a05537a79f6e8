"""Translate downloads into the queue and the history of SABnzbd, in the strict types that Radarr and Sonarr read.

One value of another type fails their whole poll: a status that SABnzbd does not have, a missing `timeleft`, a size
that is no number. So every slot is written here, from values that cannot be wrong.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from stalkeer.core.downloads.failures import PLACEMENT, FailureKind
from stalkeer.core.downloads.outward import UNKNOWN_FAILURE, outward_reason
from stalkeer.core.downloads.states import Priority
from stalkeer.core.naming.names import without_device
from stalkeer.model import DownloadState

VERSION = "4.5.1"  # a release of SABnzbd whose API this is
OWN_CATEGORY = "stalkeer"  # category of downloads that no instance grabbed; no instance may use it
NZO_PREFIX = "SABnzbd_nzo_"
OWN_PREFIX = "stalkeer_"  # prefix of the id of a download that no instance grabbed
# Radarr and Sonarr show this text as a warning. With any other, they blocklist the release and search again.
LOCAL_FAULT = "Unpacking failed, write error or disk is full?"
LOCAL_CODES = frozenset(
    {
        PLACEMENT,
        FailureKind.LOCAL_DISK_FULL.value,
        FailureKind.LOCAL_PERMISSION.value,
        FailureKind.LOCAL_LASTING.value,
    }
)
LONGEST_LEFT_S = 10 * 365 * 86400  # a longer time overflows the readers' type
MEGABYTE = 1024 * 1024
LONGEST_CATEGORY = 100


class SabStatus(StrEnum):
    """Define the statuses of SABnzbd that Stalkeer uses."""

    QUEUED = "Queued"
    PAUSED = "Paused"
    DOWNLOADING = "Downloading"
    VERIFYING = "Verifying"
    MOVING = "Moving"
    COMPLETED = "Completed"
    FAILED = "Failed"


_QUEUE_STATUS: Mapping[DownloadState, SabStatus] = {
    DownloadState.QUEUED: SabStatus.QUEUED,
    DownloadState.DOWNLOADING: SabStatus.DOWNLOADING,
    DownloadState.FETCHED: SabStatus.VERIFYING,
    DownloadState.PLACED: SabStatus.MOVING,
    DownloadState.IMPORTING: SabStatus.MOVING,
    DownloadState.PAUSED: SabStatus.PAUSED,
    DownloadState.BLOCKED: SabStatus.PAUSED,  # the user decides in Stalkeer
}


class Stage(StrEnum):
    """Define the stages of a release, as its instance sees them."""

    ACTIVE = "active"  # the download is under way
    READY = "ready"  # its file is where the instance finds it
    FAILED = "failed"
    DROPPED = "dropped"  # the user cancelled it here, and the instance does not know yet


@dataclass(frozen=True)
class GrabProgress:
    """Hold a download as its instance sees it. `state` is None when its row is gone."""

    stage: Stage
    state: DownloadState | None
    error_code: str | None = None
    error: str | None = None


@dataclass(frozen=True)
class InQueue:
    status: SabStatus


@dataclass(frozen=True)
class InHistory:
    status: SabStatus
    fail_message: str = ""


def place_of(progress: GrabProgress) -> InQueue | InHistory:
    """Return the list of a release and its status there.

    It is never in both lists. A problem with Stalkeer's disks is never reported as a failure of the release.
    """
    if progress.stage is Stage.READY:
        return InHistory(SabStatus.COMPLETED)
    if progress.stage is Stage.DROPPED:
        return InQueue(SabStatus.PAUSED)
    if progress.error_code in LOCAL_CODES and progress.state is not DownloadState.DOWNLOADING:
        return InHistory(SabStatus.FAILED, LOCAL_FAULT)
    if progress.stage is Stage.FAILED or progress.state is None:
        return InHistory(SabStatus.FAILED, _reason(progress))
    if progress.state is DownloadState.COMPLETED:
        return InHistory(SabStatus.COMPLETED)
    if progress.state in (DownloadState.FAILED, DownloadState.CANCELLED):
        return InHistory(SabStatus.FAILED, _reason(progress))
    return InQueue(_QUEUE_STATUS[progress.state])


def _reason(progress: GrabProgress) -> str:
    """Return the reason of a failure, without the text that means a warning and without words of the provider."""
    words = outward_reason(progress.error_code, progress.error)
    return UNKNOWN_FAILURE if words == LOCAL_FAULT else words


# --- slots ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class QueueSlot:
    """Hold a row of the queue. Sizes are in bytes; None when unknown."""

    nzo_id: str
    name: str
    category: str
    status: SabStatus
    priority: int  # the stored number
    size: int | None
    received: int
    left_s: float | None
    added: datetime

    @property
    def left(self) -> int:
        return max(0, (self.size or 0) - self.received)

    def to_document(self, index: int) -> dict[str, object]:
        size = self.size or 0
        percentage = 0 if not size else min(100, int(100 * self.received / size))
        return {
            "index": index,
            "nzo_id": self.nzo_id,
            "unpackopts": "3",
            "priority": priority_word(self.priority),
            "script": "None",
            "filename": self.name,
            "labels": [],
            "password": "",
            "cat": self.category,
            "mbleft": megabytes(self.left),
            "mb": megabytes(size),
            "size": readable_size(size),
            "sizeleft": readable_size(self.left),
            "percentage": str(percentage),
            "mbmissing": "0.00",
            "direct_unpack": None,
            "status": self.status.value,
            "timeleft": time_left(self.left_s),
            "avg_age": "0d",
            "time_added": int(self.added.timestamp()),
        }


@dataclass(frozen=True)
class HistorySlot:
    """Hold a row of the history. `storage` is the instance's path of the file; empty without one."""

    nzo_id: str
    name: str
    category: str
    status: SabStatus
    fail_message: str
    size: int
    storage: str
    seconds: float
    added: datetime
    ended: datetime

    def to_document(self) -> dict[str, object]:
        return {
            "nzo_id": self.nzo_id,
            "name": self.name,
            "nzb_name": f"{self.name}.nzb",
            "category": self.category,
            "status": self.status.value,
            "fail_message": self.fail_message,
            "bytes": max(0, self.size),
            "downloaded": max(0, self.size),
            "size": readable_size(self.size),
            "storage": self.storage,
            "path": self.storage,
            "download_time": max(0, int(self.seconds)),
            "postproc_time": 0,
            "completed": int(self.ended.timestamp()),
            "time_added": int(self.added.timestamp()),
            "action_line": "",
            "stage_log": [],
            "script": "None",
            "script_line": "",
            "script_log": "",
            "pp": "D",
            "report": "",
            "url": "",
            "url_info": "",
            "md5sum": "",
            "password": None,
            "series": None,
            "meta": None,
            "completeness": None,
            "duplicate_key": None,
            "archive": False,
            "loaded": False,
            "retry": 0,
        }


# --- values --------------------------------------------------------------------------------------------------------


def time_left(seconds: float | None) -> str:
    """Return `h:mm:ss`, or `d:hh:mm:ss` from a day on. An unknown time is zero, because the field may not be empty."""
    whole = int(min(max(0.0, seconds or 0.0), LONGEST_LEFT_S))
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    return f"{days}:{hour:02}:{minute:02}:{second:02}" if days else f"{hour}:{minute:02}:{second:02}"


def megabytes(size: float) -> str:
    return f"{max(0.0, size) / MEGABYTE:.2f}"


def readable_size(size: float) -> str:
    """Return a size as SABnzbd shows it: `1.2 GB`."""
    value, unit = max(0.0, float(size)), "B"
    for larger in ("KB", "MB", "GB", "TB"):
        if value < 1024:
            break
        value, unit = value / 1024, larger
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"


def priority_word(level: int) -> str:
    if level >= Priority.FORCE.level:
        return "Force"
    if level >= Priority.HIGH.level:
        return "High"
    return "Normal" if level >= Priority.NORMAL.level else "Low"


def read_priority(text: str) -> Priority | None:
    """Return the priority that a client sent as a number or a word; None for the default and for a pause.

    Repair (3) and everything above become the highest priority.
    """
    words = {"force": 2, "high": 1, "normal": 0, "low": -1}
    cleaned = text.strip().lower()
    try:
        number = words[cleaned] if cleaned in words else int(cleaned)
    except ValueError:
        return None
    if number <= -2:  # -100 is the category's default, -2 is paused, -3 is a duplicate, -4 is stop
        return None
    return next(priority for priority in Priority if priority.level == min(number, Priority.FORCE.level))


def is_paused_on_arrival(priority: str) -> bool:
    return priority.strip() == "-2"


def is_own_category(text: str) -> bool:
    return text.strip().casefold() == OWN_CATEGORY


def category_of(slug: str) -> str:
    """Return the category of an instance's downloads, which no other program uses."""
    return f"stalkeer-{slug}"


def category_folder(category: str) -> str:
    """Return the folder of a category below the completed downloads, with a name that every file system accepts."""
    words = "-".join(re.findall(r"\w+", category))
    return without_device(words.encode()[:LONGEST_CATEGORY].decode(errors="ignore")) or "default"


def read_speed(text: str, line_speed: int) -> int | None:
    """Return bytes/s of a speed limit: `50` is a share of the line, `800K` and `4.5M` are rates. 0 is no limit.

    None for another text, and for a share of a line whose speed is unknown.
    """
    cleaned = text.strip().upper().removesuffix("/S").removesuffix("B")
    factor = {"K": 1024, "M": MEGABYTE, "G": 1024 * MEGABYTE}.get(cleaned[-1:], 0)
    try:
        number = float(cleaned[:-1] if factor else cleaned or "0")
    except ValueError:
        return None
    if not 0 <= number < 1e12:
        return None
    if factor or number == 0:
        return int(number * factor)
    if number >= 100:
        return 0
    return max(1, int(line_speed * number / 100)) if line_speed else None
