"""Limit the requests to an instance, and stop them while it is down. All clients of the instance share a gate."""

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
class RequestGate:
    """Space requests, and refuse them at once while the instance is known to be down.

    Up to `burst` requests may follow each other without a pause, as the steps of an import do. In the long run there is
    one request per `interval_s`. After `FAILURES_TO_OPEN` failures in a row the gate shuts for a pause. The pause
    doubles each time the next request fails too. After the pause a request passes as a probe. An answer of any status
    counts as success.
    """

    name: str
    interval_s: float = 0.05
    burst: int = 10
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    calls: int = 0
    failures: int = 0
    _due: float = 0.0  # start time of the next request if bursts were not allowed
    _open_until: float = 0.0
    _reason: str = ""
    _pause_s: float = FIRST_PAUSE_S
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def enter(self) -> None:
        """Wait until this request may start, and count it. Raises ArrUnreachable while the gate is shut."""
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
        """Delay the next request by `seconds` from now, because the last one was costly for the instance."""
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
        """Record a request that got no answer after all retries; `reason` is in words."""
        with self._lock:
            self.failures += 1
            self._reason = reason
            if self.failures < FAILURES_TO_OPEN:
                return
            self._open_until = self.monotonic() + self._pause_s
            self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)

    @property
    def is_open(self) -> bool:
        """Tell whether requests may pass."""
        return self.monotonic() >= self._open_until

    def take_calls(self) -> int:
        """Return the number of requests since the last call, and reset it."""
        with self._lock:
            calls, self.calls = self.calls, 0
        return calls
