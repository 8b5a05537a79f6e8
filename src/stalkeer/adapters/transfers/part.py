"""Write the part file of a download at absolute offsets. Only synced bytes are trusted.

A second file, `.other`, receives the bytes while the server's file may be another version. It replaces the part file
once it is proven, and is deleted at the next start otherwise.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

from stalkeer.durable import sync_data, sync_descriptor, sync_folder

COPY_CHUNK = 1024 * 1024
KEEP_SIZE = 0x01  # FALLOC_FL_KEEP_SIZE: reserve blocks without changing the visible size
TMPFS, RAMFS = 0x01021994, 0x858458F6  # statfs(2)
_libc = ctypes.CDLL(None, use_errno=True)


class LocalFailure(Exception):  # noqa: N818 - says on whose side it happened
    """Report an error of the disk or folder, never of the network."""

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(f"{path}: {error.strerror or error}")
        self.path = path
        self.error = error

    @property
    def is_full(self) -> bool:
        return self.error.errno in (errno.ENOSPC, errno.EDQUOT)

    @property
    def is_too_large(self) -> bool:
        """Tell whether the file is too large for the file system (FAT32: 4 GiB) or a limit of the process."""
        return self.error.errno == errno.EFBIG


class PartFile:
    """Hold an open part file. Its first `durable_offset` bytes are known to be on disk; the rest is cut off.

    A shorter file was changed by another program: `kept` is its real length.
    """

    def __init__(self, path: Path, durable_offset: int) -> None:
        self.path = path
        self.other_path = path.with_name(path.name + ".other")
        self._other: int | None = None
        with on_disk(path):
            self.other_path.unlink(missing_ok=True)
            self._main = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            self.kept = min(durable_offset, os.fstat(self._main).st_size)
            os.ftruncate(self._main, self.kept)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    @property
    def has_other(self) -> bool:
        return self._other is not None

    def read(self, offset: int, length: int) -> bytes:
        """Read bytes of the part file itself, not of the second file."""
        with on_disk(self.path):
            return os.pread(self._main, length, offset)

    def write(self, offset: int, pieces: list[bytes]) -> None:
        """Write `pieces` one after the other from `offset`, into the second file if there is one."""
        descriptor = self._main if self._other is None else self._other
        with on_disk(self.path):
            size = sum(map(len, pieces))
            written = os.pwritev(descriptor, pieces, offset)
            if written == size:
                return
            rest = memoryview(b"".join(pieces))
            while written < size:
                written += os.pwrite(descriptor, rest[written:], offset + written)

    def reserve(self, size: int, floor: int = 0) -> None:
        """Reserve disk blocks up to `size`, so that a full disk shows now and not at 99 %.

        `floor` bytes must stay free. Where blocks cannot be reserved, or would fill memory (tmpfs), only the free space
        is checked.
        """
        descriptor = self._main if self._other is None else self._other
        with on_disk(self.path):
            found = os.fstat(descriptor)
            missing = size - max(found.st_size, found.st_blocks * 512)
            if missing > 0 and _free(descriptor) - missing < floor:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if not _is_in_memory(descriptor):
                _fallocate(descriptor, size)

    def keep_free(self, floor: int) -> None:
        """Raise LocalFailure where less than `floor` bytes are free. Used for files of unknown size."""
        with on_disk(self.path):
            if _free(self._main) < floor:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def sync(self) -> None:
        """Wait until everything written is on disk."""
        with on_disk(self.path):
            sync_data(self._main if self._other is None else self._other)

    def truncate(self, size: int) -> None:
        with on_disk(self.path):
            os.ftruncate(self._main if self._other is None else self._other, size)

    def begin_other(self, same: int, check: Callable[[], None] = lambda: None) -> None:
        """Write into a second file from now on, which shares the first `same` bytes with the part file.

        A copy of gigabytes takes a while: `check` is called between two pieces, and may raise.
        """
        with on_disk(self.other_path):
            self._other = os.open(self.other_path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
            offset = 0
            while offset < same:
                check()
                piece = os.pread(self._main, min(COPY_CHUNK, same - offset), offset)
                offset += os.pwrite(self._other, piece, offset)

    def adopt_other(self) -> None:
        """Replace the part file by the second file, durably."""
        if self._other is None:
            return
        with on_disk(self.path):
            sync_descriptor(self._other)
            self.other_path.replace(self.path)
            os.close(self._main)
            self._main, self._other = self._other, None
            sync_folder(self.path.parent)

    def drop_other(self) -> None:
        if self._other is None:
            return
        os.close(self._other)
        self._other = None
        with contextlib.suppress(OSError):
            self.other_path.unlink(missing_ok=True)

    def close(self) -> None:
        self.drop_other()
        if self._main >= 0:
            os.close(self._main)
            self._main = -1


def _fallocate(descriptor: int, size: int) -> None:
    """Reserve blocks. Raises OSError for a full disk; other file systems do without."""
    if _libc.fallocate(descriptor, KEEP_SIZE, ctypes.c_long(0), ctypes.c_long(size)) == 0:
        return
    code = ctypes.get_errno()
    if code in (errno.ENOSPC, errno.EDQUOT):
        raise OSError(code, os.strerror(code))


def _is_in_memory(descriptor: int) -> bool:
    described = ctypes.create_string_buffer(256)
    if _libc.fstatfs(descriptor, described) != 0:
        return False
    return ctypes.c_long.from_buffer(described).value in (TMPFS, RAMFS)


def _free(descriptor: int) -> int:
    counted = os.fstatvfs(descriptor)
    return counted.f_bavail * counted.f_frsize


@contextlib.contextmanager
def on_disk(path: Path) -> Iterator[None]:
    """Raise LocalFailure at `path` for any OSError within."""
    try:
        yield
    except OSError as error:
        raise LocalFailure(path, error) from error
