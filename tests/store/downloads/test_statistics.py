from datetime import timedelta

import pytest
from sqlalchemy import update

from stalkeer.store.db.tables import downloads
from stalkeer.store.downloads.statistics import RateSample, add_samples, fetched_since, rates, scorecards, totals
from tests.doubles.house import House, now


@pytest.fixture
def house(app):
    return House(app, provider=None, radarr=None)


def settle(house, download, **values):
    with house.database.begin() as connection:
        connection.execute(update(downloads).where(downloads.c.id == download).values(**values))


def sample(house, download, size, at, seconds=10.0):
    with house.database.begin() as connection:
        row = house.row(download)
        add_samples(connection, [RateSample(row.identity.source_id, download, size, seconds)], at)


def test_success_and_resume_rates_are_shares(house):
    done, failed, running = (house.download(name, None) for name in ("A", "B", "C"))
    settle(house, done, state="completed", interruptions=3, resumes=3, bytes_resumed=500)
    settle(house, failed, state="failed", interruptions=1, resumes=0)

    with house.database.connect() as connection:
        sums = totals(connection)

    assert (sums.success_rate, sums.resume_rate, sums.bytes_resumed) == (0.5, 0.75, 500)
    assert house.state(running) == "queued"


def test_where_nothing_has_ended_there_is_no_rate(house):
    with house.database.connect() as connection:
        assert totals(connection).success_rate is None


def test_volume_counts_from_a_moment_on(house):
    download = house.download("A", None)
    sample(house, download, 100, now() - timedelta(hours=30))
    sample(house, download, 7, now() - timedelta(hours=1))

    with house.database.connect() as connection:
        assert fetched_since(connection, now() - timedelta(days=1)) == 7


def test_rates_are_means_over_equal_steps(house):
    download, end = house.download("A", None), now()
    sample(house, download, 600, end - timedelta(seconds=90))
    sample(house, download, 300, end - timedelta(seconds=5))

    with house.database.connect() as connection:
        points = rates(connection, end - timedelta(seconds=120), end, points=2)

    assert [point.rate for point in points] == [10.0, 5.0]


def test_each_source_has_a_scorecard_with_its_median_speed_by_hour(house):
    download = house.download("A", None)
    settle(house, download, state="completed")
    at = now().replace(hour=20, minute=0) - timedelta(days=1)
    for size in (100, 200, 900):
        sample(house, download, size, at)

    with house.database.connect() as connection:
        (card,) = scorecards(connection, at - timedelta(days=2))

    assert (card.slug, card.success_rate, card.speed_by_hour) == ("main", 1.0, {20: 20.0})


def test_a_scorecard_of_some_days_leaves_out_what_ended_before(house):
    settle(house, house.download("A", None), state="failed", updated_at=now() - timedelta(days=40))
    settle(house, house.download("B", None), state="completed")

    with house.database.connect() as connection:
        (card,) = scorecards(connection, now() - timedelta(days=30))

    assert (card.completed, card.failed) == (1, 0)
