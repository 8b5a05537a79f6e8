"""Runs of jobs: who asked for what, how far it is, what came of it. Progress and cancelling work from any process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType

from sqlalchemy import Connection, Row, func, select, update

from stalkeer.errors import Conflict, NotFound
from stalkeer.store.tables import runs

RunId = NewType("RunId", int)


class RunState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    PARTLY = "partly"  # some items failed
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN_STATES = (RunState.QUEUED.value, RunState.RUNNING.value)


@dataclass(frozen=True)
class RunRow:
    id: RunId
    job: str
    subject: str | None
    state: RunState
    progress: Mapping[str, object] | None  # done, total, message, options
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
    query = runs.insert().values(**values, progress={"options": dict(options)})
    return RunId(connection.execute(query.returning(runs.c.id)).scalar_one())


def waiting_runs(connection: Connection) -> list[RunId]:
    """Runs that nobody has begun, the oldest first."""
    query = select(runs.c.id).where(runs.c.state == RunState.QUEUED.value).order_by(runs.c.id)
    return [RunId(run_id) for run_id in connection.execute(query).scalars()]


def count_waiting(connection: Connection, job: str, subject_prefix: str) -> int:
    """How many runs of a job nobody has begun yet, whose subject begins so."""
    query = select(func.count()).where(runs.c.job == job, runs.c.state == RunState.QUEUED.value)
    query = query.where(runs.c.subject.startswith(subject_prefix, autoescape=True))
    return int(connection.execute(query).scalar_one())


def claim_run(connection: Connection, run_id: RunId, now: datetime, worker: str) -> RunRow | None:
    """Make a queued run this worker's, or take it again after this worker's restart. None: it is not ours to do."""
    mine = (runs.c.state == RunState.QUEUED.value) | (
        (runs.c.state == RunState.RUNNING.value) & (runs.c.worker == worker)
    )
    result = connection.execute(
        update(runs)
        .where(runs.c.id == run_id, mine)
        .values(state=RunState.RUNNING.value, worker=worker, started_at=now, heartbeat=now)
    )
    return get_run(connection, run_id) if result.rowcount == 1 else None


def write_progress(
    connection: Connection, run_id: RunId, now: datetime, done: int, total: int | None, message: str
) -> None:
    progress = {"done": done, "total": total, "message": message}
    connection.execute(update(runs).where(runs.c.id == run_id).values(progress=progress, heartbeat=now))


def finish_run(
    connection: Connection,
    run_id: RunId,
    now: datetime,
    state: RunState,
    report: Mapping[str, object] | None = None,
    error: str | None = None,
) -> None:
    values = {"state": state.value, "report": None if report is None else dict(report), "error": error}
    connection.execute(update(runs).where(runs.c.id == run_id).values(**values, finished_at=now, heartbeat=now))


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


def is_cancel_requested(connection: Connection, run_id: RunId) -> bool:
    return bool(connection.execute(select(runs.c.cancel_requested).where(runs.c.id == run_id)).scalar_one_or_none())


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


def fail_runs_of(connection: Connection, worker: str, now: datetime) -> int:
    """Runs that a dead worker left behind end as failed: what they were doing is idempotent and starts anew."""
    result = connection.execute(
        update(runs)
        .where(runs.c.worker == worker, runs.c.state == RunState.RUNNING.value)
        .values(state=RunState.FAILED.value, error="Its worker stopped before it ended; start it again.")
        .values(finished_at=now)
    )
    return result.rowcount


def last_finished(connection: Connection, job: str, subject: str | None = None) -> datetime | None:
    """When the job last ended well; what a schedule asks before it catches up."""
    query = select(func.max(runs.c.finished_at)).where(
        runs.c.job == job, runs.c.state.in_((RunState.DONE.value, RunState.PARTLY.value))
    )
    if subject is not None:
        query = query.where(runs.c.subject == subject)
    return connection.execute(query).scalar_one_or_none()


def _row(row: Row[*tuple[Any, ...]]) -> RunRow:
    values = row._mapping
    return RunRow(
        id=RunId(values["id"]),
        job=values["job"],
        subject=values["subject"],
        state=RunState(values["state"]),
        progress=values["progress"],
        report=values["report"],
        error=values["error"],
        cancel_requested=values["cancel_requested"],
        worker=values["worker"],
        started_at=values["started_at"],
        heartbeat=values["heartbeat"],
        finished_at=values["finished_at"],
    )
