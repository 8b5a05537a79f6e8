"""Dump every row of the database as lines of JSON, and load such a dump. It is PostgreSQL's backup."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Any

from sqlalchemy import Column, Connection, LargeBinary, MetaData, Table, func, insert, inspect, select, text

from stalkeer.errors import StoreError
from stalkeer.store.db.database import Database
from stalkeer.store.db.migrate import revision_of
from stalkeer.store.db.tables import UtcDateTime, metadata

BATCH = 1000
LONGEST_LINE = 50_000_000  # bytes of a line
NO_ROW = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


def dump_tables(database: Database, target: IO[bytes]) -> str:
    """Write every row of every table from one snapshot, one per line. Return the schema's revision."""
    revision = revision_of(database)
    with database.connect() as connection:
        if not database.is_sqlite:
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
        for table in _tables_of(connection):
            for row in connection.execution_options(yield_per=BATCH).execute(select(table)):
                line = {"table": table.name, "row": {key: _to_json(value) for key, value in row._mapping.items()}}
                target.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
    return revision or ""


def _tables_of(connection: Connection) -> Iterator[Table]:
    """Yield this release's tables with the columns that exist; before a migration some are missing."""
    inspector = inspect(connection)
    for table in metadata.sorted_tables:
        if inspector.has_table(table.name):
            present = {column["name"] for column in inspector.get_columns(table.name)}
            yield Table(table.name, MetaData(), *(Column(c.name, c.type) for c in table.columns if c.name in present))


def load_tables(database: Database, source: IO[bytes]) -> int:
    """Replace all rows by those of a dump, all or nothing. Return the number. The schema must match the dump."""
    count = 0
    with database.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
        for table, rows in _batches(source):
            connection.execute(insert(table), rows)
            count += len(rows)
        if not database.is_sqlite:
            _move_sequences(connection)
    return count


def _batches(source: IO[bytes]) -> Iterator[tuple[Table, list[dict[str, Any]]]]:
    batch: list[dict[str, Any]] = []
    current: Table | None = None
    for line in _lines(source):
        try:
            document = json.loads(line)
            table = metadata.tables[document["table"]]
            row = {name: _from_json(table, name, value) for name, value in document["row"].items()}
        except NO_ROW as error:
            raise _no_row() from error
        if batch and (table is not current or len(batch) >= BATCH):
            assert current is not None
            yield current, batch
            batch = []
        current = table
        batch.append(row)
    if batch and current is not None:
        yield current, batch


def check_rows(source: IO[bytes]) -> None:
    """Raise StoreError unless every line is a row of a known table. Its columns may be those of an earlier release."""
    for line in _lines(source):
        try:
            document = json.loads(line)
            is_row = document["table"] in metadata.tables and all(isinstance(name, str) for name in document["row"])
            is_row = is_row and isinstance(document["row"], dict) and len(document) == 2
        except NO_ROW as error:
            raise _no_row() from error
        if not is_row:
            raise _no_row()


def _lines(source: IO[bytes]) -> Iterator[bytes]:
    while line := source.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE:
            raise _no_row()
        yield line


def _no_row() -> StoreError:
    return StoreError("The backup holds a line that is no row of this schema; it cannot be restored")


def _to_json(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return value


def _from_json(table: Table, name: str, value: object) -> object:
    kind = table.columns[name].type
    if value is not None and isinstance(kind, UtcDateTime):
        return datetime.fromisoformat(str(value))
    if value is not None and isinstance(kind, LargeBinary):
        return base64.b64decode(str(value))
    return value


def _move_sequences(connection: Connection) -> None:
    """Set each sequence beyond the restored ids."""
    for table in metadata.sorted_tables:
        if "id" in table.columns and table.columns["id"].autoincrement is True:
            highest = connection.execute(select(func.max(table.columns["id"]))).scalar()
            if highest is not None:
                sequence = func.pg_get_serial_sequence(table.name, "id")
                connection.execute(select(func.setval(sequence, highest)))
