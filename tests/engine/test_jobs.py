"""Jobs: carried out once, cancelled from anywhere, followed by what follows them, caught up with after a pause."""

import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import pytest
from dbos import DBOS

from stalkeer.engine.build import build_table
from stalkeer.engine.child import PRIORITY
from stalkeer.engine.engine import Engine
from stalkeer.engine.gate import EngineGate
from stalkeer.engine.schedules import cron_times, next_times, previous_time
from stalkeer.engine.table import Job, JobTable
from stalkeer.errors import Conflict, NotFound
from stalkeer.jobs.journal.reporting import record_run
from stalkeer.model import Origin
from stalkeer.store.journal.runs import (
    RunId,
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
)
from stalkeer.store.sources.description import Credentials, NewSource, SourceOptions
from stalkeer.store.sources.sources import add_source, change_source, list_sources
from tests.doubles.app import make_app
from tests.doubles.house import QUICK, eventually, now, open_house


@dataclass(frozen=True)
class Told:
    text: str = "done"

    def to_document(self):
        return {"text": self.text}


@dataclass
class Work:
    """A job that tells of each call and goes on until it may end."""

    calls: list
    go_on: threading.Event

    def __call__(self, subject, options, run):
        self.calls.append((subject, options))
        while not self.go_on.wait(0.02):
            if run.is_cancelled():
                return Told("cancelled")
        return Told()


@pytest.fixture
def work():
    made = Work([], threading.Event())
    made.go_on.set()
    return made


@pytest.fixture
def engine_of(work):
    def make(house, *names, **more):
        jobs = tuple(Job(name, work) for name in names)
        return house.engine(jobs=JobTable(house.database, house.app.clock, jobs, **more))

    return make


@pytest.fixture
def engine(house, engine_of):
    return partial(engine_of, house)


def run_of(house, run_id):
    with house.database.connect() as connection:
        return get_run(connection, RunId(run_id))


def ended(house, run_id):
    eventually(lambda: run_of(house, run_id).finished_at is not None)
    return run_of(house, run_id)


def test_a_job_is_carried_out_with_its_subject_and_options(house, running, engine, work):
    started: Engine = running(engine("scan"))

    run = ended(house, started.start("scan", "radarr", RunOptions(limit=3)))

    assert work.calls == [("radarr", RunOptions(limit=3))]
    assert (run.state, run.report) == (RunState.DONE, {"text": "done"})


def test_a_run_that_another_process_queued_is_picked_up(house, running, engine, work):
    running(engine("scan"))

    with house.database.begin() as connection:
        run_id = queue_run(connection, now(), "scan")

    assert ended(house, run_id).state is RunState.DONE


def test_a_job_that_is_asked_for_twice_runs_once(house, running, engine, work):
    work.go_on.clear()
    started = running(engine("refresh"))

    first, second = started.start("refresh"), started.start("refresh")
    work.go_on.set()

    assert first == second
    assert ended(house, first).state is RunState.DONE and len(work.calls) == 1


def test_a_running_job_is_cancelled_from_outside(house, running, engine, work):
    work.go_on.clear()
    started = running(engine("scan"))
    run_id = started.start("scan")
    eventually(lambda: work.calls)

    with house.database.begin() as connection:
        request_cancel(connection, RunId(run_id), now())

    assert ended(house, run_id).state is RunState.CANCELLED


def test_what_follows_a_job_is_queued_when_it_ended_well(house, running, engine, work):
    started = running(engine("refresh", "match", "download"))

    started.start("refresh")

    eventually(lambda: len(work.calls) == 3)
    started.wait_idle(10)
    with house.database.connect() as connection:
        assert [run.job for run in list_runs(connection)] == ["download", "match", "refresh"]


def runs_by_command(house, job, subject=None):
    """Carry a job out as a command does: in a process that is no worker."""
    record_run(house.database, house.app.clock, job, subject, lambda run: Told())


def jobs_of(house):
    with house.database.connect() as connection:
        return sorted(run.job for run in list_runs(connection))


@pytest.mark.parametrize(("job", "all_jobs"), [
    ("refresh", ["download", "match", "offers", "refresh"]),
    ("scan", ["download", "offers", "scan"]),
    ("match", ["download", "match", "offers"]),
])  # fmt: skip
def test_what_follows_a_command_is_done_at_once_by_the_engine_beside_it(
    any_house, running, engine_of, work, job, all_jobs
):
    started = running(engine_of(any_house, "refresh", "scan", "match", "download", "offers"))

    runs_by_command(any_house, job)

    eventually(lambda: jobs_of(any_house) == all_jobs)
    assert started.wait_idle(10)


def test_what_follows_a_command_that_ran_while_no_engine_did_is_done_after_the_next_start(house, running, engine, work):
    runs_by_command(house, "scan", "radarr")

    assert running(engine("scan", "offers")).wait_idle(10)

    assert jobs_of(house) == ["offers", "scan"]


