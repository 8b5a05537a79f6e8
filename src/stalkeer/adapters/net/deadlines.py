"""Limit the time that servers may take: to connect, to send a head, a short answer, each piece of a body."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from stalkeer.adapters.net.failures import Cause, NetworkFailure

HEAD_S = 30.0


@dataclass(frozen=True)
class LeastSpeed:
    """Hold the least speed of a body: fewer than `rate` bytes/s over `window_s` count as no answer."""

    rate: float
    window_s: float


LISTS = LeastSpeed(rate=4_000, window_s=60.0)  # a list of 100 MB may take hours, but not days


@dataclass(frozen=True)
class Deadlines:
    """Hold the time limits of a request.

    `head_s` is for the whole head, including interim answers; `silence_s` for each read. `whole_s` limits a short
    answer from the first step to its last byte, including redirects. Long answers have `least`.
    """

    connect_s: float = 15.0
    head_s: float = HEAD_S
    silence_s: float = 60.0
    whole_s: float | None = None
    least: LeastSpeed | None = None


class Deadline:
    """Shut a connection down when its time is over.

    In its `with` block, the interrupted call then raises NetworkFailure.
    """

    def __init__(self, seconds: float, shutdown: Callable[[], None], failure: NetworkFailure) -> None:
        self._shutdown = shutdown
        self._failure = failure
        self._lock = threading.Lock()
        self._is_over = False
        self.has_expired = False
        self._timer = threading.Timer(max(0.0, seconds), self._expire)
        self._timer.daemon = True

    def start(self) -> Self:
        self._timer.start()
        return self

    def cancel(self) -> None:
        """Stop the timer."""
        with self._lock:
            self._is_over = True
        self._timer.cancel()

    def check(self) -> None:
        """Raise NetworkFailure when the time is over, because bytes read after the shutdown may not be the server's."""
        if self.has_expired:
            raise self._failure

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cancel()
        if self.has_expired and (error is None or isinstance(error, Exception)):
            raise self._failure from error

    def _expire(self) -> None:
        with self._lock:
            if self._is_over:
                return
            self.has_expired = True
        self._shutdown()


class Speed:
    """Compare the speed of a body with its least speed."""

    def __init__(self, least: LeastSpeed, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._least = least
        self._monotonic = monotonic
        self._begun = monotonic()
        self._size = 0

    def note(self, size: int) -> None:
        """Count received bytes. Raises NetworkFailure at the end of a window that was too slow."""
        self._size += size
        elapsed = self._monotonic() - self._begun
        if elapsed < self._least.window_s:
            return
        if self._size < self._least.rate * elapsed:
            raise NetworkFailure(
                Cause.TOO_SLOW, f"the answer comes too slowly, {self._size} bytes in {elapsed:.0f} s", was_sent=True
            )
        self._begun, self._size = self._monotonic(), 0
