"""Check disk space and folders: missing, not mounted, read-only, not writable, full."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from stalkeer.adapters.files.placement import make_folders
from stalkeer.durable import write_durably
from stalkeer.private_files import private_opener, read_small

MARK = ".stalkeer-folder"
FOLDER_MEMORY = "folders.json"  # in the data folder: the folders that were claimed


class FolderState(StrEnum):
    USABLE = "usable"
    MISSING = "missing"
    NOT_MOUNTED = "not_mounted"
    READ_ONLY = "read_only"
    NOT_WRITABLE = "not_writable"
    NOT_A_FOLDER = "not_a_folder"
    BROKEN = "broken"


LASTING_STATES = frozenset(
    {FolderState.NOT_WRITABLE, FolderState.NOT_A_FOLDER}
)  # the other states may end without the user


@dataclass(frozen=True)
class Folder:
    """Hold the state of a folder.

    `problem` tells the user what is wrong and what to do; empty when the folder is usable.
    """

    path: Path
    state: FolderState
    problem: str = ""

    @property
    def is_usable(self) -> bool:
        return self.state is FolderState.USABLE


@dataclass(frozen=True)
class Volume:
    """Describe the file system of a folder."""

    device: int
    free: int  # bytes that a normal user may still write
    size: int


def volume_of(folder: Path) -> Volume:
    """Return the volume of `folder`, or of its nearest existing parent."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    counted = os.statvfs(folder)
    return Volume(folder.stat().st_dev, counted.f_bavail * counted.f_frsize, counted.f_blocks * counted.f_frsize)


def unclaimed(part: Path, total: int) -> int:
    """Return the bytes of a running download that its file does not occupy yet. Occupied bytes are no longer free."""
    try:
        found = part.stat()
    except OSError:
        return total
    return max(0, total - max(found.st_size, found.st_blocks * 512))


def look_at(folder: Path, memory: Path | None = None) -> Folder:
    """Return the state of a folder. `memory` holds claimed folders and helps to detect an unmounted disk.

    The mount point of an unmounted disk exists, but does not contain our mark.
    """
    if folder.exists() and not folder.is_dir():
        return Folder(folder, FolderState.NOT_A_FOLDER, f"{folder} is a file; a folder is needed there")
    mark = _recall(memory).get(str(folder))
    if not folder.exists():
        if mark is not None:
            return Folder(
                folder, FolderState.NOT_MOUNTED, f"{folder} is gone; check that its disk is connected and mounted"
            )
        return Folder(folder, FolderState.MISSING, f"{folder} does not exist; create it, or correct the setting")
    if mark is not None and not _is_mark(_read_mark(folder), mark):
        return Folder(
            folder,
            FolderState.NOT_MOUNTED,
            f"{folder} exists, but its former contents do not: its disk is probably not mounted. Mount it; if the "
            f"folder is new on purpose, remove it from {memory}",
        )
    return _check(folder)


def claim(folder: Path, memory: Path, mode: int | None = None) -> Folder:
    """Create `folder` the first time, mark it, and remember it. Later calls act like `look_at`.

    `mode` is set on new folders.
    """
    known = _recall(memory)
    if str(folder) in known:
        _mend_mark(folder, known[str(folder)])
        return look_at(folder, memory)
    try:
        make_folders(folder, mode)
    except OSError as error:
        return _refused(folder, error)
    found = _check(folder)
    if not found.is_usable:
        return found
    try:
        mark = _mark(folder)
    except OSError as error:
        return _refused(folder, error)
    try:
        remember_mark(folder, memory, mark)
    except OSError as error:
        return _refused(memory, error)
    return found


def remember_mark(folder: Path, memory: Path, mark: str) -> None:
    """Expect this mark in `folder` from now on."""
    known = _recall(memory)
    if known.get(str(folder)) != mark:
        write_durably(memory, json.dumps(known | {str(folder): mark}, indent=1), private_opener)


def mark_of(folder: Path) -> str:
    """Return the content of the mark in `folder`, which distinguishes it from other folders at the same path."""
    return _read_mark(folder) or ""


def _mark(folder: Path) -> str:
    """Return the mark of `folder`. Make one where there is none; of two machines at once, only one makes it."""
    mark = secrets.token_hex(8)
    try:
        descriptor = os.open(folder / MARK, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    except FileExistsError:
        mark = _read_mark(folder) or mark
    else:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(mark + "\n")
    write_durably(folder / MARK, mark + "\n")
    return mark


def _recall(memory: Path | None) -> dict[str, str]:
    if memory is None or not memory.exists():
        return {}
    try:
        known = json.loads(read_small(memory).decode("utf-8"))
    except (OSError, ValueError, RecursionError):  # damaged: claim the folders again, as after a new installation
        return {}
    return {str(path): str(mark) for path, mark in known.items()} if isinstance(known, dict) else {}


def _is_mark(found: str | None, mark: str) -> bool:
    """Tell whether `found` is the mark, or the empty or cut mark that a crash left."""
    return found is not None and mark.startswith(found)


def _mend_mark(folder: Path, mark: str) -> None:
    found = _read_mark(folder)
    if found is not None and found != mark and _is_mark(found, mark):
        with contextlib.suppress(OSError):  # the folder is usable without it
            write_durably(folder / MARK, mark + "\n")


def _read_mark(folder: Path) -> str | None:
    try:
        return (folder / MARK).read_text(encoding="ascii", errors="replace").strip("\0 \n")
    except OSError:
        return None


def _check(folder: Path) -> Folder:
    """Check a folder without writing. A test file every few seconds would keep disks awake."""
    try:
        counted = os.statvfs(folder)
    except OSError as error:
        return _refused(folder, error)
    if counted.f_flag & os.ST_RDONLY:
        return _refused(folder, OSError(errno.EROFS, "read-only"))
    if not os.access(folder, os.W_OK | os.X_OK):
        return _refused(folder, OSError(errno.EACCES, "not writable"))
    return Folder(folder, FolderState.USABLE)


def _refused(folder: Path, error: OSError) -> Folder:
    if error.errno == errno.EROFS:
        return Folder(folder, FolderState.READ_ONLY, f"{folder} is on a read-only file system; mount it writable")
    if error.errno in (errno.EACCES, errno.EPERM):
        return Folder(
            folder,
            FolderState.NOT_WRITABLE,
            f"{folder} cannot be written; give it to the user that runs Stalkeer (uid {os.getuid()})",
        )
    return Folder(folder, FolderState.BROKEN, f"{folder} cannot be used: {error.strerror}")
