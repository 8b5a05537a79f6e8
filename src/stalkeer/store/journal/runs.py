"""Runs of jobs: who asked for what, how far it is, what came of it. Progress and cancelling work from any process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType

from sqlalchemy import ColumnElement, Connection, Row, and_, func, select, update

from stalkeer.errors import Conflict, NotFound
from stalkeer.store.db.tables import runs

RunId = NewType("RunId", int)


class RunState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    PARTLY = "partly"  # some items failed
    FAILED = "failed"
    CANCELLED = "cancelled"


LOST_TWICE = (
    "Stalkeer ended twice while this ran. If the system ended it for want of memory, give it more; then start it again."
)
OPEN_STATES = (RunState.QUEUED.value, RunState.RUNNING.value)


@dataclass(frozen=True)
class RunRow:
    id: RunId
    job: str
    subject: str | None
    state: RunState
    options: Mapping[str, object]
    progress: Mapping[str, object] | None  # done, total, message
    report: Mapping[str, object] | None
    error: str | None
    cancel_requested: bool
    worker: str | None
    started_at: datetime
    heartbeat: datetime | None
    finished_at: datetime | None


def start_run(
    connection: Connection, now: datetime, job: str, subject: str | None = None, worker: str | None = None
) -> RunId:
    """A run that is already under way in this process."""
    values = {"job": job, "subject": subject, "state": RunState.RUNNING.value, "started_at": now, "heartbeat": now}
    query = runs.insert().values(**values, worker=worker).returning(runs.c.id)
    return RunId(connection.execute(query).scalar_one())


def queue_run(
    connection: Connection, now: datetime, job: str, subject: str | None, options: Mapping[str, object]
) -> RunId:
    """A run that an engine is to pick up. One that waits or runs for the same job and subject is returned instead."""
    same = select(runs.c.id).where(runs.c.job == job, runs.c.state.in_(OPEN_STATES))
    same = same.where(runs.c.subject.is_(None) if subject is None else runs.c.subject == subject)
    open_run = connection.execute(same.order_by(runs.c.id).limit(1)).scalar_one_or_none()
    if open_run is not None:
        return RunId(open_run)
    values = {"job": job, "subject": subject, "state": RunState.QUEUED.value, "started_at": now}
    query = runs.insert().values(**values, options=dict(options))
    return RunId(connection.execute(query.returning(runs.c.id)).scalar_one())


def set_queued_options(connection: Connection, run_id: RunId, options: Mapping[str, object]) -> bool:
    """Give a run other options. False where it has begun or ended."""
    queued = (runs.c.id == run_id, runs.c.state == RunState.QUEUED.value)
    return connection.execute(update(runs).where(*queued).values(options=dict(options))).rowcount == 1


@dataclass(frozen=True)
class RunOrder:
    """A run that is to be carried out; `crashes` tells a second try from the first."""

    run_id: RunId
    crashes: int


def waiting_runs(connection: Connection) -> list[RunOrder]:
    """Runs that nobody has begun, the oldest first."""
    query = select(runs.c.id, runs.c.crashes).where(runs.c.state == RunState.QUEUED.value).order_by(runs.c.id)
    return [RunOrder(RunId(row.id), row.crashes) for row in connection.execute(query)]


def count_waiting(connection: Connection, job: str, subject_prefix: str) -> int:
    """How many runs of a job nobody has begun yet, whose subject begins so."""
    query = select(func.count()).where(runs.c.job == job, runs.c.state == RunState.QUEUED.value)
    query = query.where(runs.c.subject.startswith(subject_prefix, autoescape=True))
    return int(connection.execute(query).scalar_one())


def claim_run(connection: Connection, run_id: RunId, now: datetime, worker: str) -> RunRow | None:
    """Make a queued run this worker's. None: somebody else has it, or it has ended."""
    result = connection.execute(
        update(runs)
        .where(runs.c.id == run_id, runs.c.state == RunState.QUEUED.value)
        .values(state=RunState.RUNNING.value, worker=worker, started_at=now, heartbeat=now)
    )
    return get_run(connection, run_id) if result.rowcount == 1 else None


@dataclass(frozen=True)
class RunOwner:
    """Whose run it is. A worker that was away must not write over whoever was given the run since."""

    run_id: RunId
    worker: str | None = None

    @property
    def is_ours(self) -> ColumnElement[bool]:
        return and_(
            runs.c.id == self.run_id,
            runs.c.state == RunState.RUNNING.value,
            runs.c.worker.is_not_distinct_from(self.worker),
        )


def write_progress(
    connection: Connection, owner: RunOwner, now: datetime, done: int, total: int | None, message: str
) -> None:
    progress = {"done": done, "total": total, "message": message}
    connection.execute(update(runs).where(owner.is_ours).values(progress=progress, heartbeat=now))


def finish_run(
    connection: Connection,
    owner: RunOwner,
    now: datetime,
    state: RunState,
    report: Mapping[str, object] | None = None,
    error: str | None = None,
) -> None:
    values = {"state": state.value, "report": None if report is None else dict(report), "error": error}
    connection.execute(update(runs).where(owner.is_ours).values(**values, finished_at=now, heartbeat=now))


