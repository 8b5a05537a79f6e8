from datetime import UTC, datetime, timedelta

import pytest

from stalkeer.downloads.waiting import Reason
from stalkeer.jobs.accounts import AccountDesk, AccountState, Reply
from stalkeer.jobs.admitting import allowance, explain_waiting, read_accounts, read_gates
from stalkeer.store.accounts import connected
from stalkeer.store.statistics import Sample, add_samples
from tests.doubles.app import make_app
from tests.doubles.house import House

MONDAY_NOON = datetime(2026, 1, 12, 12, tzinfo=UTC)


@pytest.fixture
def house_with(tmp_path, database, clock):
    clock.now = MONDAY_NOON

    def make(**given):
        return House(make_app(tmp_path / "data", database, clock, given), provider=None, radarr=None)

    return make


def reason_of(house, download, clock):
    return explain_waiting(house.database, house.app.settings, clock())[download].reason


def test_a_used_up_quota_bars_until_its_period_ends(house_with, clock):
    house = house_with(**{"downloads.quotas": [{"period": "day", "size": 1000}]})
    download = house.download("Dune", None)
    with house.database.begin() as connection:
        add_samples(connection, [Sample(house.row(download).source_id, download, 1000, 1.0)], clock())

    assert reason_of(house, download, clock) is Reason.QUOTA
    clock.advance(86400)
    assert reason_of(house, download, clock) is Reason.NEXT


def test_a_quota_of_one_source_counts_only_its_own_volume(house_with, clock):
    house = house_with(**{"downloads.quotas": [{"period": "week", "size": 1000, "source": "main"}]})
    download, other = house.download("Dune", None), house.download("Alien", None, house.source("other"))
    with house.database.begin() as connection:
        add_samples(connection, [Sample(house.row(other).source_id, other, 5000, 1.0)], clock())

    with house.database.connect() as connection:
        assert not read_gates(connection, house.app.settings, clock()).bar(house.row(download).source_id)


def test_hours_bar_and_limit_in_local_time(house_with, clock):
    hours = [
        {"days": "mon", "start": "11:00", "end": "13:00", "pause": True},
        {"start": "00:00", "end": "00:00", "limit": "1MB"},
    ]
    house = house_with(**{"downloads.hours": hours})
    local_noon = clock().astimezone().replace(hour=12)

    assert allowance(house.app.settings, local_noon).is_paused
    assert allowance(house.app.settings, local_noon + timedelta(hours=3)).rate == 1_000_000


def test_an_expired_or_switched_off_source_is_named(house_with, clock):
    house = house_with()
    download = house.download("Dune", None)
    source = house.row(download).source_id

    house.change_source(source, account_expires_at=clock() - timedelta(days=1))
    assert reason_of(house, download, clock) is Reason.SOURCE
    house.change_source(source, account_expires_at=None, enabled=False)
    assert "switched off" in explain_waiting(house.database, house.app.settings, clock())[download].text


def test_a_connection_that_was_closed_just_now_still_counts(house_with, clock):
    house = house_with(**{"downloads.reconnect_gap": "5s"})
    download = house.download("Dune", None)
    house.change(download, connection_closed_at=clock())
    source = house.row(download).source_id

    with house.database.connect() as connection:
        assert read_accounts(connection, house.app.settings, clock())[source].closing == 1
        clock.advance(6)
        assert read_accounts(connection, house.app.settings, clock())[source].closing == 0


def desk_over(house, clock, *replies):
    answers = list(replies)
    asked = []

    def ask(source_id):
        asked.append(source_id)
        return answers.pop(0)

    return AccountDesk(house.database, ask, clock, clock.monotonic), asked


def test_an_account_is_asked_at_most_once_in_thirty_seconds(house_with, clock):
    house = house_with()
    source = house.source()
    desk, asked = desk_over(house, clock, Reply("active", 0, 1), Reply("active", 1, 1))

    assert [desk.check(source) for _ in range(3)] == [AccountState.FREE] * 3
    clock.advance(31)

    assert desk.check(source) is AccountState.IN_USE
    assert len(asked) == 2


def test_our_own_connections_are_no_viewers(house_with, clock):
    house = house_with()
    download = house.download("Dune", None)
    source = house.row(download).source_id
    house.change(download, state="downloading", claimed_at=clock() - timedelta(minutes=1))
    desk, _ = desk_over(house, clock, Reply("active", 1, 1), Reply("active", 1, 1))

    assert desk.check(source) is AccountState.FREE
    clock.advance(31)
    assert desk.check(source, closed=1) is AccountState.IN_USE, "ours was cut: the one in use is somebody else's"
    with house.database.connect() as connection:
        assert connected(connection, source, clock()) == 1


@pytest.mark.parametrize("status", ["expired", "banned", "disabled"])
def test_a_refused_account_is_told_apart(house_with, clock, status):
    house = house_with()
    source = house.source()
    desk, _ = desk_over(house, clock, Reply(status, None, None))

    assert desk.check(source) is AccountState.REFUSED
