"""Record the heartbeats of the workers, and remove dead workers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from stalkeer.core.downloads.sight import SeenFolder
from stalkeer.store.db.tables import workers

DEAD_AFTER = timedelta(seconds=30)  # without a heartbeat


@dataclass(frozen=True)
class WorkerRow:
    id: str
    host: str
    pid: int
    role: str  # serve | worker | cli
    started_at: datetime
    heartbeat: datetime
    version: str
    folders: tuple[SeenFolder, ...] = ()  # empty until the worker has looked at them
    hooks: tuple[str, ...] = ()  # names of the hooks whose script it can run


def database_now(connection: Connection, own: datetime) -> datetime:
    """Return the time by the clock that all workers share: PostgreSQL's.

    SQLite has a single worker, whose own clock is used.
    """
    if connection.dialect.name == "sqlite":
        return own
    now: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    return now


def register_worker(connection: Connection, worker: WorkerRow) -> None:
    connection.execute(delete(workers).where(workers.c.id == worker.id))
    connection.execute(workers.insert().values(**_values(worker)))


def beat(connection: Connection, worker: WorkerRow, now: datetime) -> None:
    """Record a heartbeat and what the worker sees and can run. A worker that others removed as dead is added again."""
    values = {**_values(worker), "heartbeat": now}
    seen = {"heartbeat": now, "folders": values["folders"], "hooks": values["hooks"]}
    if connection.execute(update(workers).where(workers.c.id == worker.id).values(**seen)).rowcount == 0:
        connection.execute(workers.insert().values(**values))


def _values(worker: WorkerRow) -> Mapping[str, Any]:
    return {**vars(worker), "folders": [asdict(folder) for folder in worker.folders], "hooks": list(worker.hooks)}


def hold_briefly(connection: Connection, seconds: float) -> None:
    """Let the server end this transaction if the process freezes, so that it does not keep rows locked."""
    if connection.dialect.name == "postgresql":
        limit = max(1000, int(seconds * 1000))
        connection.exec_driver_sql(f"SET LOCAL idle_in_transaction_session_timeout = {limit}")


def remove_worker(connection: Connection, worker_id: str) -> None:
    connection.execute(delete(workers).where(workers.c.id == worker_id))


def remove_dead_workers(connection: Connection, me: str, now: datetime, dead_after: timedelta) -> list[str]:
    """Remove the workers without a heartbeat for `dead_after`. Return their ids, so that their rows can be freed."""
    silent = delete(workers).where(workers.c.id != me, workers.c.heartbeat < now - dead_after)
    return list(connection.execute(silent.returning(workers.c.id)).scalars())


def list_workers(connection: Connection) -> list[WorkerRow]:
    return [
        WorkerRow(
            **{
                **row._mapping,
                "folders": tuple(SeenFolder(**folder) for folder in row.folders or ()),
                "hooks": tuple(row.hooks or ()),
            }
        )
        for row in connection.execute(select(workers).order_by(workers.c.started_at, workers.c.id))
    ]


def is_first_worker(connection: Connection, worker_id: str, now: datetime, dead_after: timedelta) -> bool:
    """Tell whether this worker does the work that only one worker must do: it is the live worker that was started
    first.
    """
    alive = live_workers(connection, now, dead_after)
    return not alive or alive[0].id == worker_id


def live_workers(connection: Connection, now: datetime, dead_after: timedelta) -> list[WorkerRow]:
    return [worker for worker in list_workers(connection) if worker.heartbeat >= now - dead_after]
