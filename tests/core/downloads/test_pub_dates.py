"""Dates of releases: unique, in order, never in the future."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice

from stalkeer.core.downloads.pub_dates import AGE, new_dates

NOW = datetime(2026, 6, 20, 10, 0, 0, 123, tzinfo=UTC)


def test_the_first_dates_are_in_the_past_and_each_is_newer_than_the_one_before():
    dates = list(islice(new_dates(None, None, NOW, 3), 3))

    assert dates == sorted(set(dates))
    assert dates[-1] <= NOW - AGE
    assert all(date.microsecond == 0 for date in dates)


def test_a_later_release_is_newer_than_all_before_it():
    newest = NOW.replace(microsecond=0) - timedelta(minutes=2)

    assert next(new_dates(newest, newest, NOW, 1)) == newest + timedelta(seconds=1)


def test_dates_never_reach_the_future_and_never_repeat():
    second = NOW.replace(microsecond=0)
    newest, oldest = second - timedelta(seconds=3), second - timedelta(days=1)

    dates = list(islice(new_dates(newest, oldest, NOW, 10), 10))

    assert max(dates) < NOW
    assert len(set(dates)) == 10
    assert not any(oldest <= date <= newest for date in dates)
