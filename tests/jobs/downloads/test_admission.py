import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier, Event

import pytest

from stalkeer.core.downloads.waiting import Reason
from stalkeer.errors import InvalidInput
from stalkeer.jobs.downloads.actions import Verb, act_on, pause_queue, resume_queue
from stalkeer.jobs.downloads.admission import (
    CANDIDATES_PER_SOURCE,
    allowance,
    explain_waiting,
    read_accounts,
    read_gates,
)
from stalkeer.jobs.sources.account_status import AccountMonitor, AccountReply, AccountState
from stalkeer.model import AccountStatus
from stalkeer.settings.folders import make_own_folders
from stalkeer.store.downloads.admission import admit, source_limits
from stalkeer.store.downloads.claims import claim
from stalkeer.store.downloads.run_writes import Ownership, Replacement, RunProblem, change_variant
from stalkeer.store.downloads.statistics import RateSample, add_samples
from stalkeer.store.sources.accounts import connected, last_answer
from tests.doubles.app import make_app
from tests.doubles.house import House, now, open_house

MONDAY_NOON = datetime(2026, 1, 12, 12, tzinfo=UTC)


@pytest.fixture
def house_with(tmp_path, database, clock):
    clock.now = MONDAY_NOON

    def make(**given):
        app = make_app(tmp_path / "data", database, clock, given)
        make_own_folders(app.live.loaded)
        return House(app, provider=None, radarr=None)

    return make


def reason_of(house, download, clock):
    return explain_waiting(house.database, house.app.settings, clock())[download].reason


def test_what_is_shown_of_a_queue_waits_for_the_same_as_in_the_whole_queue(house_with, clock):
    house = house_with(**{"downloads.concurrent_limit": 2})
    rest = house.source("rest")
    queue = [house.download(f"Film {number}", None, *([rest] if number % 3 == 0 else [])) for number in range(9)]
    house.change(queue[7], priority=100)
    house.change(queue[8], state="paused")
    whole = explain_waiting(house.database, house.app.settings, clock())

    for download in queue[:8]:
        shown = explain_waiting(house.database, house.app.settings, clock(), [download, queue[8]])
        assert shown == {download: whole[download]}
    assert explain_waiting(house.database, house.app.settings, clock(), [queue[8]]) == {}


def test_a_download_deep_in_the_queue_is_explained_without_all_those_before_it(house_with, clock):
    house = house_with(**{"downloads.concurrent_limit": 2})
    queue = [house.download(f"Film {number}", None) for number in range(CANDIDATES_PER_SOURCE + 5)]
    whole = explain_waiting(house.database, house.app.settings, clock())

    shown = explain_waiting(house.database, house.app.settings, clock(), queue[-3:])

    assert shown == {download: whole[download] for download in queue[-3:]}
    assert {waiting.reason for waiting in shown.values()} == {Reason.ACCOUNT}


def test_a_used_up_quota_bars_until_its_period_ends(house_with, clock):
    house = house_with(**{"downloads.quotas": [{"period": "day", "size": 1000}]})
    download = house.download("Dune", None)
    with house.database.begin() as connection:
        add_samples(connection, [RateSample(house.row(download).identity.source_id, download, 1000, 1.0)], clock())

    assert reason_of(house, download, clock) is Reason.QUOTA
    clock.advance(86400)
    assert reason_of(house, download, clock) is Reason.NEXT


def test_a_quota_of_one_source_counts_only_its_own_volume(house_with, clock):
    house = house_with(**{"downloads.quotas": [{"period": "week", "size": 1000, "source": "main"}]})
    download, other = house.download("Dune", None), house.download("Alien", None, house.source("other"))
    with house.database.begin() as connection:
        add_samples(connection, [RateSample(house.row(other).identity.source_id, other, 5000, 1.0)], clock())

    with house.database.connect() as connection:
        assert not read_gates(connection, house.app.settings, clock(), source_limits(connection)).bar(
            house.row(download).identity.source_id
        )


