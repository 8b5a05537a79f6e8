"""Lock a source for its refresh, and a database for `serve`, across processes. A killed process frees its lock."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from platform import node

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from stalkeer.errors import Conflict, StoreError
from stalkeer.file_lock import FileLock
from stalkeer.model import SourceId
from stalkeer.private_files import make_private_folder
from stalkeer.store.db.database import Database

_SOURCE_LOCKS = 7825  # PostgreSQL's first lock number; the second is the source's id
# otherwise the server would keep the lock of a crashed machine for two hours
_KEEPALIVES = {"tcp_keepalives_idle": 10, "tcp_keepalives_interval": 5, "tcp_keepalives_count": 3}
_SERVE_LOCK = 7825_0003  # 0001 is for migrations, 0002 for the catalogue

LEASE_S = 30.0  # after which a frozen `serve` loses the database
# PostgreSQL 13 and older has no such limit
_END_IDLE_SESSION = text("SELECT set_config(name, :limit, false) FROM pg_settings WHERE name = 'idle_session_timeout'")
_NAME_SESSION = text("SELECT set_config('application_name', :name, false)")
_HOLDER = text(
    "SELECT application_name, host(client_addr) AS client_addr, backend_start FROM pg_stat_activity"
    " JOIN pg_locks USING (pid) WHERE locktype = 'advisory' AND granted AND classid = 0 AND objid = :lock"
    " AND datname = current_database()"
)


@contextmanager
def source_lock(database: Database, source_id: SourceId, folder: Path) -> Iterator[None]:
    """Lock the source for the block. Raises Conflict when another process has the lock."""
    make_private_folder(folder)
    lock = FileLock(folder / f"source-{source_id}")
    if not lock.acquire():
        raise _busy()
    with closing_lock(lock):
        if database.is_sqlite:
            yield
            return
        with database.engine.connect() as connection:  # the connection holds the lock
            numbers = {"room": _SOURCE_LOCKS, "source": source_id}
            if not connection.execute(text("SELECT pg_try_advisory_lock(:room, :source)"), numbers).scalar_one():
                raise _busy()
            connection.commit()
            try:
                yield
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(:room, :source)"), numbers)
                connection.commit()


@contextmanager
def closing_lock(lock: FileLock) -> Iterator[None]:
    try:
        yield
    finally:
        lock.release()


def _busy() -> Conflict:
    return Conflict("The source is already being refreshed; wait for that run or cancel it")


class ServeLock:
    """Hold the lock of the only `serve` of a PostgreSQL database: a lease that `acquire` renews.

    The lock lasts as long as its connection. The server ends the connection of a process that did not renew the lease
    for `LEASE_S`, because it is frozen, and after `_KEEPALIVES` the connection of a machine that is gone.
    """

    def __init__(self, database: Database, lease_s: float = LEASE_S) -> None:
        self._database = database
        self._lease_s = lease_s
        self._connection: Connection | None = None
        self._held = ExitStack()

    def acquire(self) -> bool:
        """Take the lock, or renew it. Return False when another process has it. A lost lock is taken again."""
        if self._connection is not None and _answers(self._connection):
            return True
        self.release()
        with ExitStack() as opened:
            connection = opened.enter_context(self._database.connect())
            connection.execution_options(isolation_level="AUTOCOMMIT")
            for setting, value in _KEEPALIVES.items():
                connection.exec_driver_sql(f"SET {setting} = {value}")
            connection.execute(_END_IDLE_SESSION, {"limit": f"{round(self._lease_s * 1000)}ms"})
            connection.execute(_NAME_SESSION, {"name": f"serve on {node()[:30]}, process {os.getpid()}"})
            if not connection.execute(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": _SERVE_LOCK}).scalar_one():
                return False
            self._connection, self._held = connection, opened.pop_all()
        return True

    def holder(self) -> str:
        """Say which process has the lock: its machine and its start. Empty where the server does not tell."""
        with self._database.connect() as connection:
            row = connection.execute(_HOLDER, {"lock": _SERVE_LOCK}).first()
        if row is None or not row.application_name:
            return ""
        address = f" ({row.client_addr})" if row.client_addr else ""
        return f"{row.application_name}{address}, since {row.backend_start:%Y-%m-%d %H:%M:%S} UTC"

    def release(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(SQLAlchemyError, StoreError):
                connection.invalidate()  # back in the pool, the connection would keep the lock
                self._held.close()


def _answers(connection: Connection) -> bool:
    try:
        connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return False
    return True
