"""Make files and names survive a power cut, as far as their file system supports it.

Network and FUSE file systems refuse some of the calls. A refused call is logged once and skipped, because it only makes
a file safer or sets its mode.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

log = logging.getLogger(__name__)

# the error numbers for "this file system cannot do that"
REFUSED = frozenset({errno.EPERM, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOTTY})
UNREADABLE = REFUSED | {errno.EACCES}


def sync_data(descriptor: int) -> None:
    """Wait until the bytes of a file are on disk."""
    with refusable("fdatasync"):
        os.fdatasync(descriptor)


def sync_descriptor(descriptor: int) -> None:
    """Wait until a file is on disk, its size and mode included."""
    with refusable("fsync"):
        os.fsync(descriptor)


def sync_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        sync_descriptor(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Make a rename or a new name in `folder` survive a power cut."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        if error.errno not in UNREADABLE:  # a folder may be writable but not readable
            raise
        _say_once("opening a folder", error.errno or 0)
        return
    try:
        with refusable("fsync of a folder"):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def set_mode(path: Path, mode: int) -> None:
    """Set the permissions of a file or folder. Network shares refuse it: their mount options decide."""
    with refusable("chmod"):
        path.chmod(mode)


def write_durably(path: Path, text: str, opener: Callable[[str, int], int] | None = None) -> None:
    """Replace a small file atomically and durably: after a crash it has either the old or the new text."""
    fresh = path.with_name(path.name + ".new")
    with open(fresh, "w", encoding="utf-8", opener=opener) as file:  # noqa: PTH123 - Path.open takes no opener
        file.write(text)
        file.flush()
        sync_descriptor(file.fileno())
    fresh.replace(path)
    sync_folder(path.parent)


@contextlib.contextmanager
def refusable(call: str) -> Iterator[None]:
    """Ignore the error where the file system does not support `call`."""
    try:
        yield
    except OSError as error:
        if error.errno not in REFUSED:
            raise
        _say_once(call, error.errno or 0)


@cache
def _say_once(call: str, code: int) -> None:
    log.warning("the file system refuses %s (%s); Stalkeer goes on without it", call, os.strerror(code))