def test_hours_bar_and_limit_in_local_time(house_with, clock):
    hours = [
        {"days": "mon", "start": "11:00", "end": "13:00", "pause": True},
        {"start": "00:00", "end": "00:00", "limit": "1MB"},
    ]
    house = house_with(**{"downloads.hours": hours})
    local_noon = clock().astimezone().replace(hour=12)

    assert allowance(house.app.settings, local_noon).is_paused
    assert allowance(house.app.settings, local_noon + timedelta(hours=3)).rate == 1_000_000


def test_a_pause_of_the_queue_holds_everything_back_until_its_end_and_over_a_restart(house_with, clock, tmp_path):
    house = house_with()
    download = house.download("Dune", None)

    pause_queue(house.app.download_queue, timedelta(minutes=30))

    assert reason_of(house, download, clock) is Reason.PAUSED
    again = House(make_app(tmp_path / "data", house.database, clock), provider=None, radarr=None)
    assert reason_of(again, download, clock) is Reason.PAUSED
    clock.advance(30 * 60)
    assert reason_of(house, download, clock) is Reason.NEXT


def test_a_pause_without_an_end_lasts_until_the_queue_is_resumed(house_with, clock):
    house = house_with()
    download = house.download("Dune", None)
    pause_queue(house.app.download_queue)
    clock.advance(86400 * 20)
    assert reason_of(house, download, clock) is Reason.PAUSED

    resume_queue(house.app.download_queue)

    assert reason_of(house, download, clock) is Reason.NEXT


def test_what_was_started_now_does_not_wait_for_the_pause(house_with, clock):
    house = house_with()
    download = house.download("Dune", None)
    pause_queue(house.app.download_queue)

    act_on(house.app.download_queue, [download], Verb.NOW)

    assert reason_of(house, download, clock) is Reason.NEXT


@pytest.mark.parametrize("minutes", [0, -5, 60 * 24 * 31])
def test_a_pause_of_no_or_endless_length_is_refused(house_with, minutes):
    with pytest.raises(InvalidInput, match="at most 30 days"):
        pause_queue(house_with().app.download_queue, timedelta(minutes=minutes))


def test_an_expired_or_switched_off_source_is_named(house_with, clock):
    house = house_with()
    download = house.download("Dune", None)
    source = house.row(download).identity.source_id

    house.change_source(source, account_expires_at=clock() - timedelta(days=1))
    assert reason_of(house, download, clock) is Reason.SOURCE
    house.change_source(source, account_expires_at=None, enabled=False)
    assert "switched off" in explain_waiting(house.database, house.app.settings, clock())[download].text


def test_a_connection_that_was_closed_just_now_still_counts(house_with, clock):
    house = house_with(**{"downloads.reconnect_gap": "5s"})
    download = house.download("Dune", None)
    house.change(download, connection_closed_at=clock())
    source = house.row(download).identity.source_id

    with house.database.connect() as connection:
        assert read_accounts(connection, house.app.settings, clock(), source_limits(connection))[source].closing == 1
        clock.advance(6)
        assert read_accounts(connection, house.app.settings, clock(), source_limits(connection))[source].closing == 0


def given_up_for_another_account(house, clock):
    """A download of the source `first` that ran and now waits with a variant of `second`. Returns both."""
    first, second = house.source("first"), house.source("second")
    download = house.download("Dune", None, first)
    entry = house.entry(second, "/files/other.mkv", None)
    with house.database.begin() as connection:
        admit(connection, [download], clock())
        owner = Ownership(download, 1, "me")
        claim(connection, owner, clock())
        other = Replacement(entry, second, "/files/other.mkv", "Dune 4K")
        change_variant(connection, owner, other, RunProblem("gone", "gone"), clock())
    return first, second


def test_a_closed_connection_counts_for_the_account_it_was_made_to_whatever_variant_follows(house_with, clock):
    house = house_with(**{"downloads.reconnect_gap": "5s"})
    first, second = given_up_for_another_account(house, clock)

    with house.database.connect() as connection:
        accounts = read_accounts(connection, house.app.settings, clock(), source_limits(connection))

    assert (accounts[first].closing, accounts[second].closing) == (1, 0)


