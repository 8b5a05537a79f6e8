"""Choose the size of reads: what is there on slow lines, larger reads where small pieces arrive fast."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from stalkeer.adapters.net.bulk import BulkAnswer

LEAST = 32 * 1024  # each read makes room for all it asks: far more than comes would be paid for in page faults
RECORD = 16 * 1024  # TLS hands out so much at most
GULP = 256 * 1024
QUICK_S = 0.002
QUICK_READS = 16
SLOW_GULP_S = 0.05


@dataclass
class Appetite:
    """Learn from one body how to read it.

    `read1` returns what is there, so progress and limits are true on slow lines. Where TLS records come faster than
    they can be counted one by one, a blocking read of many of them halves the cost; what such a read had gathered when
    the connection breaks is lost, which is at most one gulp.
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
