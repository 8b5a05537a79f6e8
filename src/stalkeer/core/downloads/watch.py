"""Define which files of a watch folder are taken, and when: finished videos that nothing has changed for a while."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import PurePosixPath

# suffixes that other programs give to files which they still write
UNFINISHED = (
    ".!qb", ".!ut", ".aria2", ".bts", ".crdownload", ".download", ".filepart", ".opdownload", ".part", ".partial",
    ".tmp", ".temp", ".unfinished",
)  # fmt: skip
VIDEOS = frozenset(
    {
        ".3gp", ".asf", ".avi", ".divx", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".ogm",
        ".ogv", ".rm", ".rmvb", ".ts", ".vob", ".webm", ".wmv",
    }
)  # fmt: skip
_SAMPLE = re.compile(r"(?:^|[^a-z0-9])sample(?:[^a-z0-9]|$)", re.IGNORECASE)
SAMPLE_SHARE = 0.2  # a sample has at most this share of the size of the file that it is of


class WatchState(StrEnum):
    """List the states of a file in a watch folder."""

    NEW = "new"  # it may still be written
    REVIEW = "review"  # it is no wanted item for sure: the user decides, or a later scan
    TAKEN = "taken"  # a download imports it
    IMPORTED = "imported"
    FAILED = "failed"  # it is not tried again until it changes or the user retries it


@dataclass(frozen=True)
class FoundFile:
    """Describe a file as a look found it. `waits_for` names an unfinished file of the same release."""

    path: str
    folder: str  # the watch folder
    size: int
    mtime_ns: int
    inode: str
    waits_for: str = ""

    def is_same(self, other: FoundFile) -> bool:
        return (self.path, self.size, self.mtime_ns) == (other.path, other.size, other.mtime_ns)

    def is_same_file(self, other: FoundFile) -> bool:
        """Compare without the time: an instance may set the time of a file that it imported through a hard link."""
        return (self.path, self.size, self.inode) == (other.path, other.size, other.inode)


def is_video(name: str, more: Sequence[str] = ()) -> bool:
    suffix = PurePosixPath(name).suffix.lower()
    return suffix in VIDEOS or suffix in more


def is_unfinished(name: str) -> bool:
    """Return whether the program that writes the file marks it as unfinished."""
    return name.lower().endswith(UNFINISHED)


def is_hidden(name: str) -> bool:
    return name.startswith(".")


def is_settled(seen_at: datetime, now: datetime, settle_s: float) -> bool:
    """Return whether a file that has not changed since `seen_at` is taken for complete.

    A time in the future is ignored: the clock was set back.
    """
    return not seen_at <= now < seen_at + timedelta(seconds=settle_s)


def without_samples(found: Sequence[FoundFile]) -> list[FoundFile]:
    """Leave out the samples: files with the word in their name or folder, beside a much larger video."""
    kept = []
    for file in found:
        path = PurePosixPath(file.path).relative_to(file.folder)
        if _SAMPLE.search(path.stem) or _SAMPLE.search(path.parent.name):
            release = _release_of(file)
            largest = max((other.size for other in found if _release_of(other) == release), default=0)
            if file.size <= largest * SAMPLE_SHARE:
                continue
        kept.append(file)
    return kept


def names_of(file: FoundFile, found: Sequence[FoundFile]) -> tuple[str, ...]:
    """Return the names by which a file is matched: its own, and that of its release folder if it is the only video."""
    own = PurePosixPath(file.path).stem
    release = _release_of(file)
    if release == file.path or sum(_release_of(other) == release for other in found) > 1:
        return (own,)
    return tuple(dict.fromkeys((own, PurePosixPath(release).name)))


def _release_of(file: FoundFile) -> str:
    """Return the first folder below the watch folder, or the file itself where it lies in the watch folder."""
    path = PurePosixPath(file.path)
    inner = path.relative_to(file.folder).parts
    return str(PurePosixPath(file.folder, inner[0])) if len(inner) > 1 else file.path
