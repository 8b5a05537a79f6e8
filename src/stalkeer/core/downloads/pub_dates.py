"""Choose the dates of offered releases: fixed, unique to the second, a little in the past, and newer for later offers.

Both programs recognise a blocklisted release by its title and date, and read the feed until they meet a known date.
With a new date in each answer, they would grab a failed release again and again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

AGE = timedelta(hours=1)  # old enough for a minimum age of some minutes in the user's delay profile
_SECOND = timedelta(seconds=1)


def new_dates(newest: datetime | None, oldest: datetime | None, now: datetime, expected: int) -> Iterator[datetime]:
    """Yield dates for new releases, each newer than the one before, from about `now - AGE - expected` seconds on.

    When the dates up to `now` are used up, the rest gets older dates than all others, because a date in the future
    would be rejected.
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
