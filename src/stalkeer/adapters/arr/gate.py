"""Between us and one instance: how often we may ask, and whether asking makes sense now. Shared by all its clients."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from stalkeer.errors import ArrUnreachable

FAILURES_TO_OPEN = 3
FIRST_PAUSE_S = 15.0
LONGEST_PAUSE_S = 300.0


@dataclass
class Gate:
    """Spaces requests and refuses them at once while the instance is known to be down.

    `burst` requests may follow each other at once, as the steps of an import do; in the long run there is one in
    `interval_s`.
    After `FAILURES_TO_OPEN` failures in a row it stays shut for a pause that doubles each time it is found shut
    again; then one request is let through as a probe. A refusal is no failure: an answer of any status proves life.
    """

    name: str
    interval_s: float = 0.05
    burst: int = 10
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    calls: int = 0
    failures: int = 0
    _due: float = 0.0  # when the next request would start without a burst
    _open_until: float = 0.0
    _reason: str = ""
    _pause_s: float = FIRST_PAUSE_S
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def enter(self) -> None:
        """Wait for this request's turn; count it. Raises ArrUnreachable while the gate is shut."""
        with self._lock:
            now = self.monotonic()
            if now < self._open_until:
                raise ArrUnreachable(
                    f"{self.name} did not answer {self.failures} times in a row ({self._reason}); it is asked again "
                    f"in {self._open_until - now:.0f} s. Check that it runs and that its address is right."
                )
            wait = max(0.0, self._due - self._ahead_s - now)
            self._due = max(self._due, now) + self.interval_s
            self.calls += 1
        if wait > 0:
            self.sleep(wait)

    def rest(self, seconds: float) -> None:
        """Let the next request wait this long from now: after one that was costly for the instance."""
        with self._lock:
            self._due = max(self._due, self.monotonic() + seconds + self._ahead_s)

    @property
    def _ahead_s(self) -> float:
        return (self.burst - 1) * self.interval_s

    def succeeded(self) -> None:
        with self._lock:
            self.failures = 0
            self._pause_s = FIRST_PAUSE_S
            self._open_until = 0.0

    def failed(self, reason: str) -> None:
        """A request that got no answer in spite of its retries; `reason` in words."""
        with self._lock:
            self.failures += 1
            self._reason = reason
            if self.failures < FAILURES_TO_OPEN:
                return
            self._open_until = self.monotonic() + self._pause_s
            self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)

    @property
    def is_open(self) -> bool:
        """True when requests may pass."""
        return self.monotonic() >= self._open_until

    def take_calls(self) -> int:
        """The requests since the last time this was asked."""
        with self._lock:
            calls, self.calls = self.calls, 0
        return calls
