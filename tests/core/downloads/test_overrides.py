"""A pause and a speed limit for now, over the settings."""

from datetime import UTC, datetime, timedelta

import pytest

from stalkeer.core.downloads.overrides import Overrides, QueuePause, SpeedLimit
from stalkeer.core.downloads.pacing import Allowance

NOW = datetime(2026, 1, 12, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("until", "later", "holds"),
    [(None, timedelta(days=400), True), (NOW + HOUR, HOUR / 2, True), (NOW + HOUR, HOUR, False)],
)
def test_a_pause_and_a_limit_end_by_themselves_where_they_have_an_end(until, later, holds):
    given = Overrides(QueuePause(NOW, until), SpeedLimit(1000, NOW, until))

    found = given.at(NOW + later)

    assert (found.pause is not None, found.speed is not None) == (holds, holds)


@pytest.mark.parametrize(
    ("planned", "rate", "applied"),
    [(5000.0, 1000, 1000), (None, 1000, 1000), (5000.0, 0, None), (0, 1000, 0)],
)
def test_a_speed_for_now_goes_before_the_usual_one_but_does_not_end_the_pause_of_the_hours(planned, rate, applied):
    assert Overrides(speed=SpeedLimit(rate, NOW)).apply(Allowance(planned)).rate == applied
