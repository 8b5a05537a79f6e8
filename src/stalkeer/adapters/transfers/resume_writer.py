"""Write the bytes of a body: compare them with what is held, append them, or write them apart where they differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from stalkeer.adapters.transfers.part import PartFile
from stalkeer.core.downloads.resume import OVERLAP, HeldPart, Validators

FLUSH_BYTES = 256 * 1024  # TLS hands out 16 KiB at a time: written together they cost a fraction
PROVEN_BYTES = 64 * 1024 * 1024  # another version that got so far replaces the one that is held


class Differs(Exception):  # noqa: N818
    """Report a body that is not the file that is held."""


@dataclass
class Landing:
    """Take one body after another. `held` is the content of the part file, written but perhaps not yet synced."""

    part: PartFile
    held: HeldPart
    check: Callable[[], None] = lambda: None  # raises where the owner wants no more of it
    position: int = 0  # of the next byte of the body, in the file
    _answer: HeldPart = field(default_factory=HeldPart)  # what the present answer says of the file
    _is_whole: bool = False
    _is_proven: bool = True  # a body that is whole by its head may still be a part of the file
    _is_agreed: bool = False  # the present answer has been seen to be the file that is held
    _pending: list[bytes] = field(default_factory=list)
    _pending_size: int = 0

    def begin(
        self, start: int, total: int | None, validators: Validators, *, is_whole: bool, is_proven: bool = True
    ) -> None:
        """Take a body that starts at byte `start`. Only a whole file may differ from what is held.

        Without `is_proven` it must begin like what is held, to be believed whole.
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
        """Return True while the body is another file than the one held, and has not yet replaced it."""
        return self.part.has_other

    @property
    def has_caught_up(self) -> bool:
        return self._is_agreed or self.is_apart

    def take(self, piece: bytes) -> None:
        """Take the next bytes. Raises Differs where a part of a file does not continue what is held."""
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
        """Write what is pending."""
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
        """Forget what is pending, because it cannot be written."""
        self._pending, self._pending_size = [], 0

    def _compare(self, piece: bytes) -> bytes:
        """Return the bytes of `piece` beyond what is held; the rest of it must be the same, byte for byte."""
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
