"""Choose the size of reads: the received bytes on slow lines, larger reads where small pieces arrive fast."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from stalkeer.adapters.net.bulk import BulkAnswer

LEAST = 32 * 1024  # least bytes of a read; a much larger buffer than the received data would cost page faults
RECORD = 16 * 1024  # the most that TLS returns at once
GULP = 256 * 1024
QUICK_S = 0.002
QUICK_READS = 16
SLOW_GULP_S = 0.05


@dataclass
class Appetite:
    """Adapt the reads of a body to its speed.

    `read1` returns the received bytes, so that progress and limits are exact on slow lines. Where TLS records arrive
    too fast to be handled one by one, a blocking read of many of them halves the cost. If the connection breaks, at
    most the bytes of one such read are lost.
    """

    monotonic: Callable[[], float]
    size: int = LEAST
    quick_reads: int = 0

    def read(self, answer: BulkAnswer, most: int) -> bytes:
        """Return at most `most` bytes; none at the end."""
        begun = self.monotonic()
        if self.quick_reads >= QUICK_READS and most >= GULP:
            piece = answer.read(GULP)
            if self.monotonic() - begun > SLOW_GULP_S:
                self.quick_reads = 0
            return piece
        piece = answer.read1(min(most, self.size))
        is_quick = len(piece) <= RECORD and self.monotonic() - begun < QUICK_S
        self.quick_reads = self.quick_reads + 1 if is_quick else 0
        self.size = max(LEAST, 2 * len(piece))
        return piece
