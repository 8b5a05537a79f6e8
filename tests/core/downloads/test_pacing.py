"""Bandwidth: what limits allow, how they are shared, and what the week's schedule says."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from stalkeer.core.downloads.pacing import (
    FREE_QUANTUM,
    WEEK,
    Gcra,
    Weekday,
    Window,
    allowance_at,
    quantum_for,
    take_all,
)

MB = 1_000_000
PARIS = ZoneInfo("Europe/Paris")


def test_bytes_are_paid_for_by_a_pause():
    limit = Gcra(rate=10 * MB, due=100.0)

    assert limit.take(5 * MB, now=100.0) == pytest.approx(0.5)
    assert limit.take(5 * MB, now=100.0) == pytest.approx(1.0)


def test_idle_time_gives_no_credit():
    limit = Gcra(rate=10 * MB, due=0.0)

    assert limit.take(10 * MB, now=3600.0) == pytest.approx(1.0)


def test_a_late_wake_up_loses_nothing():
    limit = Gcra(rate=10 * MB, due=100.0)

    assert limit.take(10 * MB, now=100.4) == pytest.approx(0.6)


@pytest.mark.parametrize("downloads", [1, 3, 10])
@pytest.mark.parametrize("late_s", [0.0, 0.003])
def test_downloads_share_the_limit_evenly_and_exactly_even_if_they_wake_up_late(downloads, late_s):
    limit = Gcra(rate=10 * MB, due=0.0)
    wake = [0.0] * downloads
    received = [0] * downloads

    while (turn := min(wake)) < 30:
        index = wake.index(turn)
        received[index] += 65_536
        wake[index] = turn + limit.take(65_536, turn) + late_s

    assert sum(received) == pytest.approx(30 * 10 * MB, rel=0.02)
    assert min(received) / max(received) >= 0.9


def test_the_tightest_of_several_limits_decides():
    whole, source, own = Gcra(10 * MB, 0.0), Gcra(5 * MB, 0.0), Gcra(1 * MB, 0.0)

    assert take_all([whole, source, own], MB, now=0.0) == pytest.approx(1.0)
    assert whole.due == pytest.approx(0.1)


def test_without_a_limit_there_is_no_pause():
    assert take_all([], 100 * MB, now=0.0) == 0.0
    assert quantum_for([]) == FREE_QUANTUM


@pytest.mark.parametrize(("rate", "quantum"), [(100 * MB, 65_536), (MB, 50_000), (10_000, 2048)])
def test_slow_limits_read_in_small_pieces(rate, quantum):
    assert quantum_for([Gcra(rate, 0.0), Gcra(1000 * MB, 0.0)]) == quantum


def test_a_limit_of_nothing_is_refused():
    with pytest.raises(ValueError, match="must be positive"):
        Gcra(rate=0, due=0.0)


EVENING = Window(frozenset({Weekday.FRIDAY, Weekday.SATURDAY}), time(19), time(1), rate=0)
WORK = Window(frozenset(WEEK[:5]), time(9), time(17, 30), rate=2 * MB)
NIGHT = Window(frozenset(WEEK), time(2), time(6), rate=None)
SCHEDULE = (EVENING, WORK, NIGHT)


@pytest.mark.parametrize(
    ("moment", "rate"),
    [
        ("2026-01-16 08:59", 8 * MB),  # a Friday
        ("2026-01-16 09:00", 2 * MB),
        ("2026-01-16 17:30", 8 * MB),
        ("2026-01-16 19:00", 0),
        ("2026-01-17 00:59", 0),  # still Friday's evening
        ("2026-01-17 01:00", 8 * MB),
        ("2026-01-18 00:30", 0),
        ("2026-01-18 19:30", 8 * MB),  # a Sunday
        ("2026-01-18 03:00", None),
    ],
)
def test_the_first_window_that_covers_the_local_time_decides(moment, rate):
    local = datetime.fromisoformat(moment).replace(tzinfo=PARIS)

    assert allowance_at(local, SCHEDULE, normal=8 * MB).rate == rate


def test_a_pause_tells_when_it_ends():
    local = datetime(2026, 1, 16, 20, 15, tzinfo=PARIS)

    allowed = allowance_at(local, SCHEDULE, normal=8 * MB)

    assert allowed.is_paused and allowed.until == datetime(2026, 1, 17, 1, 0, tzinfo=PARIS)


def test_a_window_of_the_whole_day_has_the_same_start_and_end():
    always = Window(frozenset(WEEK), time(0), time(0), rate=0)
    local = datetime(2026, 1, 16, 20, 15, tzinfo=PARIS)

    assert allowance_at(local, [always], normal=None) == allowance_at(local + timedelta(hours=9), [always], normal=None)
    assert allowance_at(local, [always], normal=None).until is None


def test_a_normal_limit_of_nought_is_no_limit():
    assert allowance_at(datetime(2026, 1, 16, tzinfo=PARIS), (), normal=0).rate is None
