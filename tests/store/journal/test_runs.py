import subprocess
import sys
from dataclasses import dataclass

import pytest

from stalkeer.errors import Conflict, InvalidInput
from stalkeer.jobs.journal.reporting import StoredRun, command_name, end_runs_of_killed_commands, record_run
from stalkeer.store.journal.runs import (
    RunOptions,
    RunOwner,
    RunState,
    claim_run,
    finish_run,
    get_run,
    list_runs,
    queue_run,
    request_cancel,
    start_run,
    take_back_runs,
    waiting_runs,
)


@dataclass(frozen=True)
class Counted:
    count: int
    is_partial: bool = False

    def to_document(self):
        return {"count": self.count}


def latest(database):
    with database.connect() as connection:
        return list_runs(connection)[0]


def test_a_job_leaves_its_report(any_database, clock):
    record_run(any_database, clock, "scan", "radarr", lambda _run: Counted(3))

    run = latest(any_database)
    assert (run.job, run.subject, run.state, run.report) == ("scan", "radarr", RunState.DONE, {"count": 3})


def test_a_job_whose_items_failed_in_part_says_so(database, clock):
    record_run(database, clock, "scan", None, lambda _run: Counted(3, is_partial=True))

    assert latest(database).state is RunState.PARTLY


def test_a_run_that_was_stopped_at_the_keyboard_does_not_look_as_if_it_went_on(database, clock):
    def work(_run):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        record_run(database, clock, "refresh", None, work)

    assert latest(database).state is RunState.CANCELLED


def test_an_error_is_kept_and_raised(database, clock):
    def work(_run):
        raise InvalidInput("no such source")

    with pytest.raises(InvalidInput):
        record_run(database, clock, "refresh", None, work)

    assert (latest(database).state, latest(database).error) == (RunState.FAILED, "no such source")


def test_progress_is_written_at_most_once_a_second(database, clock):
    with database.begin() as connection:
        run = StoredRun(database, clock, RunOwner(start_run(connection, clock(), "match")))

    for done in range(5):
        run.progress(done, 5)
    assert latest(database).progress["done"] == 0
    clock.advance(1)
    run.progress(5, 5)

    assert latest(database).progress["done"] == 5


def test_a_cancel_from_another_process_is_heard_within_a_second(database, clock):
    with database.begin() as connection:
        run = StoredRun(database, clock, RunOwner(start_run(connection, clock(), "match")))
    assert not run.is_cancelled()

    with database.begin() as connection:
        request_cancel(connection, run.owner.run_id, clock())
    clock.advance(1)

    assert run.is_cancelled()


def test_the_same_job_for_the_same_subject_is_queued_once(any_database, clock):
    with any_database.begin() as connection:
        ids = [queue_run(connection, clock(), "refresh", subject) for subject in ("a", "a", "b")]

    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize(("job", "subject"), [("offers", None), ("match", None), ("scan", "radarr#5")])
def test_what_is_decided_while_a_job_runs_gets_a_run_after_it(any_database, clock, job, subject):
    with any_database.begin() as connection:
        running = queue_run(connection, clock(), job, subject)
        claim_run(connection, running, clock(), "a")
        other = queue_run(connection, clock(), job, "another")
        after = queue_run(connection, clock(), job, subject)
        once_more = queue_run(connection, clock(), job, subject)

        assert running != after == once_more
        assert [order.run_id for order in waiting_runs(connection)] == [other]
        assert claim_run(connection, after, clock(), "b") is None

        finish_run(connection, RunOwner(running, "a"), clock(), RunState.DONE)

        assert [order.run_id for order in waiting_runs(connection)] == [other, after]
        assert claim_run(connection, after, clock(), "b") is not None


def test_a_refresh_that_runs_is_joined_because_it_reads_what_the_provider_has_now(any_database, clock):
    with any_database.begin() as connection:
        running = queue_run(connection, clock(), "refresh", "mine")
        claim_run(connection, running, clock(), "a")

        assert queue_run(connection, clock(), "refresh", "mine") == running


