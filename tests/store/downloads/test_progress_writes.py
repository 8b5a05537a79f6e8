"""The progress of all transfers is written together, and those that are not ours any more are told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import event

from stalkeer.store.downloads.claims import Progress, write_progress
from stalkeer.store.downloads.run_writes import Ownership
from tests.doubles.app import make_app
from tests.doubles.house import House, now


@pytest.fixture
def house(tmp_path, any_database):
    return House(make_app(tmp_path / "data", any_database, now, {}), provider=None, radarr=None)


def running(house, count):
    """Begin downloads of one worker, and return how far each of them is."""
    ids = [house.download(f"Movie {number}", None) for number in range(count)]
    for download in ids:
        house.change(download, state="downloading", run=3, worker="me", admitted_at=now(), failures=2)
    owners = [Ownership(download, 3, "me") for download in ids]
    return [Progress(owner, 700, 500, 9000, {"etag": '"a"'}, 12.5, 100, {"asks_whole": True}, None) for owner in owners]


def statements(house, updates):
    seen = []
    engine = house.database.engine
    with house.database.begin() as connection:
        event.listen(engine, "before_cursor_execute", lambda *given: seen.append(given[2]), named=False)
        write_progress(connection, updates, now())
    return len(seen)


def test_many_transfers_need_no_more_statements_than_a_few(house):
    updates = running(house, 30)
    mixed = [replace(one, high_water=500) for one in updates[:15]] + updates[15:]

    assert statements(house, mixed) == 3


def test_all_that_is_known_of_each_transfer_is_written(house):
    first, second = running(house, 2)

    with house.database.begin() as connection:
        assert write_progress(connection, [first, replace(second, high_water=450, fetched=7)], now()) == []

    rows = [house.row(one.owner.download_id) for one in (first, second)]
    assert [(row.queue.failures, row.transfer.high_water) for row in rows] == [(2, 0), (0, 450)]
    assert [row.transfer.bytes_fetched for row in rows] == [100, 7]
    assert {(row.transfer.offset, row.transfer.durable_offset, row.transfer.total) for row in rows} == {
        (700, 500, 9000)
    }
    assert all(row.transfer.learned == {"asks_whole": True} for row in rows)
    assert all(row.transfer.validators == {"etag": '"a"'} for row in rows)


@pytest.mark.parametrize("change", [{"run": 4}, {"worker": "other"}, {"worker": None}])
def test_a_transfer_that_is_not_ours_any_more_is_told_and_left_alone(house, change):
    mine, lost = running(house, 2)
    house.change(lost.owner.download_id, **change)

    with house.database.begin() as connection:
        assert write_progress(connection, [mine, lost], now()) == [lost.owner]

    assert house.row(lost.owner.download_id).transfer.offset == 0
