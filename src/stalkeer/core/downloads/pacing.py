"""Share bandwidth: how long to pause after what was read. Arithmetic only; `transfers.pace` adds lock and clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

CREDIT_S = 0.5  # wake-ups may come so late without loss; whoever was idle for longer starts without credit
QUANTUM = 64 * 1024  # read at most so much at a time under a limit: the smaller, the fairer the shares
FREE_QUANTUM = 1024 * 1024


@dataclass
class Gcra:
    """A limit of `rate` bytes/s shared by whoever asks (generic cell rate algorithm).

    `due` is when everything taken so far will have been paid for. Sockets give bytes in sizes nobody controls, so
    bytes are taken after they were read and paid for by a pause.
    """

    rate: float
    due: float

    def __post_init__(self) -> None:
        if self.rate <= 0:
            raise ValueError(f"a bandwidth limit must be positive: {self.rate}")

    def take(self, size: int, now: float) -> float:
        """Account for `size` bytes read at `now`; the seconds to pause."""
        begun = self.due if now - self.due <= CREDIT_S else now
        self.due = begun + size / self.rate
        return max(0.0, self.due - now)


def take_all(limits: Sequence[Gcra], size: int, now: float) -> float:
    """Take from every limit that applies (global, source, download): the longest pause satisfies them all."""
    return max((limit.take(size, now) for limit in limits), default=0.0)


def quantum_for(limits: Sequence[Gcra]) -> int:
    """How much to read at a time: a twentieth of a second of the tightest limit, within sane bounds."""
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
    """On `days` from `start` until `end`, local time; an end at or before the start is on the next day.

    `rate` bytes/s; 0 pauses everything; None lifts the limit.
    """

    days: frozenset[Weekday]
    start: time
    end: time
    rate: float | None

    def covers(self, moment: datetime) -> bool:
        """`moment` is local time. A window over midnight belongs to the day it starts on."""
        clock = moment.time()
        today, yesterday = WEEK[moment.weekday()], WEEK[moment.weekday() - 1]
        if self.start < self.end:
            return today in self.days and self.start <= clock < self.end
        return (today in self.days and clock >= self.start) or (yesterday in self.days and clock < self.end)


@dataclass(frozen=True)
class Allowance:
    """What the schedule allows now: `rate` bytes/s, None for no limit, 0 for nothing at all."""

    rate: float | None
    until: datetime | None = None  # when a pause ends, to the minute; None where none does within a week

    @property
    def is_paused(self) -> bool:
        return self.rate == 0


def allowance_at(moment: datetime, windows: Sequence[Window], normal: float | None) -> Allowance:
    """The first window that covers `moment` (local time) decides; else the normal limit (None: unlimited)."""
    rate = _rate_at(moment, windows, normal)
    return Allowance(rate, _end_of_pause(moment, windows, normal) if rate == 0 else None)


def _rate_at(moment: datetime, windows: Sequence[Window], normal: float | None) -> float | None:
    for window in windows:
        if window.covers(moment):
            return window.rate
    return normal or None


def _end_of_pause(moment: datetime, windows: Sequence[Window], normal: float | None) -> datetime | None:
    """Windows begin and end at known times: only those, over a week, need a look."""
    edges = {clock for window in windows for clock in (window.start, window.end)} | {time(0)}
    candidates = sorted(
        edge
        for ahead in range(9)
        for clock in edges
        if (edge := datetime.combine(moment.date() + timedelta(days=ahead), clock, moment.tzinfo)) > moment
    )
    return next((edge for edge in candidates if _rate_at(edge, windows, normal) != 0), None)
