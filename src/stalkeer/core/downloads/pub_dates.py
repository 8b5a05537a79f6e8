"""Dates of offered releases: unique to the second, fixed, a little in the past, newer for what was offered later.

Both programs recognise a blocklisted release by its title and this date, and walk the feed until they meet a date that
they have seen. A date of today, newly made for each answer, would let them grab a failed release for ever.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

AGE = timedelta(hours=1)  # a user's minimum age of some minutes is passed at once
_SECOND = timedelta(seconds=1)


def new_dates(newest: datetime | None, oldest: datetime | None, now: datetime, expected: int) -> Iterator[datetime]:
    """Yield dates for new releases, each newer than the one before, from about `now - AGE - expected` seconds on.

    When the dates up to `now` are used up, the rest is older than everything: a date in the future would be rejected.
    """
    now = now.replace(microsecond=0)
    date = now - AGE - expected * _SECOND
    if newest is not None:
        date = max(date, newest + _SECOND)
    first = date
    while date < now:
        yield date
        date += _SECOND
    date = min(first, oldest or first) - _SECOND
    while True:
        yield date
        date -= _SECOND
