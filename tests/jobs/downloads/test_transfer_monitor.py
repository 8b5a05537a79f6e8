"""What is told of a running transfer, by the heartbeat and by its own thread."""

import pytest

from stalkeer.adapters.transfers.request import FailureKind, TransferFailed
from stalkeer.core.downloads.progress import PROGRESS_BYTES, HighWater
from stalkeer.core.downloads.resume import HeldPart
from stalkeer.jobs.downloads.transfer_monitor import Watch
from stalkeer.store.downloads.run_writes import Ownership


def begun(decide=lambda _failure: None, received=600, **given):
    watch = Watch(Ownership(1, 1, "local"), **given)
    watch.begin(HeldPart(0, 1000), HighWater(), decide)
    watch.received(received)
    return watch


def test_a_byte_that_the_heartbeat_is_writing_is_not_told_again_at_the_end():
    watch = begun()
    seen = watch.see()
    watch.received(400)

    last = watch.see_the_end()
    watch.confirm(seen)

    assert (seen.progress.fetched, last.progress.fetched) == (600, 400)


def test_what_could_not_be_written_is_told_the_next_time():
    watch = begun()

    watch.take_back(watch.see())

    assert watch.see().progress.fetched == 600


class Seconds:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.mark.parametrize("before", [0, 600, 10_000_000])
def test_a_connection_without_an_answer_is_never_slow(before):
    clock = Seconds()
    watch = begun(monotonic=clock, received=before)
    watch.opened(lambda: None)

    for clock.now in range(0, 100, 2):
        assert not watch.is_slow(50_000, 10)


def test_a_body_that_hardly_moves_is_slow_from_its_own_first_byte_on():
    clock = Seconds()
    watch = begun(monotonic=clock)
    watch.opened(lambda: None)
    for clock.now in range(0, 30, 2):
        watch.is_slow(50_000, 10)
    watch.received(1)

    seen = []
    for clock.now in range(30, 42, 2):
        watch.received(100)
        seen.append(watch.is_slow(50_000, 10))

    assert seen == [False] * 4 + [True] * 2


def test_a_connection_that_brought_nothing_new_is_not_made_again_within_the_run():
    watch = begun(decide=lambda _failure: 1.0)
    failed = TransferFailed(FailureKind.TRANSIENT, "no answer")

    assert watch.interrupted(failed) is None
    watch.durable(HeldPart(PROGRESS_BYTES))
    assert watch.interrupted(failed) == 1.0
    assert watch.interrupted(failed) is None
