"""Record the heartbeats of the workers, and remove dead workers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select, update

from stalkeer.store.db.tables import workers


@dataclass(frozen=True)
class WorkerRow:
    id: str
    host: str
    pid: int
    role: str  # serve | worker | cli
    started_at: datetime
    heartbeat: datetime
    version: str


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
    connection.execute(workers.insert().values(**vars(worker)))


def beat(connection: Connection, worker: WorkerRow, now: datetime) -> None:
    """Record a heartbeat. A worker that others removed as dead is added again."""
    alive = update(workers).where(workers.c.id == worker.id).values(heartbeat=now)
    if connection.execute(alive).rowcount == 0:
        connection.execute(workers.insert().values(**{**vars(worker), "heartbeat": now}))


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
        WorkerRow(**row._mapping)
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
