"""Open the database and its connections. Supports SQLite and PostgreSQL; knows nothing of the stored data."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DataError, DBAPIError, OperationalError

from stalkeer.errors import InvalidInput, StoreError, StoreUnavailable
from stalkeer.private_files import FILE_MODE
from stalkeer.store.db.sqlite_clock import add_subsec
from stalkeer.store.db.turns import Turns

BUSY_TIMEOUT_S = 30
READ_TIMEOUT_S = 5  # readers never wait for writers, only for a program that locks the whole file
SQLITE_STATEMENTS = 32  # prepared per connection; statements of wide tables take tens of kilobytes each
SQLITE_PAGES_KIB = 500  # cache of each connection; the system caches the file too, so reading is no slower
SQLITE_READERS = 8  # open connections: as many as a busy worker needs
SQLITE_WRITERS = 3  # one connection writes, the others wait
SQLITE_MOST = 20  # connections for reading, and for writing
DISPATCH_KEPT = 5
SQLITE_LOG_PAGES = 1_000  # log size at which a commit moves the pages into the file
# The data is in memory or on an SSD. With PostgreSQL's default costs, reading a thousand rows by id would count as much
# as reading the whole table. Just-in-time compilation takes longer than these statements.
POSTGRES_OPTIONS = "-c timezone=UTC -c random_page_cost=1.1 -c jit=off"
READ_ONLY = ((sqlite3.SQLITE_READONLY, None), (None, "25006"))  # how SQLite and PostgreSQL refuse a write
CHECKS = {
    "sqlite": "its folder is writable and has space, and that no other program holds the file",
    "postgresql": "the server runs and accepts connections from here",
}
Transaction = Connection  # the name for other rooms, which pass it to store functions


class SmallConnection(sqlite3.Connection):
    """Open a connection to SQLite with a small cache, so that its memory does not grow with the file."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.execute(f"PRAGMA cache_size=-{SQLITE_PAGES_KIB}")


SMALL_SQLITE: Mapping[str, Any] = {"cached_statements": SQLITE_STATEMENTS, "factory": SmallConnection}


