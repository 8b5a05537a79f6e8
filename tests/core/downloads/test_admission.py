from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalkeer.core.downloads.admission import (
    FORCE,
    Account,
    DiskRoom,
    Gates,
    Limits,
    QueuedDownload,
    Running,
    Surroundings,
    connections_for_us,
    plan,
)
from stalkeer.core.downloads.waiting import Reason, Waiting

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
GB = 10**9


def candidate(number, **more):
    return QueuedDownload(**{"id": number, "source_id": 1, "host": "a", "rank": float(number), "remaining": GB} | more)


def running(number, **more):
    return Running(**{"id": number, "source_id": 1, "host": "a", "rank": float(number), "remaining": GB} | more)


def decide(candidates, under_way=(), accounts=None, **around):
    return plan(candidates, under_way, accounts or {1: Account(connections=None)}, Surroundings(**around), NOW)


def reasons(decided):
    return {number: waiting.reason for number, waiting in decided.waiting.items()}


def test_downloads_start_by_priority_then_rank():
    queue = [candidate(1), candidate(2, priority=1), candidate(3, rank=0.5)]

    assert decide(queue, limits=Limits(total=2)).admitted == (2, 3)


def test_the_total_limit_counts_what_runs_already():
    decided = decide([candidate(3)], [running(1), running(2)], limits=Limits(total=2))

    assert decided.admitted == () and reasons(decided) == {3: Reason.SLOT}


def test_an_account_gives_only_its_connections_and_others_go_on():
    queue = [candidate(1), candidate(2), candidate(3, source_id=2)]

    decided = decide(queue, accounts={1: Account(connections=1), 2: Account(connections=1)}, limits=Limits(total=None))

    assert decided.admitted == (1, 3) and reasons(decided) == {2: Reason.ACCOUNT}


def test_one_host_gives_only_so_many():
    decided = decide([candidate(1), candidate(2)], limits=Limits(total=None, per_host=1))

    assert reasons(decided) == {2: Reason.HOST}


def test_a_connection_that_was_just_closed_still_counts():
    account = Account(connections=1, closing=1, closing_until=NOW + timedelta(seconds=5))

    decided = decide([candidate(1)], accounts={1: account})

    assert decided.waiting[1] == Waiting(Reason.CLOSING, NOW + timedelta(seconds=5))


def test_a_viewer_takes_the_connection_of_a_running_download():
    decided = decide([], [running(1)], accounts={1: Account(connections=0, viewers=1)})

    assert decided.leaving == (1,)


def test_the_least_urgent_of_ours_makes_room_for_a_viewer():
    decided = decide([], [running(1, priority=1), running(2)], accounts={1: Account(connections=1, viewers=1)})

    assert decided.leaving == (2,)


def test_who_was_asked_to_leave_is_not_asked_again_nor_another_one():
    under_way = [running(1), running(2, is_leaving=True)]

    assert decide([], under_way, accounts={1: Account(connections=1)}).leaving == ()


def test_a_forced_download_takes_the_place_of_the_least_urgent_one():
    decided = decide([candidate(9, priority=FORCE)], [running(1), running(2)], limits=Limits(total=2))

    assert decided.leaving == (2,) and reasons(decided) == {9: Reason.SLOT}


def test_a_forced_download_ignores_the_calendar():
    closed = Gates(hours=Waiting(Reason.HOURS))

    assert decide([candidate(1, priority=FORCE), candidate(2)], gates=closed).admitted == (1,)


def test_space_is_reserved_for_what_runs():
    volumes = {"": DiskRoom(room=5 * GB)}

    decided = decide(
        [candidate(3, remaining=2 * GB), candidate(4, remaining=GB)], [running(1, remaining=3 * GB)], volumes=volumes
    )

    assert decided.admitted == (3,) and reasons(decided) == {4: Reason.DISK}


@pytest.mark.parametrize(
    ("size", "room", "words"),
    [(4 * GB, 3 * GB, "needs 4.0 GB, 3.0 GB may still be used"), (5_800_000, 0, "needs 5.8 MB, 0.0 MB may still")],
)
def test_what_waits_for_space_says_how_much_is_missing(size, room, words):
    decided = decide([candidate(1, remaining=size)], volumes={"": DiskRoom(room=room)})

    assert words in decided.waiting[1].text


def test_a_folder_in_trouble_bars_every_download():
    decided = decide([candidate(1)], volumes={"": DiskRoom(trouble="/vod is not mounted")})

    assert decided.waiting[1].text == "waits for its folder: /vod is not mounted"


def test_back_off_is_told_with_its_end():
    later = NOW + timedelta(minutes=5)

    assert decide([candidate(1, not_before=later)]).waiting[1] == Waiting(Reason.BACK_OFF, later)


def test_a_quota_of_one_source_leaves_the_others():
    gates = Gates(quota={1: Waiting(Reason.QUOTA)})

    decided = decide([candidate(1), candidate(2, source_id=2)], accounts={2: Account()}, gates=gates)

    assert decided.admitted == (2,)


