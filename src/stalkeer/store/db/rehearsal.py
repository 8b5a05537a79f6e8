"""Provide a database for a dry run: it works like the real database, and its changes are discarded."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from stalkeer.store.db.database import Database, open_database, sqlite_url
from stalkeer.store.db.sqlite_file import copy_sqlite


@contextmanager
def rehearse(database: Database) -> Iterator[Database]:
    """Yield a copy of the file on SQLite, so that no lock is held, or on PostgreSQL a transaction to roll back."""
    if database.is_sqlite:
        with tempfile.TemporaryDirectory(prefix="stalkeer-") as folder:
            copy = open_database(sqlite_url(_copied(Path(str(database.engine.url.database)), Path(folder))))
            try:
                yield copy
            finally:
                copy.close()
        return
    with database.begin() as connection:
        outer = connection.begin_nested()
        try:
            yield _OneTransaction(database.engine, database.readers, connection)
        finally:
            outer.rollback()


def _copied(source: Path, folder: Path) -> Path:
    copy = folder / source.name
    copy_sqlite(source, copy)
    return copy


@dataclass(frozen=True)
class _OneTransaction(Database):
    """Open each transaction as a savepoint of a transaction that is rolled back."""

    connection: Connection

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        with self.connection.begin_nested():
            yield self.connection

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        yield self.connection

    def close(self) -> None:
        return