@dataclass(frozen=True)
class Database:
    """Hold a database. `begin` opens a transaction for writing, `connect` one in which every write fails.

    On SQLite `readers` has its own connections: switching `query_only` for each block would make SQLite compile its
    prepared statements again. On PostgreSQL both use the same connections.
    """

    engine: Engine
    readers: Engine
    # turns of the writers, on SQLite
    turns: Turns = field(default_factory=Turns, init=False, compare=False, repr=False)

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Open a transaction: committed at the end, rolled back on an exception. On SQLite it holds the write lock.

        There, the writers of a process take turns, and a waiting writer needs no connection yet.
        """
        with self._turn(), _translated(self.engine), self.engine.connect() as connection, connection.begin():
            if self.is_sqlite:
                # the driver's own BEGIN is off; taking the lock now avoids a failed upgrade later
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection

    def _turn(self) -> AbstractContextManager[None]:
        return self.turns.take(BUSY_TIMEOUT_S) if self.is_sqlite else nullcontext()

    @contextmanager
    def begin_unchecked(self, cache_kib: int) -> Iterator[Connection]:
        """Open a SQLite transaction for very many rows, whose writer guarantees their references.

        The written pages move from the log into the file after the lock is released. Within a commit, the disk would
        make that the longest part.
        """
        with _translated(self.engine), self.engine.connect() as connection:
            try:
                with connection.begin():
                    connection.exec_driver_sql("PRAGMA foreign_keys=OFF")  # ignored after BEGIN
                    connection.exec_driver_sql(f"PRAGMA cache_size=-{cache_kib}")
                    connection.exec_driver_sql("PRAGMA wal_autocheckpoint=0")
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                    yield connection
            finally:
                connection.exec_driver_sql("PRAGMA foreign_keys=ON")
                connection.exec_driver_sql(f"PRAGMA wal_autocheckpoint={SQLITE_LOG_PAGES}")

    def empty_log(self) -> None:
        """Move committed pages from the log into the file, on SQLite. Blocks no other connection."""
        if self.is_sqlite:
            with _translated(self.engine), self.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """Open a connection for reading; its snapshot ends with the block. A write raises StoreError."""
        with _translated(self.engine), _write_refused(), self.readers.connect() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN")
            yield connection

    def answers(self, timeout_s: float) -> bool:
        """Tell whether the database can be read. On SQLite, wait for a lock that long."""
        return self._tries("SELECT count(*) FROM sqlite_master", timeout_s)

    def takes_writes(self, timeout_s: float) -> bool:
        """Tell whether the write lock is free. Only SQLite has such a lock."""
        return not self.is_sqlite or self._tries("BEGIN IMMEDIATE", timeout_s)

    def _tries(self, statement: str, timeout_s: float) -> bool:
        try:
            if self.is_sqlite:
                _try_sqlite(str(self.engine.url.database), statement, timeout_s)
            else:
                with self.connect() as connection:
                    connection.exec_driver_sql("SELECT 1")
        except (StoreError, sqlite3.Error):
            return False
        return True

    def open_ahead(self) -> None:
        """Open all permanent connections on SQLite, so that the process has its full size from the start."""
        if self.is_sqlite:
            _fill_pool(self.engine, SQLITE_WRITERS)
            _fill_pool(self.readers, SQLITE_READERS)

    def close(self) -> None:
        self.engine.dispose()
        self.readers.dispose()


def _try_sqlite(path: str, statement: str, timeout_s: float) -> None:
    """Use a separate connection: those of the pool wait longer, and all may be in use."""
    with closing(sqlite3.connect(f"file:{quote(path)}?mode=rw", timeout=timeout_s, uri=True)) as connection:
        connection.isolation_level = None
        connection.execute(statement)


def sqlite_url(path: Path) -> str:
    return f"sqlite:///{path}"


def open_database(url: str, busy_timeout_s: float = BUSY_TIMEOUT_S) -> Database:
    """Open the database at `url`: `sqlite:///file` or `postgresql://user:password@host/name`.

    On SQLite a statement waits `busy_timeout_s` for other processes. Does not touch the schema: see `store.migrate`.
    Raises StoreError for other kinds of database.
    """
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        writers = _sqlite_pool(parsed, SQLITE_WRITERS, busy_timeout_s)
        readers = _sqlite_pool(parsed, SQLITE_READERS, min(busy_timeout_s, READ_TIMEOUT_S))
        event.listen(readers, "connect", _forbid_writes)
        return Database(writers, readers)
    if backend == "postgresql":
        engine = create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            pool_size=10,
            max_overflow=20,
            connect_args={"options": POSTGRES_OPTIONS, "connect_timeout": 10},
        )
        # SQLAlchemy sets this when a connection leaves the pool, and resets it on return
        return Database(engine, engine.execution_options(postgresql_readonly=True))
    raise StoreError(f"database.url names {backend!r}; use sqlite:///path or postgresql://user:password@host/name")


def _sqlite_pool(url: URL, kept: int, busy_timeout_s: float) -> Engine:
    # each connection caches pages and statements: reuse the last one first, so that the others stay small
    given = {"timeout": busy_timeout_s, "check_same_thread": False, **SMALL_SQLITE}
    engine = create_engine(url, connect_args=given, pool_use_lifo=True, pool_size=kept, max_overflow=SQLITE_MOST - kept)
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def open_dispatch_database(path: Path) -> Database:
    """Open the SQLite file of the job engine. Rows lost in a power cut are made again at the next start."""
    engine = create_engine(
        sqlite_url(path),
        connect_args={"timeout": BUSY_TIMEOUT_S, **SMALL_SQLITE},
        pool_use_lifo=True,
        pool_size=DISPATCH_KEPT,
        max_overflow=0,
        pool_timeout=2 * BUSY_TIMEOUT_S,
    )
    event.listen(engine, "connect", _prepare_dispatch)
    path.touch(FILE_MODE)  # SQLite gives the files beside it the same permissions
    _fill_pool(engine, DISPATCH_KEPT)
    return Database(engine, engine)


def _prepare_dispatch(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = "IMMEDIATE"  # writers wait at BEGIN, not at COMMIT
    add_subsec(connection)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")


def _fill_pool(engine: Engine, size: int) -> None:
    with _translated(engine), ExitStack() as opened:
        for _ in range(size):
            opened.enter_context(engine.connect()).exec_driver_sql("SELECT count(*) FROM sqlite_master")


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own transactions start late and deferred: two writers would collide at commit.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA temp_store=MEMORY")
    # some builds overwrite freed pages with zeros; a refresh frees thousands
    connection.execute("PRAGMA secure_delete=FAST")


def _forbid_writes(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA query_only=ON")


@contextmanager
def _write_refused() -> Iterator[None]:
    """Report a write through a reading connection as our own error, not as an unavailable database."""
    try:
        yield
    except DBAPIError as error:
        codes = (getattr(error.orig, "sqlite_errorcode", None), getattr(error.orig, "sqlstate", None))
        if codes not in READ_ONLY:
            raise
        raise StoreError(f"A read-only connection was used to write: {error.orig}") from error


def _first_line(error: OperationalError) -> str:
    """Return the first line of the driver's message. psycopg adds advice for administrators below it."""
    return str(error.orig).strip().partition("\n")[0].rstrip(".")


@contextmanager
def _translated(engine: Engine) -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise StoreUnavailable(
            f"The database at {engine.url.render_as_string(hide_password=True)} does not answer: {_first_line(error)}. "
            f"Check that {CHECKS[engine.dialect.name]}; Stalkeer continues when it is back."
        ) from error
    except DataError as error:
        raise InvalidInput(f"The database cannot hold a value of this kind: {error.orig}") from error
    except DBAPIError as error:
        raise StoreError(f"The database refused a statement: {error.orig}") from error
    except OverflowError as error:  # the driver raises it for a number beyond 64 bits
        raise InvalidInput("The database cannot hold a number beyond 64 bits; ids have fewer digits") from error
