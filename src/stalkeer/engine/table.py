"""Hold the jobs by name, and carry a run out: here in a thread, or in a process of its own."""

from __future__ import annotations

import logging
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from stalkeer.engine.follow_ups import jobs_after
from stalkeer.errors import NotFound, StalkeerError
from stalkeer.jobs.journal.reporting import Report, Run, StoredRun, follow_run
from stalkeer.store.db.database import Database
from stalkeer.store.journal.runs import (
    RunId,
    RunOwner,
    RunRow,
    RunState,
    claim_run,
    finish_run,
    get_run,
    hand_back_run,
    is_to_stop,
    queue_run,
)

log = logging.getLogger(__name__)

# (subject, options, run) -> report
Work = Callable[[str | None, Mapping[str, object], Run], Report]


@dataclass(frozen=True)
class Job:
    """`is_heavy`: carried out in a process of its own, since a parser's thread would slow down every answer."""

    name: str
    work: Work
    is_heavy: bool = False


@dataclass
class JobTable:
    """`child` makes the command line that carries out a run in another process; None: everything runs in threads."""

    database: Database
    clock: Callable[[], datetime]
    jobs: Sequence[Job]
    child: Callable[[int], Sequence[str]] | None = None
    may_start: Callable[[str], bool] = lambda _job: True  # without being asked for
    _stopping: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _busy: set[int] = field(default_factory=set)

    def check(self, name: str) -> Job:
        found = next((job for job in self.jobs if job.name == name), None)
        if found is None:
            known = ", ".join(job.name for job in self.jobs)
            raise NotFound(f"There is no job {name!r}; there are {known}.")
        return found

    def carry_out(self, run_id: int, worker: str, wake: Callable[[], None]) -> None:
        """Claim the run and do it, where nobody else did; then queue what follows it."""
        with self._lock:
            if self._stopping.is_set() or run_id in self._busy:
                return
            self._busy.add(run_id)
        try:
            with self.database.begin() as connection:
                row = claim_run(connection, RunId(run_id), self.clock(), worker)
            if row is not None:
                self._do(row)
                self._follow(RunId(run_id), wake)
        except StalkeerError as error:
            log.warning("run %d: %s", run_id, error)
        finally:
            with self._lock:
                self._busy.discard(run_id)

    def execute(self, run_id: int) -> None:
        """Do a claimed run in this thread: what a child process calls."""
        with self.database.connect() as connection:
            row = get_run(connection, RunId(run_id))
        self._in_thread(row)

    def stop(self, timeout_s: float) -> bool:
        """Ask what runs to stop, and wait a moment; False where something still does."""
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
        # the pipe is how the child learns of our end, however sudden: see `child.end_with_parent`
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

    def _follow(self, run_id: RunId, wake: Callable[[], None]) -> None:
        with self.database.begin() as connection:
            row = get_run(connection, run_id)
            known = {job.name for job in self.jobs}
            for follower in () if row.options.get("alone") else jobs_after(row.job, row.state):
                if follower in known and self.may_start(follower):
                    queue_run(connection, self.clock(), follower, None, {})
        wake()


class _CutShort(BaseException):
    """The program ends before the run does."""


@dataclass
class _StoppableRun:
    """A stored run that also ends when its process does."""

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
