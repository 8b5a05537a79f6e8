"""Let only the owner read the files of the data folder: mode 0600, and 0700 for folders.

Finished and incomplete media files are not written through this module: they get `directories.file_mode`.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from shutil import copyfileobj
from typing import IO

FILE_MODE = 0o600
FOLDER_MODE = 0o700
MOST_SMALL = 10_000_000  # bytes of a file that read_small accepts
OTHERS = 0o077
READ_BY_OTHERS = 0o066  # permissions that are removed from folders that others may pass through
# the folders that Stalkeer makes below the data folder, except those for media files
OWN_FOLDERS = ("archives", "backups", "cache", "locks", "logs", "playlists", "spool")


def private_opener(path: str, flags: int) -> int:
    """Open a file for the owner only, as the `opener` of `open`.

    An existing file loses the permissions of others, too.
    """
    descriptor = os.open(path, flags, FILE_MODE)
    with suppress(OSError):  # a file of another user
        os.fchmod(descriptor, FILE_MODE)
    return descriptor


def open_private(path: Path, mode: str = "wb") -> IO[bytes]:
    """Open a file for writing bytes that only its owner can read."""
    opened: IO[bytes] = open(path, mode, opener=private_opener)  # noqa: SIM115, PTH123 - Path.open takes no opener
    return opened


def write_private(path: Path, content: bytes) -> None:
    with open_private(path) as file:
        file.write(content)


def read_small(path: Path) -> bytes:
    """Return the content of a small file, such as a configuration or a key.

    Raise OSError for a larger file, so that a device is not read without end.
    """
    with path.open("rb") as file:
        content = file.read(MOST_SMALL + 1)
    if len(content) > MOST_SMALL:
        raise OSError(errno.EFBIG, f"it has more than {MOST_SMALL // 1_000_000} MB", str(path))
    return content


def copy_private(source: Path, target: Path) -> None:
    """Copy the content. At no moment can others read the copy."""
    with source.open("rb") as given, open_private(target) as file:
        copyfileobj(given, file)


def make_private_folder(folder: Path) -> None:
    """Create the folder and its missing parents for the owner only."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(mode=FOLDER_MODE, exist_ok=True)
    folder.mkdir(mode=FOLDER_MODE, exist_ok=True)  # raises FileExistsError for a file in its place


def misplaced(data_dir: Path) -> list[Path]:
    """Return the paths of Stalkeer's own folders that are no folders or broken links, and folders in the place of log
    files.
    """
    places = [data_dir / name for name in OWN_FOLDERS]
    folders = [path for path in places if (path.exists() or path.is_symlink()) and not path.is_dir()]
    return folders + [path for path in (data_dir / "logs").glob("*.log") if path.is_dir()]


def withdraw_from_others(data_dir: Path, passages: Collection[Path] = ()) -> list[Path]:
    """Remove the permissions of others from the data folder. Return the files that could not be changed.

    This covers the data folder, its files, and the folders that Stalkeer makes there. Other folders in it, such as
    those for media files, keep their permissions. Others may still pass through the data folder, where they could
    before, if one of `passages` is below it. Symbolic links are not followed.
    """
    has_passage = any(passage != data_dir and passage.is_relative_to(data_dir) for passage in passages)
    failed = [] if _withdraw(data_dir, READ_BY_OTHERS if has_passage else OTHERS) else [data_dir]
    return failed + [path for path in _contents(data_dir) if not _withdraw(path, OTHERS)]


def withdraw_sqlite(path: Path) -> None:
    """Remove the permissions of others from a database, wherever it is."""
    for suffix in ("", "-wal", "-shm"):
        _withdraw(path.with_name(path.name + suffix), OTHERS)


def _contents(data_dir: Path) -> Iterator[Path]:
    for entry in _entries(data_dir):
        if entry.is_file(follow_symlinks=False):
            yield Path(entry.path)
        elif entry.name in OWN_FOLDERS and entry.is_dir(follow_symlinks=False):
            yield Path(entry.path)
            yield from _below(entry.path)


def _below(folder: str) -> Iterator[Path]:
    for entry in _entries(folder):
        if entry.is_dir(follow_symlinks=False):
            yield Path(entry.path)
            yield from _below(entry.path)
        elif entry.is_file(follow_symlinks=False):
            yield Path(entry.path)


def _entries(folder: str | Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:  # not readable, or removed meanwhile
        return []


def _withdraw(path: Path, permissions: int) -> bool:
    """Return whether the path no longer has these permissions, or no longer exists."""
    mode = _mode_of(path)
    if not mode & permissions:
        return True
    with suppress(OSError):  # a file of another user, or on a file system without permissions
        path.chmod(stat.S_IMODE(mode) & ~permissions)
    return not _mode_of(path) & permissions


def _mode_of(path: Path) -> int:
    try:
        return path.lstat().st_mode
    except OSError:
        return 0