def hand_back_run(connection: Connection, owner: RunOwner) -> None:
    """Its worker ends before it does: whoever comes next begins it anew."""
    connection.execute(update(runs).where(owner.is_ours).values(state=RunState.QUEUED.value, worker=None))


def request_cancel(connection: Connection, run_id: RunId, now: datetime) -> None:
    """Ask a run to stop. One that has not begun ends here; a running one ends at its next look."""
    run = get_run(connection, run_id)
    if run.state.value not in OPEN_STATES:
        raise Conflict(f"Run {run_id} ({run.job}) is already {run.state.value}; there is nothing to cancel.")
    connection.execute(update(runs).where(runs.c.id == run_id).values(cancel_requested=True))
    connection.execute(
        update(runs)
        .where(runs.c.id == run_id, runs.c.state == RunState.QUEUED.value)
        .values(state=RunState.CANCELLED.value, finished_at=now)
    )


def is_to_stop(connection: Connection, owner: RunOwner) -> bool:
    """The user asked it to, or it is not ours any more."""
    goes_on = select(runs.c.id).where(owner.is_ours, ~runs.c.cancel_requested)
    return connection.execute(goes_on).scalar_one_or_none() is None


def get_run(connection: Connection, run_id: RunId) -> RunRow:
    row = connection.execute(select(runs).where(runs.c.id == run_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no run {run_id}; `stalkeer job list` shows those that are kept.")
    return _row(row)


def list_runs(
    connection: Connection,
    *,
    job: str | None = None,
    open_only: bool = False,
    before: int | None = None,
    limit: int = 50,
    offset: int = 0,
) -> list[RunRow]:
    """The newest first; `before` is the id of the last one already shown."""
    query = select(runs).order_by(runs.c.id.desc()).limit(limit).offset(offset)
    if job is not None:
        query = query.where(runs.c.job == job)
    if open_only:
        query = query.where(runs.c.state.in_(OPEN_STATES))
    if before is not None:
        query = query.where(runs.c.id < before)
    return [_row(row) for row in connection.execute(query)]


def count_runs(connection: Connection, *, job: str | None = None, open_only: bool = False) -> int:
    query = select(func.count()).select_from(runs)
    if job is not None:
        query = query.where(runs.c.job == job)
    if open_only:
        query = query.where(runs.c.state.in_(OPEN_STATES))
    return connection.execute(query).scalar_one()


def take_back_runs(connection: Connection, worker: str, now: datetime) -> int:
    """Runs that a dead worker left behind are queued once more, since whatever they do may be done twice.

    One that loses its worker a second time may well be what ends it: that one fails. The number of those queued.
    """
    left = (runs.c.worker == worker) & (runs.c.state == RunState.RUNNING.value)
    ended = update(runs).values(finished_at=now, heartbeat=now)
    connection.execute(ended.where(left, runs.c.cancel_requested).values(state=RunState.CANCELLED.value))
    connection.execute(ended.where(left, runs.c.crashes > 0).values(state=RunState.FAILED.value, error=LOST_TWICE))
    again = {"state": RunState.QUEUED.value, "worker": None, "crashes": runs.c.crashes + 1}
    return connection.execute(update(runs).where(left).values(again)).rowcount


@dataclass(frozen=True)
class RunningCommand:
    """A run in a process that is no worker."""

    owner: RunOwner
    heartbeat: datetime


def running_commands(connection: Connection, prefix: str) -> list[RunningCommand]:
    """Runs of processes whose names begin so."""
    query = select(runs.c.id, runs.c.worker, runs.c.heartbeat, runs.c.started_at)
    query = query.where(runs.c.state == RunState.RUNNING.value, runs.c.worker.startswith(prefix, autoescape=True))
    return [
        RunningCommand(RunOwner(RunId(row.id), row.worker), row.heartbeat or row.started_at)
        for row in connection.execute(query)
    ]


def last_finished(connection: Connection, job: str, subject: str | None = None) -> datetime | None:
    """When the job last ended well; what a schedule asks before it catches up."""
    query = select(func.max(runs.c.finished_at)).where(
        runs.c.job == job, runs.c.state.in_((RunState.DONE.value, RunState.PARTLY.value))
    )
    if subject is not None:
        query = query.where(runs.c.subject == subject)
    return connection.execute(query).scalar_one_or_none()


def last_report(connection: Connection, job: str) -> Mapping[str, object]:
    """What the job's last run that ended well told; nothing where none did."""
    ended_well = runs.c.state.in_((RunState.DONE.value, RunState.PARTLY.value))
    query = select(runs.c.report).where(runs.c.job == job, ended_well).order_by(runs.c.id.desc()).limit(1)
    return connection.scalar(query) or {}


def _row(row: Row[*tuple[Any, ...]]) -> RunRow:
    values = row._mapping
    return RunRow(
        id=RunId(values["id"]),
        job=values["job"],
        subject=values["subject"],
        state=RunState(values["state"]),
        options=values["options"] or {},
        progress=values["progress"],
        report=values["report"],
        error=values["error"],
        cancel_requested=values["cancel_requested"],
        worker=values["worker"],
        started_at=values["started_at"],
        heartbeat=values["heartbeat"],
        finished_at=values["finished_at"],
    )
