from dataclasses import dataclass

import pytest

from stalkeer.errors import Conflict, InvalidInput
from stalkeer.jobs.reporting import StoredRun, record_run
from stalkeer.store.runs import (
    RunState,
    claim_run,
    fail_runs_of,
    get_run,
    list_runs,
    queue_run,
    request_cancel,
    start_run,
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


def test_an_error_is_kept_and_raised(database, clock):
    def work(_run):
        raise InvalidInput("no such source")

    with pytest.raises(InvalidInput):
        record_run(database, clock, "refresh", None, work)

    assert (latest(database).state, latest(database).error) == (RunState.FAILED, "no such source")


def test_progress_is_written_at_most_once_a_second(database, clock):
    with database.begin() as connection:
        run = StoredRun(database, clock, start_run(connection, clock(), "match"))

    for done in range(5):
        run.progress(done, 5)
    assert latest(database).progress["done"] == 0
    clock.advance(1)
    run.progress(5, 5)

    assert latest(database).progress["done"] == 5


def test_a_cancel_from_another_process_is_heard_within_a_second(database, clock):
    with database.begin() as connection:
        run = StoredRun(database, clock, start_run(connection, clock(), "match"))
    assert not run.is_cancelled()

    with database.begin() as connection:
        request_cancel(connection, run.run_id, clock())
    clock.advance(1)

    assert run.is_cancelled()


def test_the_same_job_for_the_same_subject_is_queued_once(any_database, clock):
    with any_database.begin() as connection:
        ids = [queue_run(connection, clock(), "refresh", subject, {}) for subject in ("a", "a", "b")]

    assert ids[0] == ids[1] != ids[2]


def test_a_queued_run_is_claimed_by_one_worker_only(any_database, clock):
    with any_database.begin() as connection:
        run_id = queue_run(connection, clock(), "refresh", None, {})
        first, second, again = (claim_run(connection, run_id, clock(), worker) for worker in ("a", "b", "a"))

    assert first is not None and second is None and again is not None


def test_runs_of_a_dead_worker_end_as_failed(database, clock):
    with database.begin() as connection:
        run_id = start_run(connection, clock(), "refresh", worker="dead")
        fail_runs_of(connection, "dead", clock())
        run = get_run(connection, run_id)

    assert run.state is RunState.FAILED and "start it again" in run.error


def test_what_has_ended_cannot_be_cancelled(database, clock):
    record_run(database, clock, "scan", None, lambda _run: Counted(1))

    with pytest.raises(Conflict), database.begin() as connection:
        request_cancel(connection, latest(database).id, clock())