def test_a_run_that_two_workers_see_ended_is_followed_once(any_house):
    runs_by_command(any_house, "scan")
    jobs = (Job("download", lambda *_: Told()),)
    other = JobTable(any_house.database, any_house.app.clock, jobs)

    def as_the_other_is_quicker(_job):
        with any_house.database.connect() as connection:
            other.follow_ended()
            (first, *_) = list_runs(connection)
        with any_house.database.begin() as connection:  # its job has begun: another request would not join it
            claim_run(connection, first.id, now(), "other")
        return True

    table = JobTable(any_house.database, any_house.app.clock, jobs, may_start=as_the_other_is_quicker)

    table.follow_ended()

    assert jobs_of(any_house) == ["download", "scan"]


def test_a_command_that_downloads_does_not_do_what_follows_other_runs(house, running, work):
    runs_by_command(house, "scan")
    jobs = JobTable(house.database, house.app.clock, (Job("download", work), Job("match", work)))

    started = running(house.engine("cli", jobs=jobs))
    started.start("match")

    assert started.wait_idle(10)
    assert jobs_of(house) == ["download", "match", "scan"], "of its own run it does"
    assert len(work.calls) == 2


def test_downloads_do_not_follow_where_their_schedule_is_off(house, running, engine, work):
    started = running(engine("match", "download", may_start=lambda job: job != "download"))

    ended(house, started.start("match"))

    assert started.wait_idle(10) and len(work.calls) == 1


def test_an_unknown_job_is_named(running, engine):
    with pytest.raises(NotFound, match="dance"):
        running(engine("scan")).start("dance")


def test_a_job_that_the_end_of_the_program_cuts_short_is_done_after_its_next_start(house, running, engine, work):
    work.go_on.clear()
    started = running(engine("scan"))
    run_id = started.start("scan", options=RunOptions(limit=3))
    eventually(lambda: work.calls)

    assert started.stop() is True
    assert run_of(house, run_id).state is RunState.QUEUED
    work.go_on.set()
    running(engine("scan"))

    assert ended(house, run_id).state is RunState.DONE
    assert work.calls == [(None, RunOptions(limit=3))] * 2


def test_a_job_that_a_crash_cut_short_is_done_once_more_after_the_next_start(house, running, engine, work):
    with house.database.begin() as connection:
        run_id = queue_run(connection, now(), "scan", "radarr", RunOptions(limit=3))
        claim_run(connection, run_id, now(), "local")

    running(engine("scan"))

    assert ended(house, run_id).state is RunState.DONE
    assert work.calls == [("radarr", RunOptions(limit=3))]


