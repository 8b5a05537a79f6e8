"""Store runs of jobs: request, progress and outcome. Any process can read and cancel them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, select, update

from stalkeer.errors import Conflict, NotFound
from stalkeer.model import JobName
from stalkeer.store.db.tables import runs

RunId = NewType("RunId", int)


class RunState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    PARTLY = "partly"  # some items failed
    FAILED = "failed"
    CANCELLED = "cancelled"


LOST_TWICE = "Stalkeer ended twice while this ran. If it ran out of memory, give it more; then start the job again."
OPEN_STATES = (RunState.QUEUED.value, RunState.RUNNING.value)
# A running job has read the database already, so later changes need another run. A refresh reads what a provider
# has now: asking the provider twice in a row would show nothing new.
JOINED_WHILE_RUNNING = frozenset({JobName.REFRESH.value})


@dataclass(frozen=True)
class RunOptions:
    """Hold the options of a run. A job reads only its own.

    `accept`, `anew` and `without_own_times` belong to `refresh` (RefreshOptions); `limit` to `download`: the most
    downloads to queue.
    """

    accept: bool = False
    anew: bool = False
    without_own_times: bool = False
    limit: int | None = None

    @classmethod
    def of_json(cls, stored: Mapping[str, object]) -> RunOptions:
        """Read a stored row. Options that this version does not know are left out."""
        limit = stored.get("limit")
        return cls(
            accept=stored.get("accept") is True,
            anew=stored.get("anew") is True,
            without_own_times=stored.get("without_own_times") is True,
            limit=limit if isinstance(limit, int) else None,
        )

    def to_json(self) -> dict[str, bool | int]:
        """Return the options as stored, without those that are off."""
        return {name: value for name, value in asdict(self).items() if value not in (None, False)}


NO_OPTIONS = RunOptions()


@dataclass(frozen=True)
class RunRow:
    id: RunId
    job: str
    subject: str | None
    state: RunState
    options: RunOptions
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
    """Add a run that this process is already executing."""
    values = {"job": job, "subject": subject, "state": RunState.RUNNING.value, "started_at": now, "heartbeat": now}
    query = runs.insert().values(**values, worker=worker).returning(runs.c.id)
    return RunId(connection.execute(query).scalar_one())


def queue_run(
    connection: Connection, now: datetime, job: str, subject: str | None = None, options: RunOptions = NO_OPTIONS
) -> RunId:
    """Add a run for an engine. Return a queued run of the same job and subject instead, if any.

    A run that has begun is joined by a refresh alone; of every other job the new run waits until that one has ended.
    """
    joined = OPEN_STATES if job in JOINED_WHILE_RUNNING else (RunState.QUEUED.value,)
    same = select(runs.c.id).where(runs.c.job == job, runs.c.state.in_(joined))
    same = same.where(runs.c.subject.is_(None) if subject is None else runs.c.subject == subject)
    open_run = connection.execute(same.order_by(runs.c.id).limit(1)).scalar_one_or_none()
    if open_run is not None:
        return RunId(open_run)
    values = {"job": job, "subject": subject, "state": RunState.QUEUED.value, "started_at": now}
    query = runs.insert().values(**values, options=options.to_json())
    return RunId(connection.execute(query.returning(runs.c.id)).scalar_one())


def set_queued_options(connection: Connection, run_id: RunId, options: RunOptions) -> bool:
    """Replace the options of a queued run. Return False when it has begun or ended."""
    queued = (runs.c.id == run_id, runs.c.state == RunState.QUEUED.value)
    return connection.execute(update(runs).where(*queued).values(options=options.to_json())).rowcount == 1


@dataclass(frozen=True)
class RunOrder:
    """Name a run to execute; `crashes` distinguishes a second attempt from the first."""

    run_id: RunId
    crashes: int


def waiting_runs(connection: Connection) -> list[RunOrder]:
    """Return the runs that may begin, the oldest first."""
    query = select(runs.c.id, runs.c.crashes).where(runs.c.state == RunState.QUEUED.value, ~_is_held_up())
    query = query.order_by(runs.c.id)
    return [RunOrder(RunId(row.id), row.crashes) for row in connection.execute(query)]


def count_waiting(connection: Connection, job: str, subject_prefix: str) -> int:
    """Count the queued runs of a job whose subject has this prefix."""
    query = select(func.count()).where(runs.c.job == job, runs.c.state == RunState.QUEUED.value)
    query = query.where(runs.c.subject.startswith(subject_prefix, autoescape=True))
    return int(connection.execute(query).scalar_one())


def claim_run(connection: Connection, run_id: RunId, now: datetime, worker: str) -> RunRow | None:
    """Assign a queued run to this worker. Return None when another worker has it, it has ended, or has to wait."""
    result = connection.execute(
        update(runs)
        .where(runs.c.id == run_id, runs.c.state == RunState.QUEUED.value, ~_is_held_up())
        .values(state=RunState.RUNNING.value, worker=worker, started_at=now, heartbeat=now)
    )
    return get_run(connection, run_id) if result.rowcount == 1 else None


def _is_held_up() -> ColumnElement[bool]:
    """Return the condition for a queued run whose job is already running for the same subject."""
    other = runs.alias()
    is_same = (other.c.job == runs.c.job, other.c.subject.is_not_distinct_from(runs.c.subject))
    return exists().where(*is_same, other.c.state == RunState.RUNNING.value)


@dataclass(frozen=True)
class RunOwner:
    """Hold the owner of a run.

    A worker that was interrupted must not overwrite a run that another worker has taken over.
    """

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
    """Return a run to the queue, because its worker ends first."""
    connection.execute(update(runs).where(owner.is_ours).values(state=RunState.QUEUED.value, worker=None))


def request_cancel(connection: Connection, run_id: RunId, now: datetime) -> None:
    """Ask a run to stop. A queued run ends at once; a running job stops at its next check."""
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
    """Tell whether the run must stop: the user asked it to, or another worker owns it."""
    goes_on = select(runs.c.id).where(owner.is_ours, ~runs.c.cancel_requested)
    return connection.execute(goes_on).scalar_one_or_none() is None


def get_run(connection: Connection, run_id: RunId) -> RunRow:
    row = connection.execute(select(runs).where(runs.c.id == run_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no run {run_id}; `stalkeer job list` shows all runs.")
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
    """List runs, the newest first. `before` is the last id shown."""
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
    """Queue the runs of a dead worker again; all jobs may be repeated. Return the number.

    A run that loses its worker twice fails, because it may itself be the cause.
    """
    left = (runs.c.worker == worker) & (runs.c.state == RunState.RUNNING.value)
    ended = update(runs).values(finished_at=now, heartbeat=now)
    connection.execute(ended.where(left, runs.c.cancel_requested).values(state=RunState.CANCELLED.value))
    connection.execute(ended.where(left, runs.c.crashes > 0).values(state=RunState.FAILED.value, error=LOST_TWICE))
    again = {"state": RunState.QUEUED.value, "worker": None, "crashes": runs.c.crashes + 1}
    return connection.execute(update(runs).where(left).values(again)).rowcount


@dataclass(frozen=True)
class RunningCommand:
    """Name a run in a process that is not a worker."""

    owner: RunOwner
    heartbeat: datetime


def running_commands(connection: Connection, prefix: str) -> list[RunningCommand]:
    """Return the runs of processes whose names have this prefix."""
    query = select(runs.c.id, runs.c.worker, runs.c.heartbeat, runs.c.started_at)
    query = query.where(runs.c.state == RunState.RUNNING.value, runs.c.worker.startswith(prefix, autoescape=True))
    return [
        RunningCommand(RunOwner(RunId(row.id), row.worker), row.heartbeat or row.started_at)
        for row in connection.execute(query)
    ]


@dataclass(frozen=True)
class EndedRun:
    """Name a run that has ended, and whose follow-up jobs are not queued yet."""

    id: RunId
    job: str
    state: RunState


def list_unfollowed(connection: Connection, worker: str | None = None) -> list[EndedRun]:
    """Return the ended runs whose follow-up jobs are not queued yet, oldest first; with `worker`, only its own."""
    query = select(runs.c.id, runs.c.job, runs.c.state).where(~runs.c.followed, runs.c.state.not_in(OPEN_STATES))
    if worker is not None:
        query = query.where(runs.c.worker == worker)
    rows = connection.execute(query.order_by(runs.c.id))
    return [EndedRun(RunId(row.id), row.job, RunState(row.state)) for row in rows]


def mark_followed(connection: Connection, run_id: RunId) -> bool:
    """Record that the jobs after a run are queued. Return False where another worker has recorded it."""
    unfollowed = (runs.c.id == run_id, ~runs.c.followed)
    return connection.execute(update(runs).where(*unfollowed).values(followed=True)).rowcount == 1


def last_finished(connection: Connection, job: str, subject: str | None = None) -> datetime | None:
    """Return the last successful end of a job. A schedule uses it to catch up."""
    query = select(func.max(runs.c.finished_at)).where(
        runs.c.job == job, runs.c.state.in_((RunState.DONE.value, RunState.PARTLY.value))
    )
    if subject is not None:
        query = query.where(runs.c.subject == subject)
    return connection.execute(query).scalar_one_or_none()


def last_report(connection: Connection, job: str) -> Mapping[str, object]:
    """Return the report of the job's last successful run; empty without any."""
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
        options=RunOptions.of_json(values["options"] or {}),
        progress=values["progress"],
        report=values["report"],
        error=values["error"],
        cancel_requested=values["cancel_requested"],
        worker=values["worker"],
        started_at=values["started_at"],
        heartbeat=values["heartbeat"],
        finished_at=values["finished_at"],
    )
