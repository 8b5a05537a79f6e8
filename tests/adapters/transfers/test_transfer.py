"""One transfer against a well-behaved provider: fetch, resume, stop, and never two versions in one file."""

import threading
import time

import pytest

from stalkeer.adapters.transfers.request import (
    FailureKind,
    Fetched,
    Stopped,
    StopReason,
    TransferFailed,
    TransferLimits,
)
from stalkeer.core.downloads.resume import Validators
from stalkeer.demo.content import Pattern, ServedFile
from tests.adapters.transfers.conftest import KEY, SIZE
from tests.doubles.provider_faults import cut_after, drip, on, silent, stall_after

HALF = 150_000
OVERLAP = 65_536


def test_a_film_arrives_whole_and_is_durable_before_it_is_called_fetched(desk):
    outcome = desk.fetch()

    assert isinstance(outcome, Fetched) and outcome.size == SIZE and outcome.is_length_known
    assert desk.part.read_bytes() == desk.film
    assert desk.watching.durables[-1].offset == desk.watching.durables[-1].total == SIZE
    assert desk.watching.size == SIZE


def test_a_resumed_film_asks_the_original_url_for_the_rest_and_a_little_before_it(desk):
    held = desk.hold(desk.film[:HALF])

    outcome = desk.fetch(durable_offset=held)

    assert isinstance(outcome, Fetched)
    assert desk.part.read_bytes() == desk.film
    first, second = desk.provider.requests
    assert first.path.startswith("/movie/anna/") and second.path.startswith("/vauth/")
    assert first.range == f"bytes={HALF - OVERLAP}-"
    assert desk.watching.size == SIZE - HALF + OVERLAP


def test_bytes_beyond_the_durable_offset_are_not_trusted(desk):
    desk.hold(desk.film[:HALF] + b"garbage" * 1000)

    desk.fetch(durable_offset=HALF)

    assert desk.part.read_bytes() == desk.film


def test_a_part_file_that_lost_bytes_is_resumed_from_what_is_left(desk):
    desk.hold(desk.film[:100_000])

    outcome = desk.fetch(durable_offset=HALF)

    assert isinstance(outcome, Fetched) and desk.part.read_bytes() == desk.film


def test_a_part_file_that_is_gone_is_fetched_anew(desk):
    outcome = desk.fetch(durable_offset=HALF, total=SIZE)

    assert isinstance(outcome, Fetched) and desk.part.read_bytes() == desk.film


def test_a_film_that_is_whole_already_opens_no_connection(desk):
    desk.hold(desk.film)

    outcome = desk.fetch(durable_offset=SIZE, total=SIZE)

    assert isinstance(outcome, Fetched) and desk.provider.requests == []


def test_a_whole_part_of_unknown_length_is_recognised(desk):
    desk.hold(desk.film)

    outcome = desk.fetch(durable_offset=SIZE)

    assert outcome == Fetched(SIZE, outcome.validators) and desk.part.read_bytes() == desk.film


@pytest.mark.parametrize("redirects", [True, False])
def test_a_film_replaced_by_another_of_the_same_size_is_never_spliced(desk, redirects):
    desk.provider.redirects = redirects
    desk.provider.hook = on(cut_after(HALF), first=1)
    desk.fetch()
    desk.provider.files[KEY] = ServedFile(Pattern(SIZE, seed=99))

    outcome = desk.resume()

    assert isinstance(outcome, Fetched)
    assert desk.part.read_bytes() == Pattern(SIZE, seed=99).read(0, SIZE)


def test_a_replaced_file_with_validators_is_asked_for_with_if_range(desk):
    desk.provider.files["/plain.mkv"] = ServedFile(Pattern(SIZE, seed=1), etag='"one"')
    desk.provider.hook = on(cut_after(HALF), first=1)
    url = desk.provider.url + "/plain.mkv"
    desk.fetch(url=url)
    desk.provider.files["/plain.mkv"] = ServedFile(Pattern(SIZE, seed=2), etag='"two"')

    outcome = desk.resume(url=url)

    assert isinstance(outcome, Fetched) and outcome.validators.etag == '"two"'
    assert desk.provider.requests[1].headers["if-range"] == '"one"'
    assert desk.part.read_bytes() == Pattern(SIZE, seed=2).read(0, SIZE)


