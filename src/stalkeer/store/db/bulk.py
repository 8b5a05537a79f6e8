"""Write very many rows at the driver's own speed: executemany on SQLite, COPY on PostgreSQL."""

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

_CATALOGUE_LOCK = 7825_0002  # PostgreSQL: only one refresh at a time writes titles, as is always the case on SQLite
_CACHE = 10_000  # KiB: the indexes of a million entries do not fit into SQLite's usual two megabytes


@contextmanager
def writing(database: Database) -> Iterator[Connection]:
    """Open a transaction that writes titles or entries. Only one refresh at a time may do so, also on PostgreSQL.

    On SQLite references are not checked: the refresh has locked the source, titles are never deleted, and the checks
    would cost a sixth of the import. The write-ahead log is not emptied: see `Database.empty_log`.
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
    """Reserve ids for new rows. On SQLite the only writer takes the next ids; PostgreSQL uses the sequence."""
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
    """Insert many rows that have a value in each column."""
    _insert(connection, table, columns, rows, mark="?")


def insert_sparse_rows(connection: Connection, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Insert many rows. None becomes NULL; on SQLite an empty text does, too."""
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
    """Replace empty texts by None, for databases other than SQLite."""
    return tuple([None if value == "" else value for value in row])


def copy_rows(connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Insert rows with PostgreSQL's COPY."""
    with _driver(connection).cursor().copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def execute_many(connection: Connection, statement: str, rows: Iterable[Row]) -> int:
    """Execute a statement in the driver's own syntax for each row. Return the number of affected rows."""
    cursor = _driver(connection).cursor()
    try:
        cursor.executemany(statement, rows)
        return int(cursor.rowcount)
    finally:
        cursor.close()


def fetch_among(
    connection: Connection, query: str, column: str, values: Sequence[object], returning: str = ""
) -> list[Row]:
    """Return the rows of `query`, which ends in a condition, where also `column` is in `values`.

    The statement is the same for any number of values, so it is compiled once. For a statement that changes rows,
    `returning` names the columns to return.
    """
    cursor = _driver(connection).cursor()
    try:
        if connection.dialect.name == "sqlite":
            membership, asked = "IN (SELECT value FROM json_each(?))", json.dumps(values)
        else:
            membership, asked = "= ANY(%s)", list(values)  # type: ignore[assignment]
        end = f" RETURNING {returning}" if returning else ""
        cursor.execute(f"{query} AND {column} {membership}{end}", (asked,))
        rows: list[Row] = cursor.fetchall()
        return rows
    finally:
        cursor.close()


def _driver(connection: Connection) -> Any:  # noqa: ANN401 - psycopg's own connection, for COPY
    return connection.connection.driver_connection


def parts_of(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """Split `values` into lists of at most `size`, because a statement takes a limited number of parameters."""
    iterator = iter(values)
    while part := list(islice(iterator, size)):
        yield part