def test_a_closed_connection_still_counts_while_its_download_runs_again(house_with, clock):
    house = house_with(**{"downloads.reconnect_gap": "5s"})
    download = house.download("Dune", None)
    source = house.row(download).identity.source_id
    house.change(download, connection_closed_at=clock(), state="downloading", run=2, admitted_at=clock())

    with house.database.connect() as connection:
        assert read_accounts(connection, house.app.settings, clock(), source_limits(connection))[source].closing == 1


def test_a_variant_on_another_account_waits_until_the_account_before_it_may_forget_the_connection(house_with, clock):
    """Its own connection would end within the gap as well, and a download remembers one closing."""
    house = house_with(**{"downloads.reconnect_gap": "5s"})
    given_up_for_another_account(house, clock)

    def waits() -> list[Reason]:
        return [one.reason for one in explain_waiting(house.database, house.app.settings, clock()).values()]

    assert waits() == [Reason.CLOSING]
    clock.advance(6)
    assert waits() != [Reason.CLOSING]


def desk_over(house, clock, *replies):
    answers = list(replies)
    asked = []

    def ask(source_id):
        asked.append(source_id)
        return answers.pop(0)

    return AccountMonitor(house.database, ask, clock), asked


def test_an_account_is_asked_at_most_once_in_thirty_seconds(house_with, clock):
    house = house_with()
    source = house.source()
    desk, asked = desk_over(
        house, clock, AccountReply(AccountStatus.ACTIVE, 0, 1), AccountReply(AccountStatus.ACTIVE, 1, 1)
    )

    assert [desk.check(source) for _ in range(3)] == [AccountState.FREE] * 3
    clock.advance(31)

    assert desk.check(source) is AccountState.IN_USE
    assert len(asked) == 2


def test_two_workers_together_ask_an_account_once(tmp_path, any_database):
    with open_house(tmp_path, any_database) as house:
        source, asked, together = house.source(), [], Barrier(2, timeout=10)

        def work(_number):
            def ask(source_id):
                asked.append(source_id)
                return AccountReply(AccountStatus.ACTIVE, 2, 2)

            desk = AccountMonitor(house.database, ask, now)
            together.wait()
            desk.check_after_cut(source)
            together.wait()
            return desk.check_after_cut(source)

        with ThreadPoolExecutor(2) as workers:
            states = list(workers.map(work, range(2)))

    assert states == [AccountState.IN_USE] * 2
    assert asked == [source]


def test_a_cut_is_asked_about_although_the_account_was_asked_just_before_it(house_with, clock):
    house = house_with()
    source = house.source()
    desk, asked = desk_over(
        house, clock, AccountReply(AccountStatus.ACTIVE, 0, 1), AccountReply(AccountStatus.ACTIVE, 1, 1)
    )

    assert desk.check(source) is AccountState.FREE
    clock.advance(2)

    assert desk.check_after_cut(source) is AccountState.IN_USE, "a viewer came after the account was last asked"
    assert desk.check_after_cut(source) is AccountState.IN_USE
    assert len(asked) == 2


def test_a_clock_that_was_set_back_does_not_silence_the_questions(house_with, clock):
    house = house_with()
    source = house.source()
    desk, asked = desk_over(
        house, clock, AccountReply(AccountStatus.ACTIVE, 0, 1), AccountReply(AccountStatus.ACTIVE, 0, 1)
    )

    desk.check(source)
    clock.advance(-86400)

    assert desk.check(source) is AccountState.FREE
    assert len(asked) == 2


def test_what_an_account_said_before_it_fell_silent_is_no_answer(house_with, clock):
    house = house_with()
    source = house.source()
    desk, _ = desk_over(house, clock, AccountReply(AccountStatus.ACTIVE, 1, 1), None)

    assert desk.check(source) is AccountState.IN_USE
    clock.advance(31)

    assert [desk.check(source) for _ in range(2)] == [AccountState.UNKNOWN] * 2


