"""Only the same file is continued: each answer that a resume may meet, over real connections."""

import itertools
import time
from dataclasses import replace

import pytest

from stalkeer.adapters.transfers.request import (
    FailureKind,
    Fetched,
    Stopped,
    StopReason,
    TransferFailed,
    TransferLimits,
)
from stalkeer.core.downloads.resume import OVERLAP, Validators
from stalkeer.demo.content import Memory, Pattern, ServedFile
from stalkeer.demo.exchange import MediaAnswer
from tests.adapters.transfers.conftest import KEY, SIZE
from tests.doubles import provider_faults as faults
from tests.doubles.provider_faults import on, script

HALF = 150_000
REST = SIZE - HALF + OVERLAP
FILM = Pattern(SIZE)
OLD = "Thu, 15 Jan 2026 12:00:00 GMT"
NEW = "Fri, 16 Jan 2026 12:00:00 GMT"


def like(film: bytes, seed: int, same_from: int, same_to: int) -> bytes:
    """Another version of `film` of the same size, which differs from it outside of these bytes."""
    other = Pattern(len(film), seed).read(0, len(film))
    return other[:same_from] + film[same_from:same_to] + other[same_to:]


def resume(desk, *behaviours, **known):
    held = desk.hold(desk.film[:HALF])
    desk.provider.hook = script(*behaviours)
    return desk.fetch(**{"durable_offset": held, "total": SIZE} | known)


def assert_whole(desk, outcome, expected=None):
    assert isinstance(outcome, Fetched), outcome
    assert desk.part.read_bytes() == (desk.film if expected is None else expected)


# --- a 200 to a range -----------------------------------------------------------------------------------------------


def test_a_range_that_comes_as_200_with_its_content_range_is_continued(desk):
    outcome = resume(desk, faults.range_as_200)

    assert_whole(desk, outcome)
    assert desk.watching.size == REST


@pytest.mark.parametrize("total", [SIZE, None], ids=["a known size", "an unknown size"])
def test_a_range_that_comes_as_200_and_does_not_say_so_is_not_taken_for_the_whole(desk, total):
    outcome = resume(desk, faults.range_as_200_untold, total=total)

    assert_whole(desk, outcome)


def test_a_chunked_part_with_status_200_is_not_taken_for_the_whole_file(desk):
    def behave(exchange):
        headers = {name: value for name, value in exchange.answer.headers.items() if name != "Content-Range"}
        exchange.answer = replace(exchange.answer, status=200, headers=headers)
        faults.chunked(5000)(exchange)

    assert_whole(desk, resume(desk, behave))


def test_a_whole_file_with_a_content_range_from_zero_is_the_whole_file(desk):
    outcome = resume(desk, faults.whole_with_range)

    assert_whole(desk, outcome)
    assert desk.watching.size == SIZE


def test_a_range_that_says_to_begin_at_zero_is_not_taken_for_the_whole(desk):
    def behave(exchange):
        headers = dict(exchange.answer.headers) | {"Content-Range": f"bytes 0-{SIZE - 1}/{SIZE}"}
        exchange.deliver(replace(exchange.answer, status=200, headers=headers))

    assert_whole(desk, resume(desk, behave))


def test_a_whole_body_that_ends_before_the_known_size_is_not_the_whole_file(desk):
    def behave(exchange):
        exchange.answer = MediaAnswer(200, {}, Memory(desk.film[: HALF + 50_000]))
        faults.chunked(5000)(exchange)

    assert_whole(desk, resume(desk, behave))


# --- validators that move -------------------------------------------------------------------------------------------

MOVED = [
    ({"etag": '"one"'}, {"ETag": '"two"'}),
    ({"etag": 'W/"one"'}, {"ETag": 'W/"two"'}),
    ({"etag": '"one"'}, {}),
    ({"last_modified": OLD, "date": NEW}, {"Last-Modified": NEW}),
    ({"last_modified": OLD, "date": NEW}, {}),
]


@pytest.mark.parametrize(("before", "fields"), MOVED)
def test_a_version_with_the_same_size_and_overlap_but_another_validator_is_never_joined(desk, before, fields):
    other = like(desk.film, 5, HALF - OVERLAP, HALF)
    held = desk.hold(desk.film[:HALF])
    desk.provider.files[KEY] = ServedFile(Memory(other))
    desk.provider.hook = on(faults.with_fields(lambda exchange: exchange.deliver(), **fields))

    outcome = desk.fetch(durable_offset=held, total=SIZE, validators=Validators(**before))

    assert_whole(desk, outcome, other)


def test_a_server_that_makes_up_an_etag_each_time_is_resumed_once_its_bytes_have_shown_that_it_does(desk):
    number = itertools.count()

    def behave(exchange):
        faults.with_fields(faults.cut_after(100_000), ETag=f'"{next(number)}"')(exchange)

    desk.provider.hook = on(behave)
    desk.watching.reconnects = 10

    first = desk.fetch()
    desk.provider.hook = on(faults.with_fields(lambda exchange: exchange.deliver(), ETag='"last"'))
    outcome = desk.resume()

    assert isinstance(first, TransferFailed) or first.size == SIZE
    assert_whole(desk, outcome)


def test_bytes_that_were_seen_to_be_the_same_take_the_moved_validators_meaning_away(desk):
    moving = faults.with_fields(lambda exchange: exchange.deliver(cut_after=SIZE - 50_000), ETag='"two"')
    held = desk.hold(desk.film[:HALF])
    desk.provider.hook = script(moving, moving)

    cut = desk.fetch(durable_offset=held, total=SIZE, validators=Validators(etag='"one"'))
    desk.provider.hook = on(faults.with_fields(lambda exchange: exchange.deliver(), ETag='"three"'))
    before = desk.watching.size
    outcome = desk.resume()

    assert isinstance(cut, TransferFailed)
    assert_whole(desk, outcome)
    assert desk.watching.size - before == 50_000 + OVERLAP


