"""Handle the SQLite file: copy it while others write, check it, and read its schema's revision."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from stalkeer.errors import StoreUnavailable
from stalkeer.private_files import FILE_MODE

VERSION_TABLE = "alembic_version"
COPY_TIMEOUT_S = 30.0
AWAY = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_NOMEM,
    }
)
UNREADABLE = (sqlite3.DatabaseError, ValueError)  # the driver raises ValueError for text that is not UTF-8


class _Held(Exception):
    """Report a copy that waited for too long."""


def copy_sqlite(source: Path, target: Path, busy_timeout_s: float = COPY_TIMEOUT_S) -> None:
    """Make a consistent copy while others write. Only the owner can read it.

    Raises StoreUnavailable when another process holds the file for too long, because SQLite's driver would wait without
    limit.
    """
    target.unlink(missing_ok=True)
    target.touch(FILE_MODE)
    give_up_at = time.monotonic() + busy_timeout_s

    def check(status: int, _remaining: int, _total: int) -> None:
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() > give_up_at:
            raise _Held

    try:
        with closing(sqlite3.connect(source, timeout=0)) as original, closing(sqlite3.connect(target)) as copy:
            original.backup(copy, progress=check)
    except (_Held, sqlite3.OperationalError) as error:
        target.unlink(missing_ok=True)
        reason = "another process holds it" if isinstance(error, _Held) else str(error)
        raise StoreUnavailable(f"The database {source} cannot be copied: {reason}. Try again later") from error


def is_sound_sqlite(path: Path) -> bool:
    """Tell whether SQLite can read the whole file."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as connection:
            return bool(connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except UNREADABLE:
        return False


def find_problem(path: Path, *, is_at_rest: bool = True) -> str | None:
    """Return the problem of a file that may come from anywhere; None for a sound database of Stalkeer, or a locked one.

    A file in use may have a journal, without which its pages are inconsistent. Triggers, views and virtual tables are a
    problem: they would run when the program writes, and Stalkeer's schema has none.
    """
    try:
        with closing(_open_at_rest(path) if is_at_rest else _open_in_use(path)) as connection:
            foreign = connection.execute(
                "SELECT name FROM sqlite_master WHERE type NOT IN ('table', 'index') OR sql LIKE 'CREATE VIRTUAL%'"
            ).fetchone()
            if foreign is not None:
                return f"it holds {foreign[0]!r}, which is no table of Stalkeer"
            [found] = connection.execute("PRAGMA integrity_check(1)").fetchone()
            if found == "ok":
                _read_every_row(connection)
    except UNREADABLE as error:
        return None if is_away(error) else str(error)
    return None if found == "ok" else str(found)


def is_away(error: Exception) -> bool:
    """Return whether the file is locked or out of reach, and not damaged."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in AWAY


def _read_every_row(connection: sqlite3.Connection) -> None:
    """Raise sqlite3.DatabaseError where a text is not UTF-8, which SQLite's own check does not notice."""
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for name in names:
        quoted = name.replace('"', '""')
        for _row in connection.execute(f'SELECT * FROM "{quoted}"'):  # noqa: S608 - a table's own name
            pass


def _open_at_rest(path: Path) -> sqlite3.Connection:
    """Open for reading only, leaving no journal beside the file."""
    return sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)


def _open_in_use(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)


def revision_of_sqlite(path: Path) -> str | None:
    """Return the revision of a file that is not in use."""
    try:
        with closing(_open_at_rest(path)) as connection:
            row = connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()  # noqa: S608 - a constant
    except UNREADABLE:
        return None
    return None if row is None else str(row[0])