@pytest.mark.parametrize(
    ("maximum", "override", "active", "is_resting"),
    [
        (1, None, 1, True),
        (2, None, 2, True),
        (3, None, 3, True),
        (2, None, 1, False),
        (3, 1, 1, True),
        (2, 0, 2, False),
    ],
)
def test_an_account_whose_connections_viewers_all_use_rests_for_two_minutes(
    house_with, clock, maximum, override, active, is_resting
):
    house = house_with()
    source = house.source(max_connections=override)
    desk, _ = desk_over(house, clock, AccountReply(AccountStatus.ACTIVE, active, maximum))

    desk.check(source)

    with house.database.connect() as connection:
        (limits,) = [one for one in source_limits(connection) if one.source_id == source]
    assert limits.busy_until == (clock() + timedelta(minutes=2) if is_resting else None)


def test_the_accounts_of_a_beat_are_read_once(house_with, clock):
    house = house_with()
    source = house.source(max_connections=None)
    read = [replace(one, maximum=5) for one in house_limits(house)]

    with house.database.connect() as connection:
        accounts = read_accounts(connection, house.app.settings, clock(), read)
        gates = read_gates(connection, house.app.settings, clock(), read)

    assert accounts[source].connections == 5 - house.app.settings.downloads.viewer_reserve
    assert gates.bar(source) is None


def house_limits(house):
    with house.database.connect() as connection:
        return source_limits(connection)


def test_our_own_connections_are_no_viewers(house_with, clock):
    house = house_with()
    download = house.download("Dune", None)
    source = house.row(download).identity.source_id
    house.change(download, state="downloading", claimed_at=clock() - timedelta(minutes=1))
    desk, _ = desk_over(
        house, clock, AccountReply(AccountStatus.ACTIVE, 1, 1), AccountReply(AccountStatus.ACTIVE, 1, 1)
    )

    assert desk.check(source) is AccountState.FREE
    clock.advance(31)
    assert desk.check_after_cut(source) is AccountState.IN_USE, "ours was cut: the one in use is somebody else's"
    with house.database.connect() as connection:
        assert connected(connection, source, clock()) == 1


@contextmanager
def slow_panel(house, clock, *slow, patience_s=0.2):
    """A monitor whose questions to the accounts `slow` stay open until the end."""
    released, asked = Event(), []

    def ask(source_id):
        asked.append(source_id)
        if source_id in slow:
            released.wait(30)
        return AccountReply(AccountStatus.ACTIVE, 0, 1)

    yield AccountMonitor(house.database, ask, clock, patience_s=patience_s), asked, released
    released.set()


def test_a_panel_that_does_not_answer_holds_up_no_transfer_and_no_other_source(house_with, clock):
    house = house_with()
    slow, quick = house.source("slow"), house.source("quick")

    with slow_panel(house, clock, slow) as (desk, asked, _released):
        begun = time.monotonic()
        desk.ask_beside(slow, lambda: None)
        states = desk.check_after_cut(slow), desk.check_after_cut(slow), desk.check(quick)
        took_s = time.monotonic() - begun

    assert states == (AccountState.UNKNOWN, AccountState.UNKNOWN, AccountState.FREE)
    assert asked == [slow, quick], "one question a source at most"
    assert took_s < 1.5


def test_an_answer_that_comes_late_is_kept_and_told(house_with, clock):
    house = house_with()
    slow, told = house.source("slow"), Event()

    with slow_panel(house, clock, slow) as (desk, _asked, released):
        desk.ask_beside(slow, told.set)
        assert not told.is_set()
        released.set()
        assert told.wait(5)

        assert desk.check(slow) is AccountState.FREE


def test_no_answer_is_stored_after_the_stop(house_with, clock):
    house = house_with()
    slow, told = house.source("slow"), Event()

    with slow_panel(house, clock, slow) as (desk, _asked, released):
        desk.ask_beside(slow, told.set)
        desk.stop()
        released.set()
        assert told.wait(5)

    with house.database.connect() as connection:
        assert last_answer(connection, slow) is None


@pytest.mark.parametrize("status", [AccountStatus.EXPIRED, AccountStatus.BANNED, AccountStatus.DISABLED])
def test_a_refused_account_is_told_apart(house_with, clock, status):
    house = house_with()
    source = house.source()
    desk, _ = desk_over(house, clock, AccountReply(status, None, None))

    assert desk.check(source) is AccountState.REFUSED