def test_a_weak_etag_never_stands_in_if_range(desk):
    desk.provider.files["/plain.mkv"] = ServedFile(Pattern(SIZE), etag='W/"one"')
    held = desk.hold(Pattern(SIZE).read(0, HALF))

    desk.fetch(url=desk.provider.url + "/plain.mkv", durable_offset=held, validators=Validators(etag='W/"one"'))

    assert "if-range" not in desk.provider.requests[-1].headers
    assert desk.part.read_bytes() == Pattern(SIZE).read(0, SIZE)


def test_a_film_that_grew_on_the_server_keeps_what_is_the_same(desk):
    desk.provider.hook = on(cut_after(HALF), first=1)
    desk.fetch()
    desk.provider.files[KEY] = ServedFile(Pattern(SIZE + 5000))

    outcome = desk.resume()

    assert isinstance(outcome, Fetched) and outcome.size == SIZE + 5000
    assert desk.part.read_bytes() == Pattern(SIZE + 5000).read(0, SIZE + 5000)


def test_a_shorter_file_than_what_is_held_is_reported_and_the_part_kept(desk):
    held = desk.hold(desk.film[:HALF])
    desk.provider.files[KEY] = ServedFile(Pattern(50_000, seed=3))

    outcome = desk.fetch(durable_offset=held, total=SIZE)

    assert isinstance(outcome, TransferFailed) and outcome.kind is FailureKind.CHANGED
    assert desk.part.read_bytes() == Pattern(SIZE).read(0, HALF)


@pytest.mark.parametrize("behaviour", [stall_after(100_000), silent, drip(10, 0.01)], ids=["mid", "headers", "drip"])
def test_a_stop_frees_a_blocked_transfer_within_a_second(desk, behaviour):
    desk.provider.hook = on(behaviour)
    desk.provider.redirects = False
    results = []
    thread = threading.Thread(target=lambda: results.append(desk.fetch()))
    thread.start()
    assert (desk.watching.connected if behaviour is silent else desk.watching.first_byte).wait(5)

    begun = time.monotonic()
    desk.watching.stop(StopReason.CANCEL)
    thread.join(5)

    assert results == [Stopped(StopReason.CANCEL)]
    assert time.monotonic() - begun < 1.0


def test_what_arrived_before_a_stop_is_kept(desk):
    desk.provider.hook = on(stall_after(100_000), first=1)
    desk.watching.on_received = lambda size: desk.watching.stop() if size >= 100_000 else None

    stopped = desk.fetch()

    assert stopped == Stopped(StopReason.PAUSE)
    assert desk.watching.offset == desk.part.stat().st_size > 0
    desk.watching = type(desk.watching)(durables=desk.watching.durables)
    assert isinstance(desk.resume(), Fetched) and desk.part.read_bytes() == desk.film


def test_silence_reconnects_and_goes_on_where_it_was(desk):
    desk.provider.hook = on(stall_after(200_000), first=1)
    desk.watching.reconnects = 1

    outcome = desk.fetch(limits=TransferLimits(silence_s=0.2))

    assert isinstance(outcome, Fetched) and desk.part.read_bytes() == desk.film
    assert [failure.is_cut for failure in desk.watching.interruptions] == [True]
    assert desk.watching.size == SIZE + OVERLAP


def test_no_byte_for_too_long_ends_the_attempt_however_often_it_reconnects(desk):
    desk.provider.hook = on(silent)
    desk.watching.reconnects = 1000

    outcome = desk.fetch(limits=TransferLimits(headers_s=0.05, no_progress_s=0.6))

    assert isinstance(outcome, TransferFailed) and outcome.kind is FailureKind.TRANSIENT
    assert "not a byte came" in outcome.message
    assert 3 <= len(desk.watching.interruptions) <= 13


def test_durable_offsets_are_told_on_the_way_every_so_many_bytes(desk):
    desk.provider.rate = 10_000_000

    desk.fetch(limits=TransferLimits(sync_bytes=100_000))

    offsets = [held.offset for held in desk.watching.durables]
    assert len(offsets) >= 2 and offsets == sorted(offsets) and offsets[0] < SIZE


def test_the_disk_is_claimed_but_the_visible_size_stays_what_was_written(desk):
    desk.provider.hook = on(cut_after(HALF))

    desk.fetch()

    assert desk.part.stat().st_size == HALF
    assert desk.part.stat().st_blocks * 512 >= SIZE


def test_secrets_stay_out_of_messages(desk):
    desk.provider.hook = on(cut_after(HALF))

    outcome = desk.fetch()

    assert isinstance(outcome, TransferFailed)
    assert "anna" not in outcome.message and "pw" not in outcome.message and "vauth/" not in outcome.message
    assert "anna" not in repr(desk.request())
