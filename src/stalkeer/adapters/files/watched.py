"""List the finished videos below a folder. Follow no symbolic link, and leave hidden and unfinished files out."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from stalkeer.core.downloads.watch import FoundFile, is_hidden, is_unfinished, is_video

DEEPEST = 5  # folders within each other
MOST_FILES = 20_000
LONGEST_PATH = 2000  # bytes


@dataclass
class FolderListing:
    """Hold the videos of a folder. `unreadable` counts the names and folders that could not be read."""

    files: list[FoundFile] = field(default_factory=list)
    unreadable: int = 0


def list_videos(folder: Path, more: Sequence[str] = ()) -> FolderListing:
    """List the videos below `folder`. `more` are further extensions.

    A video in a release folder with an unfinished file waits for that file. Raises OSError where the folder itself
    cannot be read.
    """
    listing = FolderListing()
    for child in _children(folder):
        if len(listing.files) >= MOST_FILES:
            break
        if _is_folder(child):
            _list_release(folder, child, more, listing)
        else:
            _add(folder, child, more, listing)
    return listing


def look_again(file: FoundFile) -> FoundFile | None:
    """Return the file as it is now; None where it is gone or is no plain file any more."""
    try:
        found = Path(file.path).stat(follow_symlinks=False)
    except OSError:
        return None
    if not _is_plain(found.st_mode):
        return None
    return replace(file, size=found.st_size, mtime_ns=found.st_mtime_ns, inode=str(found.st_ino))


def _list_release(folder: Path, release: os.DirEntry[str], more: Sequence[str], listing: FolderListing) -> None:
    own = FolderListing()
    unfinished = ""
    open_folders = [(Path(release.path), 1)]
    while open_folders and len(own.files) + len(listing.files) < MOST_FILES:
        inner, depth = open_folders.pop()
        try:
            for child in _children(inner, with_unfinished=True):
                if is_unfinished(child.name):
                    unfinished = unfinished or child.name
                elif _is_folder(child):
                    open_folders += [(Path(child.path), depth + 1)] if depth < DEEPEST else []
                else:
                    _add(folder, child, more, own)
        except OSError:
            own.unreadable += 1
    listing.files += [replace(file, waits_for=unfinished) for file in own.files]
    listing.unreadable += own.unreadable


def _add(folder: Path, entry: os.DirEntry[str], more: Sequence[str], listing: FolderListing) -> None:
    if not is_video(entry.name, more):
        return
    try:
        if not entry.is_file(follow_symlinks=False):
            return
        if len(entry.path.encode()) > LONGEST_PATH:  # the database stores text only, and an index has a limit
            raise OSError(errno.ENAMETOOLONG, "the path is too long", entry.path)
        found = entry.stat(follow_symlinks=False)
    except (OSError, UnicodeEncodeError):
        listing.unreadable += 1
        return
    listing.files.append(FoundFile(entry.path, str(folder), found.st_size, found.st_mtime_ns, str(found.st_ino)))


def _children(folder: Path, *, with_unfinished: bool = False) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda entry: os.fsencode(entry.name))
    return (
        entry for entry in found if not is_hidden(entry.name) and (with_unfinished or not is_unfinished(entry.name))
    )


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _is_plain(mode: int) -> bool:
    return stat.S_ISREG(mode)