def test_a_queued_run_is_claimed_by_one_worker_only(any_database, clock):
    with any_database.begin() as connection:
        run_id = queue_run(connection, clock(), "refresh")
        first, second, again = (claim_run(connection, run_id, clock(), worker) for worker in ("a", "b", "a"))

    assert first is not None and second is None and again is None


def test_a_run_that_lost_its_worker_is_queued_once_more_with_its_options(any_database, clock):
    with any_database.begin() as connection:
        run_id = queue_run(connection, clock(), "refresh", "mine", RunOptions(accept=True))
        claim_run(connection, run_id, clock(), "dead")
        take_back_runs(connection, "dead", clock())
        run = get_run(connection, run_id)
        [order] = waiting_runs(connection)

    assert (run.state, run.worker, run.options) == (RunState.QUEUED, None, RunOptions(accept=True))
    assert (order.run_id, order.crashes) == (run_id, 1)


def test_a_run_that_loses_its_worker_twice_fails_and_says_so(any_database, clock):
    with any_database.begin() as connection:
        run_id = queue_run(connection, clock(), "refresh")
        for worker in ("dead", "dead too"):
            claim_run(connection, run_id, clock(), worker)
            take_back_runs(connection, worker, clock())
        run = get_run(connection, run_id)

    assert run.state is RunState.FAILED and "twice" in run.error


def test_a_run_that_was_to_be_cancelled_is_so_when_its_worker_is_lost(database, clock):
    with database.begin() as connection:
        run_id = start_run(connection, clock(), "refresh", worker="dead")
        request_cancel(connection, run_id, clock())
        take_back_runs(connection, "dead", clock())

        assert get_run(connection, run_id).state is RunState.CANCELLED


def test_a_worker_that_was_away_neither_ends_nor_goes_on_with_what_another_was_given(any_database, clock):
    with any_database.begin() as connection:
        run_id = queue_run(connection, clock(), "refresh")
        claim_run(connection, run_id, clock(), "frozen")
        take_back_runs(connection, "frozen", clock())
        claim_run(connection, run_id, clock(), "other")
    frozen = StoredRun(any_database, clock, RunOwner(run_id, "frozen"))

    frozen.progress(1, 2, "thawed")
    with any_database.begin() as connection:
        finish_run(connection, frozen.owner, clock(), RunState.DONE, {"text": "old"})

    assert frozen.is_cancelled()
    run = latest(any_database)
    assert (run.state, run.worker, run.progress, run.report) == (RunState.RUNNING, "other", None, None)


def test_the_run_of_a_command_that_was_killed_does_not_go_on_for_ever(database, clock):
    killed = subprocess.Popen([sys.executable, "-c", ""])
    killed.wait()
    here = command_name().rpartition("-")[0]
    with database.begin() as connection:
        dead = start_run(connection, clock(), "scan", worker=f"{here}-{killed.pid}")
        alive = start_run(connection, clock(), "match", worker=command_name())
        former = start_run(connection, clock(), "refresh", worker="command-a-container-of-before-7")

    end_runs_of_killed_commands(database, clock())

    with database.connect() as connection:
        states = [get_run(connection, run_id).state for run_id in (dead, alive, former)]
    assert states == [RunState.FAILED, RunState.RUNNING, RunState.FAILED]


def test_the_next_command_ends_the_run_of_one_that_was_killed(database, clock):
    killed = subprocess.Popen([sys.executable, "-c", ""])
    killed.wait()
    with database.begin() as connection:
        dead = start_run(connection, clock(), "refresh", worker=f"{command_name().rpartition('-')[0]}-{killed.pid}")

    record_run(database, clock, "scan", None, lambda _run: Counted(1))

    with database.connect() as connection:
        assert get_run(connection, dead).state is RunState.FAILED


def test_an_ended_run_cannot_be_cancelled(database, clock):
    record_run(database, clock, "scan", None, lambda _run: Counted(1))

    with pytest.raises(Conflict), database.begin() as connection:
        request_cancel(connection, latest(database).id, clock())
