"""Provide the contents of served files: bytes in memory, a file on disk, or a generated pattern of any size."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

BLOCK = 64 * 1024


class Content(Protocol):
    @property
    def size(self) -> int: ...

    def read(self, offset: int, length: int) -> bytes:
        """Return at most `length` bytes from `offset`; fewer only at the end."""
        ...


@dataclass(frozen=True)
class Memory:
    payload: bytes = field(repr=False)

    @property
    def size(self) -> int:
        return len(self.payload)

    def read(self, offset: int, length: int) -> bytes:
        return self.payload[offset : offset + length]


@dataclass(frozen=True)
class OnDisk:
    path: Path

    @property
    def size(self) -> int:
        return self.path.stat().st_size

    def read(self, offset: int, length: int) -> bytes:
        with self.path.open("rb") as file:
            file.seek(offset)
            return file.read(length)


@dataclass(frozen=True)
class Pattern:
    """Generate `size` bytes that differ between blocks and between seeds."""

    size: int
    seed: int = 0

    def read(self, offset: int, length: int) -> bytes:
        length = max(0, min(length, self.size - offset))
        first, skipped = divmod(offset, BLOCK)
        blocks = range(first, (offset + length + BLOCK - 1) // BLOCK)
        return b"".join(self._block(number) for number in blocks)[skipped : skipped + length]

    def _block(self, number: int) -> bytes:
        mark = hashlib.blake2b(f"{self.seed}/{number}".encode(), digest_size=64).digest()
        return mark * (BLOCK // len(mark))

    def sha256(self) -> str:
        return sha256(self)


def sha256(content: Content) -> str:
    digest = hashlib.sha256()
    for offset in range(0, content.size, 1024 * 1024):
        digest.update(content.read(offset, 1024 * 1024))
    return digest.hexdigest()


def descriptor(content: Content) -> int | None:
    """Open a file descriptor for `sendfile`, if the content is on disk."""
    return os.open(content.path, os.O_RDONLY) if isinstance(content, OnDisk) else None


@dataclass(frozen=True)
class ServedFile:
    """Hold a file with the headers that a server sends. Panels send neither `etag` nor `last_modified`."""

    content: Content
    content_type: str = "video/x-matroska"
    etag: str | None = None  # including its quotes, as sent
    last_modified: str | None = None
