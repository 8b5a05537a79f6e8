"""Hold the jobs by name, and execute runs in a thread or in their own process."""

from __future__ import annotations

import logging
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from stalkeer.engine.follow_ups import jobs_after
from stalkeer.errors import NotFound, StalkeerError
from stalkeer.jobs.journal.reporting import Report, Run, StoredRun, follow_run
from stalkeer.model import JobName
from stalkeer.store.db.database import Database, Transaction
from stalkeer.store.journal.runs import (
    RunId,
    RunOptions,
    RunOwner,
    RunRow,
    RunState,
    claim_run,
    finish_run,
    get_run,
    hand_back_run,
    is_to_stop,
    list_unfollowed,
    mark_followed,
    queue_run,
)

log = logging.getLogger(__name__)

# (subject, options, run) -> report
Work = Callable[[str | None, RunOptions, Run], Report]


@dataclass(frozen=True)
class Job:
    """Describe a job. `is_heavy` jobs run in their own process, because parsing would slow down every request."""

    name: str
    work: Work
    is_heavy: bool = False


@dataclass
class JobTable:
    """Hold the jobs. `child` returns the command line for a run; without it, all jobs run in threads."""

    database: Database
    clock: Callable[[], datetime]
    jobs: Sequence[Job]
    child: Callable[[int], Sequence[str]] | None = None
    may_start: Callable[[str], bool] = lambda _job: True  # whether a job may start automatically
    _stopping: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _busy: set[int] = field(default_factory=set)

    def check(self, name: str) -> Job:
        found = next((job for job in self.jobs if job.name == name), None)
        if found is None:
            known = ", ".join(job.name for job in self.jobs)
            raise NotFound(f"There is no job {name!r}. Jobs: {known}.")
        return found

    def carry_out(self, run_id: int, worker: str, wake: Callable[[], None]) -> None:
        """Claim and execute a run unless another worker has, then queue the jobs that follow what has ended."""
        with self._lock:
            if self._stopping.is_set() or run_id in self._busy:
                return
            self._busy.add(run_id)
        try:
            with self.database.begin() as connection:
                row = claim_run(connection, RunId(run_id), self.clock(), worker)
            if row is not None:
                self._do(row)
                self.follow_ended(worker)
                wake()
        except StalkeerError as error:
            log.warning("run %d: %s", run_id, error)
        finally:
            with self._lock:
                self._busy.discard(run_id)

    def execute(self, run_id: int) -> None:
        """Execute a claimed run in this thread. A child process calls this."""
        with self.database.connect() as connection:
            row = get_run(connection, RunId(run_id))
        self._in_thread(row)

    def stop(self, timeout_s: float) -> bool:
        """Ask running jobs to stop and wait. Return False where a job is still running."""
        self._stopping.set()
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            with self._lock:
                if not self._busy:
                    return True
            time.sleep(0.02)
        return False

    def _do(self, row: RunRow) -> None:
        job = self.check(row.job)
        if job.is_heavy and self.child is not None:
            self._in_child(row, self.child(row.id))
        else:
            self._in_thread(row)

    def _in_thread(self, row: RunRow) -> None:
        job = self.check(row.job)
        run = _StoppableRun(StoredRun(self.database, self.clock, _owner(row)), self._stopping)

        def work(_stored: Run) -> Report:
            report = job.work(row.subject, row.options, run)
            if run.was_stopped:
                raise _CutShort
            return report

        try:
            follow_run(run.stored, work)
        except _CutShort:
            with self.database.begin() as connection:
                hand_back_run(connection, _owner(row))

    def _in_child(self, row: RunRow, command: Sequence[str]) -> None:
        # the pipe tells the child about the end of this process: see `child.end_with_parent`
        child = subprocess.Popen(command, stdin=subprocess.PIPE)  # noqa: S603 - our own program
        asked_at: float | None = None
        while child.poll() is None:
            time.sleep(0.2)
            if asked_at is None and (self._stopping.is_set() or self._is_cancelled(row)):
                asked_at = time.monotonic()
                child.terminate()
            elif asked_at is not None and time.monotonic() - asked_at > 5:
                child.kill()
        if child.stdin is not None:
            child.stdin.close()
        with self.database.begin() as connection:
            if self._stopping.is_set():
                hand_back_run(connection, _owner(row))
                return
            state = RunState.FAILED if asked_at is None else RunState.CANCELLED
            error = f"its process ended with code {child.returncode}" if asked_at is None else None
            finish_run(connection, _owner(row), self.clock(), state, None, error)

    def _is_cancelled(self, row: RunRow) -> bool:
        try:
            with self.database.connect() as connection:
                return is_to_stop(connection, _owner(row))
        except StalkeerError:
            return False

    def follow_ended(self, worker: str | None = None) -> bool:
        """Queue the jobs that follow the ended runs of all processes, or only those of `worker`.

        Return whether there was such a run. Several workers may call this at once: each run is followed once.
        """
        with self.database.connect() as connection:
            ended = list_unfollowed(connection, worker)
        followers = {row.id: jobs_after(row.job, row.state) for row in ended}
        known = {job.name for job in self.jobs}
        allowed = {job for jobs in followers.values() for job in jobs if job in known and self.may_start(job)}
        if ended:
            with self.database.begin() as connection:
                for row in ended:
                    if mark_followed(connection, row.id):
                        self._queue_all(connection, [job for job in followers[row.id] if job in allowed])
        return bool(ended)

    def _queue_all(self, connection: Transaction, jobs: Sequence[JobName]) -> None:
        for job in jobs:
            queue_run(connection, self.clock(), job)


class _CutShort(BaseException):
    """Report that the program ended before the run did."""


@dataclass
class _StoppableRun:
    """Report the progress of a run, and cancel the run when its process stops."""

    stored: StoredRun
    stopping: threading.Event
    was_stopped: bool = False

    def progress(self, done: int, total: int | None = None, message: str = "") -> None:
        self.stored.progress(done, total, message)

    def is_cancelled(self) -> bool:
        if self.stopping.is_set():
            self.was_stopped = True
        return self.was_stopped or self.stored.is_cancelled()


def _owner(row: RunRow) -> RunOwner:
    return RunOwner(row.id, row.worker)
