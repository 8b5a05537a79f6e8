"""Limit the bytes per day, week or month, and calculate when the next period starts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Period(StrEnum):
    DAY = "day"
    WEEK = "week"  # from Monday
    MONTH = "month"


@dataclass(frozen=True)
class Quota:
    period: Period
    size: int  # bytes

    def __post_init__(self) -> None:
        if self.size <= 0:
            raise ValueError(f"a quota must be positive: {self.size}")


@dataclass(frozen=True)
class QuotaState:
    """Hold the `remaining` bytes of the current period, which ends at `until`."""

    remaining: int
    until: datetime

    @property
    def is_exhausted(self) -> bool:
        return self.remaining <= 0


def period_start(period: Period, moment: datetime) -> datetime:
    """Return the start of the period that contains `moment` (local time)."""
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if period is Period.DAY:
        return midnight
    if period is Period.WEEK:
        return midnight - timedelta(days=midnight.weekday())
    return midnight.replace(day=1)


def period_end(period: Period, moment: datetime) -> datetime:
    start = period_start(period, moment)
    if period is Period.DAY:
        return start + timedelta(days=1)
    if period is Period.WEEK:
        return start + timedelta(days=7)
    return (start + timedelta(days=32)).replace(day=1)


def quota_state(quota: Quota, used: int, moment: datetime) -> QuotaState:
    """Return the state of a quota after `used` bytes since `period_start`. `moment` is local time."""
    return QuotaState(max(0, quota.size - used), period_end(quota.period, moment))
