"""Put a finished file where it belongs: all of it or nothing, on the same file system or on another."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from stalkeer.adapters.files.names import is_fitting
from stalkeer.errors import PlacementError

COPY_CHUNK = 8 * 1024 * 1024
NO_LINK = frozenset({errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS})
COPY_PREFIX = ".stalkeer-"


@dataclass(frozen=True)
class Modes:
    """Permissions of what is put in place; None leaves them to the umask."""

    file: int | None = None
    folder: int | None = None


def place(part: Path, target: Path, modes: Modes = Modes(), copied: Callable[[int], None] = lambda size: None) -> Path:
    """Move `part` to `target`, durably, making its folders. Where they lie on different disks it is copied.

    Safe to repeat after a kill at any moment: a target whose part is gone has been placed. A target that is there
    already is replaced only by a file of the same size, as a kill between copy and removal leaves it. `copied` hears
    of every piece of a copy and may raise to stop it; nothing but the part is left then.
    """
    _refuse_unfit(target)
    if not part.exists():
        if target.is_file():
            return target
        raise PlacementError(f"{part} cannot be put to {target}: it is not there")
    with _explained(part, target):
        if target.exists() and target.stat().st_size != part.stat().st_size:
            raise PlacementError(f"{part.name} cannot be put to {target}: another file is there. Move it away")
        make_folders(target.parent, modes.folder)
        _move(part, target, modes, copied)
    return target


def duplicate(
    file: Path, target: Path, modes: Modes = Modes(), copied: Callable[[int], None] = lambda size: None
) -> Path:
    """Let `file` lie at `target` too: as a hard link, or as a copy where there can be none. Safe to repeat."""
    _refuse_unfit(target)
    with _explained(file, target):
        if target.exists():
            if target.stat().st_size != file.stat().st_size:
                raise PlacementError(f"{file.name} cannot be put to {target}: another file is there. Move it away")
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
    """Make `folder` and what leads to it; `mode` is given to what is new."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for new in reversed(missing):
        new.mkdir(exist_ok=True)
        if mode is not None:
            new.chmod(mode)
        sync_folder(new.parent)


def sync_folder(folder: Path) -> None:
    """Make a new name in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network file systems cannot
            raise
    finally:
        os.close(descriptor)


def _move(part: Path, target: Path, modes: Modes, copied: Callable[[int], None]) -> None:
    _sync_file(part)
    if modes.file is not None:
        part.chmod(modes.file)
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


def _copy(part: Path, target: Path, modes: Modes, copied: Callable[[int], None]) -> None:
    """To a hidden name beside the target first: whoever watches the folder never sees half a film."""
    waiting = target.with_name(COPY_PREFIX + target.name[:200])
    try:
        with part.open("rb") as source, waiting.open("wb") as sink:
            size = os.fstat(source.fileno()).st_size
            offset = 0
            while offset < size:
                sent = os.sendfile(sink.fileno(), source.fileno(), offset, min(COPY_CHUNK, size - offset))
                if not sent:
                    raise OSError(errno.EIO, "the part became shorter while it was copied")
                offset += sent
                copied(sent)
            os.fsync(sink.fileno())
        if modes.file is not None:
            waiting.chmod(modes.file)
        waiting.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            waiting.unlink(missing_ok=True)
        raise


def _sync_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refuse_unfit(target: Path) -> None:
    if not target.is_absolute() or ".." in target.parts:
        raise PlacementError(f"{target} is no place for a file: it must be an absolute path without '..'")
    unfit = next((part for part in target.parts[1:] if not is_fitting(part)), None)
    if unfit is not None:
        raise PlacementError(f"{target} cannot be made: {unfit!r} is no name that every file system takes")


REASONS = {
    errno.ENOSPC: "the disk is full; free some space",
    errno.EDQUOT: "the disk quota is used up; free some space",
    errno.EROFS: "the file system is read-only; mount it writable",
    errno.EACCES: "permission is missing; make the folder writable for the user that runs Stalkeer",
    errno.EPERM: "permission is missing; make the folder writable for the user that runs Stalkeer",
    errno.ENAMETOOLONG: "the name is too long for that file system",
    errno.ENOTDIR: "a part of the path is a file",
}


@contextlib.contextmanager
def _explained(part: Path, target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = REASONS.get(error.errno or 0, error.strerror or str(error))
        raise PlacementError(f"{part.name} cannot be put to {target}: {reason}") from error
