"""Share bandwidth: calculate the pause after each read. `transfers.pace` adds the lock and the clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

CREDIT_S = 0.5  # a reader that wakes up this late loses nothing; after a longer idle time it starts without credit
QUANTUM = 64 * 1024  # largest read under a limit; smaller reads share more fairly
FREE_QUANTUM = 1024 * 1024


@dataclass
class Gcra:
    """Apply a limit of `rate` bytes/s, shared by all readers (generic cell rate algorithm).

    `due` is the time at which all bytes taken so far are paid for. The size of a read is not under our control, so a
    reader takes bytes after the read and pays by a pause.
    """

    rate: float
    due: float

    def __post_init__(self) -> None:
        if self.rate <= 0:
            raise ValueError(f"a bandwidth limit must be positive: {self.rate}")

    def take(self, size: int, now: float) -> float:
        """Account for `size` bytes read at `now`. Return the seconds to pause."""
        begun = self.due if now - self.due <= CREDIT_S else now
        self.due = begun + size / self.rate
        return max(0.0, self.due - now)


def take_all(limits: Sequence[Gcra], size: int, now: float) -> float:
    """Take from every limit that applies (global, source, download). Return the longest pause."""
    return max((limit.take(size, now) for limit in limits), default=0.0)


def quantum_for(limits: Sequence[Gcra]) -> int:
    """Return the bytes per read: a twentieth of a second at the tightest limit, within bounds."""
    if not limits:
        return FREE_QUANTUM
    tightest = min(limit.rate for limit in limits)
    return int(min(QUANTUM, max(2048.0, tightest / 20)))


class Weekday(StrEnum):
    MONDAY = "mon"
    TUESDAY = "tue"
    WEDNESDAY = "wed"
    THURSDAY = "thu"
    FRIDAY = "fri"
    SATURDAY = "sat"
    SUNDAY = "sun"


WEEK = tuple(Weekday)


@dataclass(frozen=True)
class Window:
    """Describe a time window on `days` from `start` until `end`, local time. An end at or before the start is on the
    next day.

    `rate` is in bytes/s: 0 pauses everything, None removes the limit.
    """

    days: frozenset[Weekday]
    start: time
    end: time
    rate: float | None

    def covers(self, moment: datetime) -> bool:
        """Tell whether the window covers `moment`, in local time. A window over midnight belongs to its first day."""
        clock = moment.time()
        today, yesterday = WEEK[moment.weekday()], WEEK[moment.weekday() - 1]
        if self.start < self.end:
            return today in self.days and self.start <= clock < self.end
        return (today in self.days and clock >= self.start) or (yesterday in self.days and clock < self.end)


@dataclass(frozen=True)
class Allowance:
    """Hold the present limit of the schedule: `rate` in bytes/s, None for no limit, 0 for a pause."""

    rate: float | None
    until: datetime | None = None  # end of a pause, to the minute; None if it does not end within a week

    @property
    def is_paused(self) -> bool:
        return self.rate == 0


def allowance_at(moment: datetime, windows: Sequence[Window], normal: float | None) -> Allowance:
    """Return the limit at `moment` (local time): of the first window over it, or `normal` (None: unlimited)."""
    rate = _rate_at(moment, windows, normal)
    return Allowance(rate, _end_of_pause(moment, windows, normal) if rate == 0 else None)


def _rate_at(moment: datetime, windows: Sequence[Window], normal: float | None) -> float | None:
    for window in windows:
        if window.covers(moment):
            return window.rate
    return normal or None


def _end_of_pause(moment: datetime, windows: Sequence[Window], normal: float | None) -> datetime | None:
    """Return the end of a pause. Limits change only at window edges, so check the edges of one week."""
    edges = {clock for window in windows for clock in (window.start, window.end)} | {time(0)}
    candidates = sorted(
        edge
        for ahead in range(9)
        for clock in edges
        if (edge := datetime.combine(moment.date() + timedelta(days=ahead), clock, moment.tzinfo)) > moment
    )
    return next((edge for edge in candidates if _rate_at(edge, windows, normal) != 0), None)
