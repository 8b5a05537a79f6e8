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
    """Fewer bytes than `rate` a second, over `window_s`, is no answer."""

    rate: float
    window_s: float


LISTS = LeastSpeed(rate=4_000, window_s=60.0)  # a list of 100 MB may take hours, but not days


@dataclass(frozen=True)
class Deadlines:
    """The limits of one request. `head_s` is for the whole head, whatever comes before it; `silence_s` for each read.

    `whole_s` bounds a short answer from the first step to its last byte, redirects included. Long answers have `least`.
    """

    connect_s: float = 15.0
    head_s: float = HEAD_S
    silence_s: float = 60.0
    whole_s: float | None = None
    least: LeastSpeed | None = None


class Deadline:
    """Shuts a connection down when its time is over. Used with `with`: what was running then ends as NetworkFailure."""

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
        """The time does not count any more."""
        with self._lock:
            self._is_over = True
        self._timer.cancel()

    def check(self) -> None:
        """Raise the failure where the time is over: what was read since then need not be the server's."""
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
    """Watches the pace of one body against its least speed."""

    def __init__(self, least: LeastSpeed, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._least = least
        self._monotonic = monotonic
        self._begun = monotonic()
        self._size = 0

    def note(self, size: int) -> None:
        """Count what came. Raises NetworkFailure at the end of a window that brought too little."""
        self._size += size
        elapsed = self._monotonic() - self._begun
        if elapsed < self._least.window_s:
            return
        if self._size < self._least.rate * elapsed:
            raise NetworkFailure(
                Cause.TOO_SLOW, f"the answer comes too slowly, {self._size} bytes in {elapsed:.0f} s", was_sent=True
            )
        self._begun, self._size = self._monotonic(), 0
