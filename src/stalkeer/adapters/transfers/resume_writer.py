"""Write the bytes of a body: compare them with the bytes on disk, append them, or write them to a second file where
they differ.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from stalkeer.adapters.transfers.part import PartFile
from stalkeer.core.downloads.resume import OVERLAP, HeldPart, Validators

FLUSH_BYTES = 256 * 1024  # bytes that are written together, because TLS returns at most 16 KiB at a time
PROVEN_BYTES = 64 * 1024 * 1024  # bytes of another version after which it replaces the version on disk


class Differs(Exception):  # noqa: N818
    """Report a body that is not the file on disk."""


@dataclass
class Landing:
    """Write bodies one after the other. `held` is the content of the part file, written but perhaps not yet synced."""

    part: PartFile
    held: HeldPart
    check: Callable[[], None] = lambda: None  # raises when the owner wants to stop
    position: int = 0  # position of the body's next byte in the file
    _answer: HeldPart = field(default_factory=HeldPart)  # the facts of the present answer about the file
    _is_whole: bool = False
    _is_proven: bool = True  # False for a body that its head calls whole, but that may be a part of the file
    _is_agreed: bool = False  # the present answer was compared and is the file on disk
    _pending: list[bytes] = field(default_factory=list)
    _pending_size: int = 0

    def begin(
        self, start: int, total: int | None, validators: Validators, *, is_whole: bool, is_proven: bool = True
    ) -> None:
        """Begin a body at byte `start`.

        Only a whole file may differ from the bytes on disk. Without `is_proven`, it must begin like the bytes on disk
        to count as a whole file.
        """
        self.flush()
        self.part.drop_other()
        self.position = start
        self._answer = HeldPart(0, total, validators)
        self._is_whole = is_whole
        self._is_proven = is_proven
        if is_whole:
            self.held = replace(self.held, asks_whole=False)
        self._is_agreed = False
        self._agree_where_caught_up()

    def rewind(self, offset: int) -> None:
        """Keep only the first `offset` bytes."""
        self.flush()
        self.part.truncate(offset)
        self.held = HeldPart(offset)
        self.position = offset

    @property
    def is_apart(self) -> bool:
        """Return True while the body is another file than the one on disk, and has not replaced it yet."""
        return self.part.has_other

    @property
    def has_caught_up(self) -> bool:
        return self._is_agreed or self.is_apart

    def take(self, piece: bytes) -> None:
        """Write the next bytes. Raises Differs where a part of a file does not continue the bytes on disk."""
        if not self.has_caught_up:
            piece = self._compare(piece)
        if not piece:
            return
        self._pending.append(piece)
        self._pending_size += len(piece)
        self.position += len(piece)
        if self._pending_size >= FLUSH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write the pending bytes."""
        if not self._pending:
            return
        self.part.write(self.position - self._pending_size, self._pending)
        self._pending, self._pending_size = [], 0
        if not self.is_apart:
            self.held = replace(self.held, offset=self.position)
        elif self.position >= min(self.held.offset, PROVEN_BYTES):
            self.part.adopt_other()
            self.held = replace(self._answer, offset=self.position)
            self._is_agreed = True

    def abandon(self) -> None:
        """Drop the pending bytes, because they cannot be written."""
        self._pending, self._pending_size = [], 0

    def _compare(self, piece: bytes) -> bytes:
        """Return the bytes of `piece` beyond those on disk. The rest of it must be the same, byte for byte."""
        known = self.part.read(self.position, min(len(piece), self.held.offset - self.position))
        if piece.startswith(known):
            self.position += len(known)
            self._agree_where_caught_up()
            return piece[len(known) :]
        if not self._is_whole:
            raise Differs
        same = next(index for index, (mine, theirs) in enumerate(zip(known, piece, strict=False)) if mine != theirs)
        if not self._is_proven and self.position + same < OVERLAP:
            raise Differs
        self.position += same
        self.part.begin_other(self.position, self.check)
        return piece[same:]

    def _agree_where_caught_up(self) -> None:
        if self.position < self.held.offset:
            return
        held, answer = self.held, self._answer
        total = answer.total if answer.total is not None else held.total
        is_second = held.total is not None and answer.total == held.total
        self.held = replace(
            held,
            total=total,
            validators=held.validators.common(answer.validators) if held.offset else answer.validators,
            is_total_confirmed=is_second or (held.is_total_confirmed and total == held.total),
        )
        self._is_agreed = True
