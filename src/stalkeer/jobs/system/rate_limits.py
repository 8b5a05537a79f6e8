"""Limit requests per minute for each name in a realm, and the number of costly steps that run at the same time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Semaphore

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from stalkeer.errors import StalkeerError

RETRY_S = 5  # wait for a caller that finds the queue full


class TooManyRequests(StalkeerError):
    """Report too many requests. `retry_after_s` is the time until the next one is accepted."""

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


@dataclass(frozen=True)
class RateAllowance:
    """Hold the rest of a limit: the values of the RateLimit headers."""

    is_allowed: bool
    limit: int
    remaining: int
    reset_s: int

    def headers(self) -> dict[str, str]:
        found = {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset_s),
        }
        return found if self.is_allowed else {**found, "Retry-After": str(max(1, self.reset_s))}


class RateLimits:
    """Count requests in memory. A restart clears the counts, and each process has its own."""

    def __init__(self) -> None:
        self._window = MovingWindowRateLimiter(MemoryStorage())

    def spend(self, realm: str, name: str, limit: int, now: float) -> RateAllowance:
        """Count one request of `name`; 0 is unlimited. `now` is Unix seconds."""
        if limit <= 0:
            return RateAllowance(is_allowed=True, limit=0, remaining=0, reset_s=0)
        item = RateLimitItemPerMinute(limit, namespace=realm)
        is_allowed = self._window.hit(item, name)
        stats = self._window.get_window_stats(item, name)
        return RateAllowance(is_allowed, limit, max(0, stats.remaining), max(0, round(stats.reset_time - now)))


class Turnstile:
    """Let `inside` threads run a costly step at the same time, and `waiting` more threads wait. Refuse all others."""

    def __init__(self, what: str, *, inside: int, waiting: int) -> None:
        self._what = what
        self._inside, self._admitted = Semaphore(inside), Semaphore(inside + waiting)

    @contextmanager
    def enter(self) -> Iterator[None]:
        """Wait for a free place and hold it. Raise TooManyRequests at once where too many threads wait already."""
        if not self._admitted.acquire(blocking=False):
            raise TooManyRequests(f"Too many {self._what} at once; try again in a few seconds", RETRY_S)
        try:
            with self._inside:
                yield
        finally:
            self._admitted.release()
