"""How much is left in the day, week or month."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from stalkeer.core.downloads.quota import Period, Quota, period_start, quota_state

PARIS = ZoneInfo("Europe/Paris")
MOMENT = datetime(2026, 1, 29, 15, 30, tzinfo=PARIS)  # a Thursday


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        (Period.DAY, datetime(2026, 1, 29, tzinfo=PARIS), datetime(2026, 1, 30, tzinfo=PARIS)),
        (Period.WEEK, datetime(2026, 1, 26, tzinfo=PARIS), datetime(2026, 2, 2, tzinfo=PARIS)),
        (Period.MONTH, datetime(2026, 1, 1, tzinfo=PARIS), datetime(2026, 2, 1, tzinfo=PARIS)),
    ],
)
def test_a_quota_runs_over_its_period_of_local_time(period, start, end):
    state = quota_state(Quota(period, 1000), used=400, moment=MOMENT)

    assert period_start(period, MOMENT) == start
    assert (state.remaining, state.until, state.is_exhausted) == (600, end, False)


def test_a_quota_that_is_used_up_has_nothing_left():
    assert quota_state(Quota(Period.DAY, 1000), used=1500, moment=MOMENT).is_exhausted


def test_a_quota_of_nothing_is_refused():
    with pytest.raises(ValueError, match="must be positive"):
        Quota(Period.DAY, 0)
