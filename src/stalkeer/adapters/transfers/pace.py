"""Share the bandwidth among all running transfers: global, per source and per download, changeable while they run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from stalkeer.core.downloads.pacing import Gcra, quantum_for, take_all

Monotonic = Callable[[], float]


class Bandwidth:
    """Hold the limits.

    `pace` returns the pace of a transfer; `limit` changes a limit at any time. Limits have names: GLOBAL, and the
    caller's names for sources and downloads.
    """

    GLOBAL = "global"

    def __init__(self, monotonic: Monotonic = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._limits: dict[str, Gcra] = {}

    def limit(self, name: str, rate: float | None) -> None:
        """Set the limit `name` to `rate` bytes/s; None or 0 removes it."""
        with self._lock:
            known = self._limits.get(name)
            if not rate:
                self._limits.pop(name, None)
            elif known is None:
                self._limits[name] = Gcra(rate, self._monotonic())
            elif known.rate != rate:
                known.rate = rate
                known.due = min(known.due, self._monotonic() + 1.0)

    def has_limit_below(self, rate: float) -> bool:
        """Return True where any limit is below `rate` bytes/s."""
        with self._lock:
            return any(limit.rate < rate for limit in self._limits.values())

    def pace(self, *names: str) -> SharedPace:
        """Return the pace of a transfer, under the global limit and the limits called `names`."""
        return SharedPace(self, (self.GLOBAL, *names))

    def quantum(self, names: tuple[str, ...]) -> int:
        with self._lock:
            return quantum_for(self._applying(names))

    def take(self, names: tuple[str, ...], size: int) -> float:
        with self._lock:
            return take_all(self._applying(names), size, self._monotonic())

    def _applying(self, names: tuple[str, ...]) -> list[Gcra]:
        return [self._limits[name] for name in names if name in self._limits]


@dataclass(frozen=True)
class SharedPace:
    """Take a transfer's share of the bandwidth. Several threads may share an instance."""

    bandwidth: Bandwidth
    names: tuple[str, ...]

    @property
    def quantum(self) -> int:
        return self.bandwidth.quantum(self.names)

    def take(self, size: int) -> float:
        return self.bandwidth.take(self.names, size)
