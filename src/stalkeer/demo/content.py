"""What a served file holds: bytes in memory, a file on disk, or a pattern of any size that takes no memory."""

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
        """At most `length` bytes from `offset`; fewer only at the end."""
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
    """`size` bytes that differ from block to block and from seed to seed, made as they are read."""

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


@dataclass(frozen=True)
class Padded:
    """A real beginning (a container's head, say), then `padding` for the rest of `size`."""

    head: bytes = field(repr=False)
    size: int
    padding: bytes = b"\0"

    def read(self, offset: int, length: int) -> bytes:
        length = max(0, min(length, self.size - offset))
        start = self.head[offset : offset + length]
        missing = length - len(start)
        return start + (self.padding * (missing // len(self.padding) + 1))[:missing]


def sha256(content: Content) -> str:
    digest = hashlib.sha256()
    for offset in range(0, content.size, 1024 * 1024):
        digest.update(content.read(offset, 1024 * 1024))
    return digest.hexdigest()


def descriptor(content: Content) -> int | None:
    """An open file descriptor for `sendfile`, where the content lies on disk."""
    return os.open(content.path, os.O_RDONLY) if isinstance(content, OnDisk) else None


@dataclass(frozen=True)
class ServedFile:
    """A file as a server shows it. Panels give neither `etag` nor `last_modified`."""

    content: Content
    content_type: str = "video/x-matroska"
    etag: str | None = None  # with its quotes, as it goes out
    last_modified: str | None = None
