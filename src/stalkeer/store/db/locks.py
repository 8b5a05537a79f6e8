"""Lock a source for its refresh, and a database for `serve`, across processes. A killed process frees its lock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

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
    """Hold the lock of the only `serve` of a PostgreSQL database. It lasts as long as its connection."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Connection | None = None
        self._held = ExitStack()

    def acquire(self) -> bool:
        """Take the lock. Return False when another process has it. Keep a held lock; take a lost lock again."""
        if self._connection is not None and _answers(self._connection):
            return True
        self.release()
        with ExitStack() as opened:
            connection = opened.enter_context(self._database.connect())
            connection.execution_options(isolation_level="AUTOCOMMIT")
            for setting, value in _KEEPALIVES.items():
                connection.exec_driver_sql(f"SET {setting} = {value}")
            if not connection.execute(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": _SERVE_LOCK}).scalar_one():
                return False
            self._connection, self._held = connection, opened.pop_all()
        return True

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
