"""Decide when an account may be asked about a single series or movie: rarely, with growing delays after failures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

FRESH_FOR = timedelta(days=7)  # a series with an unchanged listing is asked for again after this time
MINUTE = timedelta(minutes=1)
# delays by the number of failures in a row
BACK_OFF = (timedelta(hours=1), timedelta(hours=6), timedelta(days=1), timedelta(days=7))


@dataclass(frozen=True)
class LastQuestion:
    """Describe the last query about an item. `added` is the time of its last change by the account's list."""

    asked_at: datetime
    added: int | None = None
    failures: int = 0


def is_due(last: LastQuestion | None, added: int | None, now: datetime) -> bool:
    """Tell whether to ask about an item again, because its list reports a change or the last query is long ago."""
    if last is None or last.added != added:
        return True
    wait = BACK_OFF[min(last.failures, len(BACK_OFF)) - 1] if last.failures else FRESH_FOR
    return not last.asked_at <= now < last.asked_at + wait  # a clock that was set back must not stop the queries


def wait_before_next(asked: Sequence[datetime], now: datetime, per_minute: int) -> float:
    """Return the seconds to wait, so that no minute has more than `per_minute` queries.

    `asked` holds at least the times of the last minute's queries.
    """
    recent = sorted(moment for moment in asked if now - MINUTE < moment <= now)
    if len(recent) < per_minute:
        return 0.0
    return (recent[-per_minute] + MINUTE - now).total_seconds()
