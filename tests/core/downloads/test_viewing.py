"""When an account may be used, and who watches with it."""

from datetime import datetime, time, timedelta

import pytest

from stalkeer.core.downloads.viewing import Stream, UseTimes, UseWhen, share_viewers
from stalkeer.core.downloads.waiting import Reason

DAY = datetime(2026, 1, 12).astimezone()


@pytest.mark.parametrize(
    ("use", "hour", "reason", "until"),
    [
        (UseTimes(), 12, None, None),
        (UseTimes(UseWhen.MANUAL), 3, Reason.MANUAL, None),
        (UseTimes(UseWhen.HOURS), 3, None, None),
        (UseTimes(UseWhen.HOURS), 12, Reason.HOURS, DAY + timedelta(days=1, hours=1)),
        (UseTimes(UseWhen.HOURS), 0, Reason.HOURS, DAY + timedelta(hours=1)),
        (UseTimes(UseWhen.HOURS, time(23), time(5)), 2, None, None),
        (UseTimes(UseWhen.HOURS, time(23), time(5)), 6, Reason.HOURS, DAY + timedelta(hours=23)),
    ],
)
def test_an_account_is_used_at_its_times_only(use, hour, reason, until):
    found = use.bar(DAY + timedelta(hours=hour))

    assert (found and found.reason, found and found.until) == (reason, until)


def test_a_stream_counts_for_the_accounts_of_its_host_and_one_without_an_address_for_those_that_list_it():
    hosts = {1: frozenset({"tv.example"}), 2: frozenset({"other.example"}), 3: frozenset({"tv.example"})}
    streams = [
        Stream("http://tv.example:8080/live/u/p/1.ts"),
        Stream(listed_by=frozenset({2})),
        Stream(),
        Stream("http://unknown.example/1"),
    ]

    assert share_viewers(streams, hosts) == {1: 1, 3: 1, 2: 1}
