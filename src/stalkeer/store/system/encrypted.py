"""List the encrypted values of the database, and of a backup of any kind of database and any age."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, select

from stalkeer.store.db.tables import metadata

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "sources": ("credentials",),
    "instances": ("api_key", "login", "webhook_secret"),
    "api_keys": ("key",),
    "settings": ("value",),  # in rows with `secret`
    "published_settings": ("document",),
    "notify_targets": ("address",),
}


def encrypted_in_database(connection: Connection) -> Iterator[str]:
    """Yield every encrypted value of the open database."""
    for table in COLUMNS:
        for row in connection.execute(select(metadata.tables[table])).mappings():
            yield from _tokens(table, dict(row))


def encrypted_in_file(path: Path) -> Iterator[str]:
    """Yield every encrypted value of a SQLite file. Raises sqlite3.DatabaseError for an unreadable file."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        for table in COLUMNS:
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone():
                for row in connection.execute(f"SELECT * FROM {table}"):  # noqa: S608 - one of the names above
                    yield from _tokens(table, dict(row))


def encrypted_in_rows(lines: IO[bytes]) -> Iterator[str]:
    """Yield every encrypted value of a dump of rows. Raises ValueError or KeyError for a line that is not a row."""
    for line in lines:
        document = json.loads(line)
        if document["table"] in COLUMNS:
            yield from _tokens(document["table"], document["row"])


def _tokens(table: str, row: Mapping[str, object]) -> Iterator[str]:
    if table == "settings" and not row["secret"]:
        return
    for column in COLUMNS[table]:
        value = row.get(column)
        if isinstance(value, str) and value:
            # SQLite stores a setting as JSON in quotation marks, and an encrypted value contains none
            yield value.strip('"')