# --- other forms of a range -----------------------------------------------------------------------------------------


def test_a_multipart_answer_counts_as_no_range(desk):
    assert_whole(desk, resume(desk, faults.multipart))


def test_a_chunked_range_is_taken_by_its_content_range(desk):
    outcome = resume(desk, faults.chunked(5000))

    assert_whole(desk, outcome)
    assert desk.watching.size == REST


def test_a_range_without_a_total_is_continued(desk):
    outcome = resume(desk, faults.endless_range)

    assert_whole(desk, outcome)
    assert desk.watching.size == REST


def test_where_all_bytes_are_held_and_no_total_is_told_the_file_itself_must_show_that_it_is_whole(desk):
    held = desk.hold(desk.film)
    desk.provider.hook = on(faults.endless_range)

    outcome = desk.fetch(durable_offset=held)

    assert isinstance(outcome, Fetched) and (outcome.size, outcome.is_length_known) == (SIZE, False)


def test_a_range_without_a_total_does_not_shorten_a_size_that_two_answers_told(desk):
    held = desk.hold(desk.film[:HALF])
    desk.provider.hook = on(lambda exchange: faults.endless_range(_up_to(exchange, HALF)))

    outcome = desk.fetch(durable_offset=held, total=SIZE, learned={"is_total_confirmed": True})

    assert isinstance(outcome, TransferFailed) and desk.part.stat().st_size == HALF


def _up_to(exchange, end):
    exchange.answer = replace(exchange.answer, end=end)
    return exchange


# --- sizes that are claims ------------------------------------------------------------------------------------------


def test_a_length_that_is_too_large_is_given_up_for_what_a_range_says(desk):
    desk.provider.hook = on(faults.claims_more(1000), first=1)
    desk.watching.reconnects = 1

    outcome = desk.fetch()

    assert_whole(desk, outcome)
    assert desk.watching.size == SIZE + OVERLAP


def test_a_length_that_no_file_has_is_no_length(desk):
    desk.provider.hook = on(faults.claims_more(10**18), first=1)
    desk.watching.reconnects = 1

    outcome = desk.fetch()

    assert_whole(desk, outcome)
    assert all(held.total in (None, SIZE) for held in desk.watching.durables)


def test_a_size_is_confirmed_by_a_second_answer(desk):
    desk.provider.hook = on(faults.cut_after(HALF), first=1)
    desk.watching.reconnects = 1

    desk.fetch()

    told = [held.is_total_confirmed for held in desk.watching.durables if held.offset == HALF]
    assert told[0] is False and desk.watching.durables[-1].is_total_confirmed


@pytest.mark.parametrize(("is_confirmed", "expected"), [(False, 1_000_000), (True, 3_000_000)])
def test_no_more_of_the_disk_is_claimed_ahead_than_for_an_unknown_size_until_the_size_is_confirmed(
    desk, is_confirmed, expected
):
    desk.provider.add(KEY, Pattern(3_000_000))
    held = desk.hold(desk.film[:200_000])
    desk.provider.hook = on(faults.cut_after(OVERLAP + 10_000))
    total = 3_000_000 if is_confirmed else 3_000_001  # so that this answer is no second one

    desk.fetch(durable_offset=held, total=total, most_reserved=1_000_000)

    claimed = desk.part.stat().st_blocks * 512
    assert expected <= claimed < expected + 400_000


# --- the account's gap ----------------------------------------------------------------------------------------------

GAP_S = 0.3
UNFIT = [
    faults.content_range("bytes 84464-299999/*x"),
    faults.content_range(None),
    faults.shifted_by(1000),
    faults.unsatisfiable("bytes */300000"),
    faults.range_as_200_untold,
    faults.multipart,
    faults.at_most(100_000),
    faults.serves(Pattern(SIZE, seed=77)),
]


@pytest.mark.parametrize("behaviour", UNFIT)
def test_every_further_connection_waits_the_accounts_gap_whatever_its_reason(desk, behaviour):
    begun = []
    held = desk.hold(desk.film[:HALF])
    fault = on(behaviour, first=1)

    def note(exchange):
        if exchange.request.key and exchange.answer.status not in (301, 302):
            begun.append(time.monotonic())
        return fault(exchange)

    desk.provider.hook = note

    outcome = desk.fetch(durable_offset=held, total=SIZE, limits=TransferLimits(reconnect_gap_s=GAP_S))

    assert_whole(desk, outcome)
    assert len(begun) == 2 and begun[1] - begun[0] >= GAP_S
    assert desk.provider.connections.peak["anna"] == 1


def test_a_stop_does_not_wait_for_the_gap(desk):
    held = desk.hold(desk.film[:HALF])

    def unfit(exchange):
        faults.content_range(None)(exchange)
        desk.watching.stop(StopReason.PAUSE)

    desk.provider.hook = script(unfit)
    begun = time.monotonic()

    outcome = desk.fetch(durable_offset=held, total=SIZE, limits=TransferLimits(reconnect_gap_s=60))

    assert isinstance(outcome, Stopped) and time.monotonic() - begun < 2


def test_that_the_whole_is_to_be_asked_for_is_known_to_the_next_run(desk):
    held = desk.hold(desk.film[:HALF])
    desk.provider.hook = script(faults.content_range(None), faults.status(403))

    refused = desk.fetch(durable_offset=held, total=SIZE)
    outcome = desk.resume()

    assert isinstance(refused, TransferFailed) and refused.kind is FailureKind.ACCOUNT
    assert_whole(desk, outcome)
    assert desk.provider.requests[-1].range is None
