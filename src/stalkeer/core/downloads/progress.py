"""Judge the connections of a run by new durable bytes. Bytes that come a second time are no progress."""

from __future__ import annotations

from dataclasses import dataclass, field

from stalkeer.core.downloads.resume import OVERLAP

PROGRESS_BYTES = OVERLAP  # new bytes that count as progress: as many as each resume fetches again
LIST_SLACK = 1.25  # factor by which a file may exceed its listed size
LEAST_LISTED = 50_000_000  # bytes; a smaller listed size cannot be a movie's
FASTEST = 15_000_000  # highest bit rate of a movie in bytes/s: the best discs have 128 Mbit/s
UNKNOWN_TIMES = 10  # times the assumed size, where neither size nor runtime is known


def longest_movie(listed: int | None, runtime_s: float | None, assumed: int) -> int:
    """Return the largest size of a movie whose length the server does not state."""
    if listed is not None and listed >= LEAST_LISTED:
        return int(listed * LIST_SLACK)
    return int(runtime_s * FASTEST) if runtime_s else assumed * UNKNOWN_TIMES


@dataclass
class HighWater:
    """Count attempts without progress.

    `mark` is the durable bytes at the last progress, `failures` the attempts since then. Both continue over all runs. A
    connection without progress counts as an attempt and ends its run.
    """

    mark: int = 0
    failures: int = 0
    has_advanced: bool = False  # in this run
    is_barren: bool = False  # the lost connection delivered bytes but no new ones, so it counts as an attempt
    _peak: int = field(init=False)
    _peak_before: int = field(init=False)  # peak at the end of the last connection
    _has_advanced_now: bool = False  # progress with this connection

    def __post_init__(self) -> None:
        self._peak = self._peak_before = self.mark

    def note(self, durable: int) -> None:
        """Record the durable bytes of the file. They may shrink where the file changed; the mark does not."""
        self._peak = max(self._peak, durable)
        if self._peak - self.mark >= PROGRESS_BYTES:
            self.mark = self._peak
            self.has_advanced = self._has_advanced_now = True

    def lose(self, received: int) -> None:
        """Count a connection that was lost after `received` bytes."""
        self.is_barren = received > 0 and self._peak <= self._peak_before

    @property
    def is_fruitless(self) -> bool:
        """Return True where the connection made no progress, so that the next one waits for the next attempt."""
        return not self._has_advanced_now

    def reconnect(self) -> None:
        """Begin another connection within this run."""
        self.failures = self.failures_now
        self._peak_before, self._has_advanced_now, self.is_barren = self._peak, False, False

    @property
    def failures_now(self) -> int:
        """Return the attempts in a row without progress, including the one that just failed."""
        return 1 if self._has_advanced_now else self.failures + 1
