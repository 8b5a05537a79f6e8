"""A clock that moves only when told to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


@dataclass
class FakeClock:
    """Aware UTC time on call, seconds by `monotonic`; `sleep` only moves the time on and notes how long."""

    now: datetime = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
    slept: list[float] = field(default_factory=list)
    _monotonic: float = 1000.0

    def __call__(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self._monotonic += seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)
