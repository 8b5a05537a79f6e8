"""Report a job's progress and check for cancellation. Jobs know only `Run`, not its readers."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, TypeVar, runtime_checkable

from stalkeer.errors import StalkeerError
from stalkeer.store.db.database import Database
from stalkeer.store.journal.runs import (
    RunningCommand,
    RunOwner,
    RunState,
    finish_run,
    is_to_stop,
    running_commands,
    start_run,
    write_progress,
)

COMMAND = "command-"  # prefix for the names of processes that execute one run and are not workers
LONGEST_COMMAND = timedelta(days=1)  # for a command on another machine without a heartbeat
SHOW_EVERY = timedelta(seconds=1)  # one write per second is cheap


class Run(Protocol):
    """Describe an execution of a job. Both calls are cheap: make them about once per thousand items."""

    def progress(self, done: int, total: int | None = None, message: str = "") -> None: ...

    def is_cancelled(self) -> bool:
        """Return True once the user asked to stop. Leave consistent data and return the results so far."""
        ...


class Report(Protocol):
    """Describe a job's report: a frozen dataclass that becomes a JSON object."""

    def to_document(self) -> Mapping[str, object]: ...


@runtime_checkable
class MayBePartial(Protocol):
    """Describe a report that can state that some items failed. The run then ends as `partly`, not `done`."""

    @property
    def is_partial(self) -> bool: ...


ReportT = TypeVar("ReportT", bound=Report)


@dataclass
class QuietRun:
    """Run without an observer, for tests and direct calls. The caller may set `cancelled`."""

    cancelled: bool = False
    shown: list[tuple[int, int | None, str]] = field(default_factory=list)

    def progress(self, done: int, total: int | None = None, message: str = "") -> None:
        self.shown = [(done, total, message)]

    def is_cancelled(self) -> bool:
        return self.cancelled


@dataclass
class StoredRun:
    """Store the progress of a run in the `runs` table, where any process can read and cancel it."""

    database: Database
    clock: Callable[[], datetime]
    owner: RunOwner
    _next_write: datetime | None = None
    _next_read: datetime | None = None
    _cancelled: bool = False

    def progress(self, done: int, total: int | None = None, message: str = "") -> None:
        now = self.clock()
        if self._next_write is not None and now < self._next_write:
            return
        self._next_write = now + SHOW_EVERY
        with self.database.begin() as connection:
            write_progress(connection, self.owner, now, done, total, message)

    def is_cancelled(self) -> bool:
        now = self.clock()
        if not self._cancelled and (self._next_read is None or now >= self._next_read):
            self._next_read = now + SHOW_EVERY
            with self.database.connect() as connection:
                self._cancelled = is_to_stop(connection, self.owner)
        return self._cancelled


def record_run(
    database: Database, clock: Callable[[], datetime], job: str, subject: str | None, work: Callable[[Run], ReportT]
) -> ReportT:
    """Execute `work` in this thread as a run in the job list. Record an error in the run and raise it again."""
    end_runs_of_killed_commands(database, clock())
    name = command_name()
    with database.begin() as connection:
        run_id = start_run(connection, clock(), job, subject, name)
    return follow_run(StoredRun(database, clock, RunOwner(run_id, name)), work)


def command_name() -> str:
    """Name this process as the owner of a run without a worker."""
    return f"{COMMAND}{socket.gethostname()}-{os.getpid()}"


def end_runs_of_killed_commands(database: Database, now: datetime) -> int:
    """End the runs of killed commands, which would otherwise stay in the list as running. Return the number."""
    with database.begin() as connection:
        killed = [row for row in running_commands(connection, COMMAND) if not _may_live(database, row, now)]
        for row in killed:
            finish_run(connection, row.owner, now, RunState.FAILED, None, "Its command was ended before it was done.")
    return len(killed)


def _may_live(database: Database, command: RunningCommand, now: datetime) -> bool:
    host, _, pid = (command.owner.worker or "").removeprefix(COMMAND).rpartition("-")
    if (
        host != socket.gethostname()
    ):  # with SQLite, another name is an earlier name of this machine, whose container was recreated
        return not database.is_sqlite and now - command.heartbeat < LONGEST_COMMAND
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def follow_run(run: StoredRun, work: Callable[[Run], ReportT]) -> ReportT:
    """Execute `work` and record its end in the existing run row."""
    try:
        report = work(run)
    except StalkeerError as error:
        _finish(run, RunState.FAILED, None, str(error))
        raise
    except KeyboardInterrupt:
        _finish(run, RunState.CANCELLED, None, "Stopped by Ctrl-C before it was done.")
        raise
    except Exception as error:  # noqa: BLE001 - recorded for the job list, then raised again
        _finish(run, RunState.FAILED, None, f"{type(error).__name__}: {error}")
        raise
    _finish(run, RunState.CANCELLED if run.is_cancelled() else _state_of(report), report.to_document(), None)
    return report


def _state_of(report: object) -> RunState:
    return RunState.PARTLY if isinstance(report, MayBePartial) and report.is_partial else RunState.DONE


def _finish(run: StoredRun, state: RunState, report: Mapping[str, object] | None, error: str | None) -> None:
    with run.database.begin() as connection:
        finish_run(connection, run.owner, run.clock(), state, report, error)
