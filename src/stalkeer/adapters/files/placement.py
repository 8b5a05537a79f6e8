"""Move a finished file to its place, completely or not at all, within a file system or across two."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from stalkeer.core.naming.names import temporary_name
from stalkeer.durable import REFUSED, set_mode, sync_descriptor, sync_file, sync_folder
from stalkeer.errors import PlacementError, PlacementRefused

COPY_CHUNK = 8 * 1024 * 1024
NO_LINK = REFUSED | {errno.EXDEV, errno.EMLINK}


@dataclass(frozen=True)
class Modes:
    """Hold the permissions of new files and folders; None leaves them to the umask."""

    file: int | None = None
    folder: int | None = None


def place(
    part: Path,
    target: Path,
    modes: Modes = Modes(),
    copied: Callable[[int], None] = lambda size: None,
    is_ours: Callable[[Path], bool] = lambda path: False,
) -> Path:
    """Move `part` to `target` durably and create its folders. Across file systems, copy it.

    Safe to repeat after a kill at any moment: if the part is gone and the target exists, it was placed. An existing
    target is replaced only when it has the same size, which is the state after a kill between copy and removal.
    `copied` is called for every piece of a copy and may raise to stop it; then only the part remains. `is_ours` tells
    whether another file at `target` is an earlier file of Stalkeer that is no longer needed and may be replaced.
    """
    _refuse_detours(target)
    with _explained(part, target):
        if not part.exists():
            if target.is_file():
                return target
            raise PlacementError(f"{part} cannot be moved to {target}: it does not exist")
        if not (target.is_file() and is_ours(target)):
            _refuse_others_file(part, target)
        make_folders(target.parent, modes.folder)
        _move(part, target, modes, copied)
    return target


def duplicate(
    file: Path, target: Path, modes: Modes = Modes(), copied: Callable[[int], None] = lambda size: None
) -> Path:
    """Make `file` available at `target` too: as a hard link, or as a copy if links are impossible. Safe to repeat."""
    _refuse_detours(target)
    with _explained(file, target):
        _refuse_others_file(file, target)
        if target.exists():
            return target
        make_folders(target.parent, modes.folder)
        try:
            os.link(file, target)
        except OSError as error:
            if error.errno not in NO_LINK:
                raise
            _copy(file, target, modes, copied)
        sync_folder(target.parent)
    return target


def make_folders(folder: Path, mode: int | None = None) -> None:
    """Create `folder` and its parents. `mode` is set on new folders only."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for new in reversed(missing):
        new.mkdir(exist_ok=True)
        if mode is not None:
            set_mode(new, mode)
        sync_folder(new.parent)


def _move(part: Path, target: Path, modes: Modes, copied: Callable[[int], None]) -> None:
    sync_file(part)
    if modes.file is not None:
        set_mode(part, modes.file)
    try:
        part.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy(part, target, modes, copied)
        part.unlink()
    else:
        sync_folder(part.parent)
    sync_folder(target.parent)


def _send(sink: int, source: int, size: int, copied: Callable[[int], None]) -> None:
    """Copy within the system; by reading and writing where it refuses, as some file systems do."""
    offset = 0
    by_hand = False
    while offset < size:
        wanted = min(COPY_CHUNK, size - offset)
        try:
            sent = _copy_piece(sink, source, offset, wanted) if by_hand else os.sendfile(sink, source, offset, wanted)
        except OSError as error:
            if by_hand or error.errno not in REFUSED:
                raise
            by_hand = True
            continue
        if not sent:
            raise OSError(errno.EIO, "the file became shorter while it was copied")
        offset += sent
        copied(sent)


def _copy_piece(sink: int, source: int, offset: int, size: int) -> int:
    piece = memoryview(os.pread(source, size, offset))
    written = 0
    while written < len(piece):
        written += os.pwrite(sink, piece[written:], offset + written)
    return written


def _copy(part: Path, target: Path, modes: Modes, copied: Callable[[int], None]) -> None:
    """Copy to a hidden name beside the target first. Programs that watch the folder never see a partial file."""
    waiting = target.with_name(temporary_name(target.name))
    try:
        with part.open("rb") as source, waiting.open("wb") as sink:
            size = os.fstat(source.fileno()).st_size
            _send(sink.fileno(), source.fileno(), size, copied)
            sync_descriptor(sink.fileno())
        if modes.file is not None:
            set_mode(waiting, modes.file)
        waiting.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            waiting.unlink(missing_ok=True)
        raise


def _refuse_detours(target: Path) -> None:
    if not target.is_absolute() or ".." in target.parts:
        raise PlacementRefused(f"{target} cannot be used: it must be an absolute path without '..'")


def _refuse_others_file(file: Path, target: Path) -> None:
    if target.is_dir():
        raise PlacementRefused(f"{file.name} cannot be moved to {target}: a folder is there. Move it away, then retry")
    if target.exists() and target.stat().st_size != file.stat().st_size:
        raise PlacementRefused(
            f"{file.name} cannot be moved to {target}: another file is there. Move it away, then retry"
        )


PERMISSION = "permission is missing; make the folder writable for the user that runs Stalkeer, then retry"
# errors that end once the disk has space or is back; unknown errors count among them
PASSING = {
    errno.ENOSPC: "the disk is full; free some space",
    errno.EDQUOT: "the disk quota is used up; free some space",
    errno.EROFS: "the file system is read-only; mount it writable",
}
LASTING = {
    errno.EACCES: PERMISSION,
    errno.EPERM: PERMISSION,
    errno.EFBIG: "that file system cannot hold a file of that size; use another for that folder, then retry",
    errno.ENAMETOOLONG: "the name is too long for that file system; use another for that folder, then retry",
    errno.EINVAL: "that file system does not accept the name; use another for that folder, then retry",
    errno.EILSEQ: "that file system does not accept the letters of the name; mount it with UTF-8, then retry",
    errno.ENOTDIR: "a part of the path is a file; move it away, then retry",
    errno.ELOOP: "its links lead in a circle; correct them, then retry",
}


@contextlib.contextmanager
def _explained(part: Path, target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        code = error.errno or 0
        kind = PlacementRefused if code in LASTING else PlacementError
        reason = LASTING.get(code) or PASSING.get(code) or error.strerror or str(error)
        raise kind(f"{part.name} cannot be moved to {target}: {reason}") from error
