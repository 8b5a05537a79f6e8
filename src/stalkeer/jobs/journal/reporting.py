"""How a job tells what it does and hears that it is no longer wanted. Jobs know `Run`, not who listens."""

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

COMMAND = "command-"  # what the names of processes begin with that carry out one run and are no workers
LONGEST_COMMAND = timedelta(days=1)  # on another machine, without a sign of life
SHOW_EVERY = timedelta(seconds=1)  # a progress row a second is enough for any eye, and cheap


class Run(Protocol):
    """One execution of a job. Both calls are cheap: call them in inner loops, about once per thousand items."""

    def progress(self, done: int, total: int | None = None, message: str = "") -> None: ...

    def is_cancelled(self) -> bool:
        """True once the user asked to stop: leave things consistent and return what was done so far."""
        ...


class Report(Protocol):
    """What a job hands back: a frozen dataclass that can be shown as one JSON object."""

    def to_document(self) -> Mapping[str, object]: ...


@runtime_checkable
class MayBePartial(Protocol):
    """A report that can say that some items failed; the run is then `partly`, not `done`."""

    @property
    def is_partial(self) -> bool: ...


ReportT = TypeVar("ReportT", bound=Report)


@dataclass
class QuietRun:
    """A run that nobody watches: tests, one-off calls. `cancelled` may be set by the caller."""

    cancelled: bool = False
    shown: list[tuple[int, int | None, str]] = field(default_factory=list)

    def progress(self, done: int, total: int | None = None, message: str = "") -> None:
        self.shown = [(done, total, message)]

    def is_cancelled(self) -> bool:
        return self.cancelled


@dataclass
class StoredRun:
    """A run whose progress lies in the `runs` table, seen and cancelled from any process."""

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
    """Do `work` in this thread as a run that the job list shows. An error is kept in the run and raised again."""
    end_runs_of_killed_commands(database, clock())
    name = command_name()
    with database.begin() as connection:
        run_id = start_run(connection, clock(), job, subject, name)
    return follow_run(StoredRun(database, clock, RunOwner(run_id, name)), work)


def command_name() -> str:
    """Who carries out a run that no worker does."""
    return f"{COMMAND}{socket.gethostname()}-{os.getpid()}"


def end_runs_of_killed_commands(database: Database, now: datetime) -> int:
    """A command that was killed told nobody: its run would look as if it went on for ever. Answers how many."""
    with database.begin() as connection:
        killed = [one for one in running_commands(connection, COMMAND) if not _may_live(database, one, now)]
        for one in killed:
            finish_run(connection, one.owner, now, RunState.FAILED, None, "Its command was ended before it was done.")
    return len(killed)


def _may_live(database: Database, command: RunningCommand, now: datetime) -> bool:
    host, _, pid = (command.owner.worker or "").removeprefix(COMMAND).rpartition("-")
    if host != socket.gethostname():  # with SQLite: this machine's former name, as a container's that was made anew
        return not database.is_sqlite and now - command.heartbeat < LONGEST_COMMAND
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def follow_run(run: StoredRun, work: Callable[[Run], ReportT]) -> ReportT:
    """Do `work` and keep its end in the run's row, which already exists."""
    try:
        report = work(run)
    except StalkeerError as error:
        _finish(run, RunState.FAILED, None, str(error))
        raise
    except KeyboardInterrupt:
        _finish(run, RunState.CANCELLED, None, "Stopped by Ctrl-C before it was done.")
        raise
    except Exception as error:  # noqa: BLE001 - kept for the job list, then raised as it was
        _finish(run, RunState.FAILED, None, f"{type(error).__name__}: {error}")
        raise
    _finish(run, RunState.CANCELLED if run.is_cancelled() else _state_of(report), report.to_document(), None)
    return report


def _state_of(report: object) -> RunState:
    return RunState.PARTLY if isinstance(report, MayBePartial) and report.is_partial else RunState.DONE


def _finish(run: StoredRun, state: RunState, report: Mapping[str, object] | None, error: str | None) -> None:
    with run.database.begin() as connection:
        finish_run(connection, run.owner, run.clock(), state, report, error)
