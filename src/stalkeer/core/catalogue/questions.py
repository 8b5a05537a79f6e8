"""Decide when an account may be asked about a single series or movie: seldom, and seldom again about what failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

FRESH_FOR = timedelta(days=7)  # a series whose listing did not change is asked again after so long
MINUTE = timedelta(minutes=1)
BACK_OFF = (timedelta(hours=1), timedelta(hours=6), timedelta(days=1), timedelta(days=7))  # by failures in a row


@dataclass(frozen=True)
class LastQuestion:
    """The last question about an item. `added` is when the account's list said the item had changed."""

    asked_at: datetime
    added: int | None = None
    failures: int = 0


def is_due(last: LastQuestion | None, added: int | None, now: datetime) -> bool:
    """Tell whether to ask about an item again: its list says that it changed, or the last question is long past."""
    if last is None or last.added != added:
        return True
    wait = BACK_OFF[min(last.failures, len(BACK_OFF)) - 1] if last.failures else FRESH_FOR
    return not last.asked_at <= now < last.asked_at + wait  # a clock that was set back must not stop questions


def wait_before_next(asked: Sequence[datetime], now: datetime, per_minute: int) -> float:
    """Return the seconds to wait, so that no minute has more than `per_minute` questions.

    `asked` holds the times of the questions of the last minute at least.
    """
    recent = sorted(moment for moment in asked if now - MINUTE < moment <= now)
    if len(recent) < per_minute:
        return 0.0
    return (recent[-per_minute] + MINUTE - now).total_seconds()