def test_the_process_of_a_heavy_job_has_a_lower_priority_than_the_program(tmp_path):
    command = [sys.executable, "-m", "stalkeer", "worker", "--run", "1"]
    environ = {**os.environ, "STALKEER__DATA_DIR": str(tmp_path / "data"), "PYTHONPATH": str(tmp_path)}
    (tmp_path / "sitecustomize.py").write_text(
        "import atexit, os, sys\n"
        "def policy(): return os.sched_getscheduler(0) if sys.platform == 'linux' else None\n"
        "atexit.register(lambda: print('priority', os.nice(0), flush=True))\n"
        "atexit.register(lambda: print('policy', policy(), flush=True))\n"
    )

    child = subprocess.Popen(
        command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    said = child.stdout.read().decode()  # its standard input stays open: it would end with its parent
    child.communicate(timeout=60)

    assert f"priority {min(os.nice(0) + PRIORITY, 19)}\n" in said  # 19 is the lowest there is
    assert f"policy {os.SCHED_BATCH if sys.platform == 'linux' else None}\n" in said


def test_the_process_of_a_heavy_job_ends_with_the_one_that_started_it():
    lasting = "from stalkeer.engine.child import end_with_parent; import time; end_with_parent(); time.sleep(60)"
    child = subprocess.Popen([sys.executable, "-c", lasting], stdin=subprocess.PIPE)

    child.stdin.close()

    assert child.wait(30) == 1


def test_what_was_missed_while_nothing_ran_is_caught_up_with_once(house, running, engine, work):
    with house.database.begin() as connection:
        old = start_run(connection, now() - timedelta(days=3), "scan")
        finish_run(connection, RunOwner(old), now() - timedelta(days=3), RunState.DONE)

    started = running(engine("scan", "refresh"))

    eventually(lambda: work.calls)
    assert started.wait_idle(10)
    assert len(work.calls) == 1, "the refresh never ran before: it waits for its time"


@pytest.mark.parametrize(("origin", "refreshes"), [(Origin.CONFIG, 1), (Origin.UI, 0)])
def test_a_playlist_that_only_the_configuration_file_names_is_read_at_the_start(
    house, running, engine, work, origin, refreshes
):
    with house.database.begin() as connection:
        new = NewSource("fresh", "m3u", Credentials(url="http://tv.example.com/list"), SourceOptions())
        add_source(connection, new, house.app.secrets, now(), origin=origin)

    started = running(engine("scan", "refresh"))

    eventually(lambda: len(work.calls) >= refreshes)
    assert started.wait_idle(10)
    assert [options.without_own_times for _, options in work.calls] == [True] * refreshes


def test_schedules_are_those_of_the_settings(house):
    times = {one.job: one for one in next_times(house.app.settings, now())}

    assert set(times) == set(cron_times(house.app.settings))
    assert all(one.at > now() for one in times.values())
    assert previous_time("0 * * * *", now()) <= now() < previous_time("0 * * * *", now()) + timedelta(hours=1)


def scheduled():
    return {one["context"]: one["schedule"] for one in DBOS.list_schedules()}


def own_times(house, slug, refresh):
    with house.database.begin() as connection:
        found = {row.slug: row for row in list_sources(connection)}
        new = NewSource(slug, "m3u", Credentials(url="http://tv.example.com/list"), SourceOptions(refresh=refresh))
        if slug in found:
            change_source(connection, found[slug], new, house.app.secrets)
        else:
            add_source(connection, new, house.app.secrets, now())


def test_a_changed_schedule_counts_without_a_restart(any_house, running):
    house = any_house
    running(house.engine())

    house.app.change_settings({"schedule.scan": "7 7 * * *", "schedule.cleanup": ""})

    eventually(lambda: scheduled().get("scan") == "7 7 * * *", "the new time counts")
    assert "cleanup" not in scheduled()


def test_a_sources_own_refresh_times_count_without_a_restart(any_house, running):
    house = any_house
    running(house.engine())

    own_times(house, "main", "1 1 * * *")
    eventually(lambda: scheduled().get("refresh:main") == "1 1 * * *", "its times count")
    own_times(house, "main", "2 2 * * *")
    eventually(lambda: scheduled().get("refresh:main") == "2 2 * * *", "its changed times count")
    own_times(house, "main", "")

    eventually(lambda: "refresh:main" not in scheduled(), "the schedule of all counts again")


@pytest.mark.postgres
def test_with_several_processes_only_serve_sets_the_schedules(tmp_path, postgres_database, running):
    with open_house(tmp_path, postgres_database) as house:
        running(house.engine("worker"))
        other = make_app(house.app.paths.data_dir, house.database, now, QUICK)
        own_times(house, "main", "1 1 * * *")
        for times in ("7 7 * * *", "8 8 * * *"):  # the look that saw the first is over when the second is seen
            other.change_settings({"schedule.scan": times})
            eventually(lambda times=times: house.app.settings.schedule.scan == times)

        assert scheduled() == {}


def test_the_schedule_of_all_leaves_out_the_sources_with_times_of_their_own(house, running, engine, work):
    started = running(engine("refresh"))

    for schedule in ("refresh", "refresh:main"):
        started._tick(schedule)
    eventually(lambda: len(work.calls) == 2)

    assert sorted(work.calls, key=str) == [("main", RunOptions()), (None, RunOptions(without_own_times=True))]


def test_no_job_starts_before_the_gate_is_open(house, running, engine, work):
    made = engine("scan")
    gate = EngineGate(made)

    with pytest.raises(Conflict, match="secret key"):
        gate.start("scan")
    gate.open()

    assert ended(house, gate.start("scan")).state is RunState.DONE
    assert made.stop()


def test_a_setting_that_another_process_stored_counts_in_a_running_engine(house, running):
    running(house.engine())
    other = make_app(house.app.paths.data_dir, house.database, now, QUICK)

    other.change_settings({"downloads.concurrent_limit": 9})

    eventually(lambda: house.app.settings.downloads.concurrent_limit == 9)


def test_a_line_that_is_no_cron_line_keeps_no_other_from_being_scheduled(house):
    times = cron_times(house.app.settings, {"main": "whenever", "other": "1 1 * * *"})

    assert "refresh:main" not in times
    assert times["refresh:other"] == "1 1 * * *"


def test_the_process_of_one_run_starts_without_the_engine():
    modules = "stalkeer.app, stalkeer.engine.build, stalkeer.engine.child, stalkeer.engine.process"
    script = f"import sys, {modules}; print('dbos' in sys.modules)"

    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout

    assert shown.strip() == "False"


@pytest.mark.parametrize(
    ("change", "starts"),
    [({}, True), ({"schedule.download": "off"}, False), ({"schedule.hold_downloads": True}, False)],
)
def test_downloads_start_by_themselves_unless_switched_off_or_held_since_the_start(
    house, running, engine, work, change, starts
):
    with house.database.begin() as connection:
        for job in ("download", "cleanup"):
            old = start_run(connection, now() - timedelta(days=3), job)
            finish_run(connection, RunOwner(old), now() - timedelta(days=3), RunState.DONE)
    house.app.change_settings(change)

    may_start = build_table(house.app).may_start
    started = running(engine("download", "cleanup", may_start=may_start))  # both are overdue

    eventually(lambda: work.calls)
    assert started.wait_idle(10)
    with house.database.connect() as connection:
        done = {run.job for run in list_runs(connection, limit=2) if run.finished_at > now() - timedelta(days=1)}
    assert ("download" in done) is starts and "cleanup" in done
    planned = {one.job: one.at for one in next_times(house.app.settings, now())}
    assert (planned["download"] is not None) is starts and planned["cleanup"] is not None
