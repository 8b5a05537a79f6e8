"""Sizes, durations and cron lines as people write them."""

from __future__ import annotations

from datetime import UTC, time
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalkeer.settings.units import parse_cron, parse_duration, parse_size, parse_time_of_day, show_duration, show_size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("10MB", 10_000_000),
        ("10MiB", 10_485_760),
        ("1.5 GB", 1_500_000_000),
        ("500k", 500_000),
        ("0", 0),
        (42, 42),
        ("10MB/s", 10**7),
    ],
)
def test_sizes(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text", ["fast", "10 parsecs", "-1", -1, "", True, None, 1.5, [], "1MBMB", 10**300, "9" * 400 + "TB"]
)
def test_what_is_no_size_is_refused(text):
    with pytest.raises(ValueError, match="accepted"):
        parse_size(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("60s", 60),
        ("30m", 1800),
        ("1h30m", 5400),
        ("7d", 604800),
        ("500ms", 0.5),
        ("90", 90),
        (1.5, 1.5),
        ("0", 0),
        ("1h 5s", 3605),
    ],
)
def test_durations(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["soon", "5 parsecs", "-1s", "s", "", True, None, "1h!", "9" * 400, 1e300, inf, "101w" * 99]
)
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match="accepted"):
        parse_duration(text)


@given(st.integers(min_value=0, max_value=10**15))
def test_a_shown_size_reads_back(size):
    assert parse_size(show_size(size)) == size


@given(st.integers(min_value=0, max_value=10**9))
def test_a_shown_duration_reads_back(seconds):
    assert parse_duration(show_duration(float(seconds))) == seconds


@pytest.mark.parametrize(
    ("text", "cron"), [("0 */6 * * *", "0 */6 * * *"), ("off", ""), ("", ""), (None, ""), (False, "")]
)
def test_cron_lines(text, cron):
    assert parse_cron(text) == cron


@pytest.mark.parametrize("text", ["hourly", "* * * *", "61 * * * *", "* * * * * *", 5, True])
def test_what_is_no_cron_line_is_refused(text):
    with pytest.raises(ValueError, match="accepted"):
        parse_cron(text)


@pytest.mark.parametrize("text", ["07:00", "23:59", "00:00:30", time(7)])
def test_times_of_day(text):
    assert parse_time_of_day(text) == text


@pytest.mark.parametrize(
    "text", ["24:00", "7", "7:60", "07:00Z", "07:00+02:00", 0, 25200, 3.5, True, time(7, tzinfo=UTC)]
)
def test_a_time_of_another_zone_or_a_number_is_no_time_of_day(text):
    with pytest.raises(ValueError, match="accepted"):
        parse_time_of_day(text)
