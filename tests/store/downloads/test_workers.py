"""The workers of a database, and which of them does what one has to do for all."""

from datetime import timedelta

from stalkeer.store.downloads.workers import WorkerRow, is_first_worker, register_worker

DEAD_AFTER = timedelta(seconds=30)


def test_one_live_worker_alone_does_what_is_done_for_all(any_database, clock):
    with any_database.begin() as connection:
        for minute, name in enumerate(("gone", "first", "second")):
            clock.advance(60)
            register_worker(connection, WorkerRow(name, "host", minute, "worker", clock(), clock(), "1"))
        clock.advance(10)
        firsts = [
            name for name in ("gone", "first", "second") if is_first_worker(connection, name, clock(), DEAD_AFTER)
        ]
        assert firsts == ["second"], "those before it have gone silent"


def test_of_two_live_workers_the_one_that_was_started_first_does_it(any_database, clock):
    with any_database.begin() as connection:
        for number, name in enumerate(("b", "a")):
            register_worker(connection, WorkerRow(name, "host", number, "worker", clock(), clock(), "1"))
            clock.advance(1)

        assert [is_first_worker(connection, name, clock(), DEAD_AFTER) for name in ("b", "a", "c")] == [
            True,
            False,
            False,
        ]
