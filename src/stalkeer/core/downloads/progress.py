"""Judge the connections of a run by new durable bytes. Bytes that come a second time are no progress."""

from __future__ import annotations

from dataclasses import dataclass, field

from stalkeer.core.downloads.resume import OVERLAP

PROGRESS_BYTES = OVERLAP  # as many new bytes as each resume fetches again
LIST_SLACK = 1.25  # by which a listed size may be exceeded
LEAST_LISTED = 50_000_000  # bytes: a smaller size in a list is no film's
FASTEST = 15_000_000  # bytes/s that a film plays at most: the best discs have 128 Mbit/s
UNKNOWN_TIMES = 10  # the assumed size, where neither size nor runtime is known


def longest_movie(listed: int | None, runtime_s: float | None, assumed: int) -> int:
    """Return the bytes that a film can have at most, of which the server tells no length."""
    if listed is not None and listed >= LEAST_LISTED:
        return int(listed * LIST_SLACK)
    return int(runtime_s * FASTEST) if runtime_s else assumed * UNKNOWN_TIMES


@dataclass
class HighWater:
    """Count attempts without progress. `mark`: the durable bytes at the last progress, `failures`: attempts since then.

    Both go on from run to run. A connection that brings no progress is an attempt, and ends its run.
    """

    mark: int = 0
    failures: int = 0
    has_advanced: bool = False  # in this run
    is_barren: bool = False  # the lost connection brought bytes, and none that is new: it was an attempt of its own
    _peak: int = field(init=False)
    _peak_before: int = field(init=False)  # at the end of the connection before
    _has_advanced_now: bool = False  # with this connection

    def __post_init__(self) -> None:
        self._peak = self._peak_before = self.mark

    def note(self, durable: int) -> None:
        """Note the durable bytes of the file. They may shrink where the file changed; the mark does not."""
        self._peak = max(self._peak, durable)
        if self._peak - self.mark >= PROGRESS_BYTES:
            self.mark = self._peak
            self.has_advanced = self._has_advanced_now = True

    def lose(self, received: int) -> None:
        """Count a connection that was lost after `received` bytes."""
        self.is_barren = received > 0 and self._peak <= self._peak_before

    @property
    def is_fruitless(self) -> bool:
        """Return True where the connection brought no progress: the next one waits for the next attempt."""
        return not self._has_advanced_now

    def reconnect(self) -> None:
        """Begin another connection within this run."""
        self.failures = self.failures_now
        self._peak_before, self._has_advanced_now, self.is_barren = self._peak, False, False

    @property
    def failures_now(self) -> int:
        """Return the attempts in a row without progress, the one that has just failed included."""
        return 1 if self._has_advanced_now else self.failures + 1
