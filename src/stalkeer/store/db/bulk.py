"""Very many rows by the driver's own speed: executemany on SQLite, COPY on PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, text

from stalkeer.core.catalogue.content import blanks
from stalkeer.store.db.database import Database

T = TypeVar("T")
Row = tuple[Any, ...]

_CATALOGUE_LOCK = 7825_0002  # PostgreSQL: one refresh at a time writes titles, as SQLite has it anyway
_CACHE = 10_000  # KiB: the indexes of a million entries do not fit into SQLite's usual two megabytes


@contextmanager
def writing(database: Database) -> Iterator[Connection]:
    """A transaction that writes titles or entries: one refresh at a time, on PostgreSQL too.

    On SQLite its references are not checked: the source is locked by its refresh, titles are never deleted, and a
    look-up of both for each entry costs a sixth of the import. The log is not emptied: see `Database.empty_log`.
    """
    if database.is_sqlite:
        with database.begin_unchecked(_CACHE) as connection:
            yield connection
        return
    with database.begin() as connection:
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_CATALOGUE_LOCK})"))
        connection.execute(text("SET LOCAL synchronous_commit = off"))
        yield connection


def reserve_ids(connection: Connection, table: str, count: int) -> Sequence[int]:
    """Ids for new rows. SQLite's writer is alone, so the next ones are free; PostgreSQL's sequence hands them out."""
    if not count:
        return []
    if connection.dialect.name == "sqlite":
        last = highest_id(connection, table)
        return range(last + 1, last + 1 + count)
    query = f"SELECT nextval(pg_get_serial_sequence('{table}', 'id')) FROM generate_series(1, {count})"  # noqa: S608
    return [row[0] for row in connection.exec_driver_sql(query)]


def highest_id(connection: Connection, table: str) -> int:
    found: int = connection.exec_driver_sql(f"SELECT coalesce(max(id), 0) FROM {table}").scalar_one()  # noqa: S608
    return found


def insert_rows(connection: Connection, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Insert many rows that say something in each column."""
    _insert(connection, table, columns, rows, mark="?")


def insert_sparse_rows(connection: Connection, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Insert many rows; None is NULL, and so is an empty text on SQLite."""
    is_sqlite = connection.dialect.name == "sqlite"
    _insert(connection, table, columns, list(map(blanks, rows)) if is_sqlite else rows, mark="nullif(?, '')")


def _insert(connection: Connection, table: str, columns: Sequence[str], rows: Sequence[Row], *, mark: str) -> None:
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        marks = ", ".join((mark,) * len(columns))
        statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - our own names
        execute_many(connection, statement, rows)
        return
    copy_rows(connection, table, columns, rows)


def nulls(row: Iterable[object]) -> Row:
    """A row of blanks as other databases want it."""
    return tuple([None if value == "" else value for value in row])


def copy_rows(connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """PostgreSQL's COPY."""
    with _driver(connection).cursor().copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def execute_many(connection: Connection, statement: str, rows: Iterable[Row]) -> int:
    """Run a statement in the driver's own words for each row. Answers how many rows it met."""
    cursor = _driver(connection).cursor()
    try:
        cursor.executemany(statement, rows)
        return int(cursor.rowcount)
    finally:
        cursor.close()


def fetch_among(
    connection: Connection, query: str, column: str, values: Sequence[object], returning: str = ""
) -> list[Row]:
    """The rows of `query` (it ends in a condition) where also `column` is one of `values`; one statement for any
    number of them, so that it is compiled once. Of a statement that changes rows, what it is to be `returning`."""
    cursor = _driver(connection).cursor()
    try:
        if connection.dialect.name == "sqlite":
            one_of, asked = "IN (SELECT value FROM json_each(?))", json.dumps(values)
        else:
            one_of, asked = "= ANY(%s)", list(values)  # type: ignore[assignment]
        end = f" RETURNING {returning}" if returning else ""
        cursor.execute(f"{query} AND {column} {one_of}{end}", (asked,))
        rows: list[Row] = cursor.fetchall()
        return rows
    finally:
        cursor.close()


def _driver(connection: Connection) -> Any:  # noqa: ANN401 - psycopg's own connection, for COPY
    return connection.connection.driver_connection


def parts_of(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """`values` in lists of at most `size`: a statement has no room for a hundred thousand parameters."""
    iterator = iter(values)
    while part := list(islice(iterator, size)):
        yield part
