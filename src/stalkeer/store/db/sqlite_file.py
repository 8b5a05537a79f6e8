"""The SQLite file as a file: copy it while others write, see whether it is whole, read its schema's revision."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

VERSION_TABLE = "alembic_version"


def copy_sqlite(source: Path, target: Path) -> None:
    """A consistent copy while others write; readable by the owner alone."""
    target.unlink(missing_ok=True)
    target.touch(0o600)
    with closing(sqlite3.connect(source)) as original, closing(sqlite3.connect(target)) as copy:
        original.backup(copy)


def is_sound_sqlite(path: Path) -> bool:
    """Whether SQLite can read the whole file."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            return bool(connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except sqlite3.DatabaseError:
        return False


def revision_of_sqlite(path: Path) -> str | None:
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            row = connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()  # noqa: S608 - a constant
    except sqlite3.DatabaseError:
        return None
    return None if row is None else str(row[0])
