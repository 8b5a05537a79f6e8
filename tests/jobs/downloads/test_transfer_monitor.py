"""What is told of a running transfer, by the heartbeat and by its own thread."""

from stalkeer.core.downloads.progress import HighWater
from stalkeer.core.downloads.resume import Held
from stalkeer.jobs.downloads.transfer_monitor import Watch
from stalkeer.store.downloads.run_writes import Ownership


def begun():
    watch = Watch(Ownership(1, 1, "local"))
    watch.begin(Held(0, 1000), HighWater(), lambda _failure, _fruitless: None)
    watch.received(600)
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