@pytest.mark.parametrize(
    ("override", "maximum", "viewers", "reserve", "ours"),
    [
        (None, None, 0, 1, 1),  # nobody says: one, and nothing could be reserved of it
        (None, 1, 0, 1, 1),
        (None, 1, 1, 1, 0),
        (None, 4, 0, 1, 3),
        (None, 4, 1, 1, 3),  # the viewer uses what was kept for him
        (None, 4, 2, 1, 2),
        (2, 1, 0, 0, 2),  # the user knows better than the account
        (0, 1, 5, 1, None),  # 0: unlimited
    ],
)
def test_connections_that_are_ours(override, maximum, viewers, reserve, ours):
    assert connections_for_us(override, maximum, viewers, reserve) == ours


numbers = st.integers(0, 5)


@given(
    queue=st.lists(st.tuples(st.integers(1, 3), st.sampled_from("ab"), st.integers(-1, 2)), max_size=12),
    under_way=st.lists(st.tuples(st.integers(1, 3), st.sampled_from("ab")), max_size=4),
    connections=st.lists(numbers, min_size=3, max_size=3),
    total=numbers,
    per_host=numbers,
)
def test_no_limit_is_ever_exceeded_and_everybody_is_told(queue, under_way, connections, total, per_host):
    candidates = [candidate(100 + n, source_id=s, host=h, priority=p) for n, (s, h, p) in enumerate(queue)]
    busy = [running(n, source_id=s, host=h) for n, (s, h) in enumerate(under_way)]
    accounts = {n + 1: Account(connections=count) for n, count in enumerate(connections)}

    decided = decide(candidates, busy, accounts, limits=Limits(total=total, per_host=per_host))

    started = [one for one in candidates if one.id in decided.admitted]
    assert set(decided.admitted) | set(decided.waiting) == {one.id for one in candidates}
    assert len(busy) + len(started) <= max(total, len(busy))
    for host in "ab":
        before = sum(one.host == host for one in busy)
        assert before + sum(one.host == host for one in started) <= max(per_host, before)
    for source, account in accounts.items():
        before = sum(one.source_id == source for one in busy)
        assert before + sum(one.source_id == source for one in started) <= max(account.connections, before)


def test_a_slow_download_makes_room_for_one_that_waits_for_its_slot():
    decided = decide([candidate(3)], [running(1, is_slow=True), running(2)], limits=Limits(total=2))

    assert (decided.too_slow, decided.leaving, decided.admitted) == ((1,), (), ())


def test_a_slow_download_keeps_its_slot_where_nothing_waits_for_it():
    slow, accounts = [running(1, is_slow=True)], {1: Account(), 2: Account()}

    alone = decide([], slow, accounts, limits=Limits(total=1))
    elsewhere = decide([candidate(3, source_id=2)], slow, accounts, limits=Limits(total=2))

    assert alone.too_slow == elsewhere.too_slow == () and elsewhere.admitted == (3,)


def test_one_slow_download_at_a_time_makes_room():
    slow = [running(1, is_slow=True), running(2, is_slow=True)]

    decided = decide([candidate(3), candidate(4)], slow, limits=Limits(total=2))

    assert decided.too_slow == (2,)


def test_a_size_that_nothing_confirmed_reserves_no_more_than_an_unknown_one():
    limits, volumes = Limits(total=None, unknown_size=4 * GB), {"": DiskRoom(room=5 * GB)}
    claim = candidate(1, remaining=10**18)

    assert decide([claim], limits=limits, volumes=volumes).admitted == (1,)
    confirmed = candidate(1, remaining=10 * GB, is_size_confirmed=True)
    assert reasons(decide([confirmed], limits=limits, volumes=volumes)) == {1: Reason.DISK}


@pytest.mark.parametrize("connections", [None, 1, 3])
def test_a_download_rests_after_its_own_connection_before_it_connects_to_any_account(connections):
    """A second closing within the gap would hide the first from the account that it was made to."""
    queue = [
        candidate(1, closed_at=NOW - timedelta(seconds=2)),
        candidate(2, source_id=2, closed_at=NOW - timedelta(seconds=2)),
        candidate(3, source_id=3, closed_at=NOW - timedelta(seconds=6)),
        candidate(4, source_id=4, closed_at=NOW + timedelta(days=3)),  # a clock that has been put back since
    ]
    accounts = {number: Account(connections=connections) for number in range(1, 5)}

    decided = decide(queue, accounts=accounts, limits=Limits(total=None, reconnect_gap=timedelta(seconds=5)))

    assert decided.admitted == (3, 4)
    assert decided.waiting[2] == Waiting(Reason.CLOSING, NOW + timedelta(seconds=3))
    assert reasons(decided) == {1: Reason.CLOSING, 2: Reason.CLOSING}
