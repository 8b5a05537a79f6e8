"""When a failed download is tried again."""

from datetime import UTC, datetime

import pytest

from stalkeer.core.downloads.failures import FailureKind
from stalkeer.core.downloads.retry import (
    RULES,
    GiveUp,
    RetryIn,
    decide_gone_release,
    decide_retry,
    has_attempts_left,
    parse_retry_after,
)

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


def seconds(kind, failures, dice=0.5, **options):
    decision = decide_retry(kind, failures, dice, **options)
    assert isinstance(decision, RetryIn)
    return decision.seconds


def test_every_kind_of_failure_has_a_rule():
    assert set(RULES) == set(FailureKind)


def test_pauses_double_up_to_a_limit():
    assert [seconds(FailureKind.TRANSIENT, failures) for failures in (1, 2, 3, 9)] == [5, 10, 20, 1280]
    assert seconds(FailureKind.LOCAL_DISK_FULL, 1000) == 60


def test_pauses_are_spread_so_that_not_all_come_back_at_once():
    spread = [seconds(FailureKind.TRANSIENT, 3, dice) for dice in (0.0, 0.999)]

    assert spread == [pytest.approx(15), pytest.approx(25, abs=0.1)]


def test_the_server_s_own_wish_is_kept_where_it_is_longer_up_to_an_hour():
    assert seconds(FailureKind.TRANSIENT, 1, retry_after_s=120) == 120
    assert seconds(FailureKind.TRANSIENT, 1, retry_after_s=1) == 5
    assert seconds(FailureKind.TRANSIENT, 1, retry_after_s=90_000) == 3600


@pytest.mark.parametrize("kind", [FailureKind.WRONG_FILE, FailureKind.PROTECTED])
def test_what_another_attempt_cannot_change_is_given_up_at_once(kind):
    assert isinstance(decide_retry(kind, 1, 0.5, tries=10), GiveUp)


@pytest.mark.parametrize("kind", [FailureKind.LOCAL_DISK_FULL, FailureKind.LOCAL_PERMISSION])
def test_local_trouble_is_waited_for_for_ever(kind):
    assert isinstance(decide_retry(kind, 10_000, 0.5, tries=3), RetryIn)


def test_a_file_counts_as_gone_after_three_tries_over_hours():
    waited = seconds(FailureKind.GONE, 1) + seconds(FailureKind.GONE, 2)

    assert waited >= 2 * 3600
    assert isinstance(decide_retry(FailureKind.GONE, 3, 0.5), GiveUp)


def test_the_user_s_number_of_tries_counts():
    assert isinstance(decide_retry(FailureKind.TRANSIENT, 2, 0.5, tries=2), GiveUp)
    assert isinstance(decide_retry(FailureKind.TRANSIENT, 9, 0.5), RetryIn)


@pytest.mark.parametrize(
    ("value", "seconds_"),
    [
        ("30", 30),
        (" 30 ", 30),
        ("99999999999999999999", 3600),
        ("Thu, 15 Jan 2026 12:05:00 GMT", 300),
        ("Thu, 15 Jan 2026 11:00:00 GMT", 0),
        ("soon", None),
        ("-5", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_read_in_both_its_forms(value, seconds_):
    assert parse_retry_after(value, NOW) == seconds_


def test_the_user_s_first_pause_counts_for_what_passes_by_itself():
    assert seconds(FailureKind.TRANSIENT, 2, first_s=60) == 120
    assert seconds(FailureKind.GONE, 1, first_s=60) == 3600


@pytest.mark.parametrize(
    ("failures", "attempts", "is_left"),
    [(1, 3, True), (3, 3, False), (4, 3, False), (1, 1, False), (19, 0, True), (20, 0, False)],
)
def test_attempts_are_left_until_the_limit_and_twenty_without_one(failures, attempts, is_left):
    assert has_attempts_left(failures, attempts) is is_left


def test_a_release_whose_file_is_gone_fails_within_minutes_whatever_is_allowed():
    """The instance that grabbed it has other releases."""
    pauses = [decide_gone_release(failures, 0.5, tries=20) for failures in (1, 2)]

    assert pauses == [RetryIn(60), RetryIn(120)]
    assert isinstance(decide_gone_release(3, 0.5, tries=20), GiveUp)
    assert isinstance(decide_gone_release(1, 0.5, tries=1), GiveUp)
