"""Set an unreadable SQLite file aside, so that the program can start and report it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from stalkeer.errors import StoreError
from stalkeer.logs import get_logger
from stalkeer.store.db.database import open_database, sqlite_url
from stalkeer.store.db.migrate import revisions
from stalkeer.store.db.sqlite_file import UNREADABLE, find_problem, is_away, is_sound_sqlite, revision_of_sqlite
from stalkeer.store.db.tables import metadata

CHECKED_WHOLE = 200_000_000  # bytes: checking a larger file would delay the start by seconds
MARK = ".damaged-"
JOURNALS = ("-wal", "-shm", "-journal")
# the errors that reading a damaged database may raise
MAYBE_DAMAGE = (ValueError, LookupError, TypeError, ArithmeticError, SQLAlchemyError, StoreError)
log = get_logger(__name__)


def set_aside_if_damaged(path: Path, now: datetime) -> Path | None:
    """Rename a damaged file and its journal. Return the new name, or None for a sound file."""
    _clear_journals(path, now)
    return set_aside(path, now) if path.exists() and not _is_readable(path) else None


def set_aside_if_unusable(path: Path, now: datetime) -> Path | None:
    """Do the same after the program could not read the database, by reading every row of every table.

    A sound file stays, and so does a file that is locked or of another release.
    """
    if not path.is_file():
        return None
    if find_problem(path, is_at_rest=False) is None and (not _is_of_this_release(path) or _can_read_rows(path)):
        return None
    return set_aside(path, now)


def _is_of_this_release(path: Path) -> bool:
    return revision_of_sqlite(path) == revisions()[-1]


def _can_read_rows(path: Path) -> bool:
    """Return whether each value is valid for its column, such as a time or a JSON document."""
    database = open_database(sqlite_url(path))
    try:
        with database.readers.connect() as connection:
            for table in metadata.sorted_tables:
                for _row in connection.execution_options(yield_per=1000).execute(select(table)):
                    pass
    except DBAPIError as error:
        return isinstance(error.orig, Exception) and is_away(error.orig)
    except MAYBE_DAMAGE:
        return False
    finally:
        database.close()
    return True


def set_aside(path: Path, now: datetime) -> Path:
    stamp = f"{now.astimezone(UTC):%Y%m%d-%H%M%S}"
    aside = path.with_name(f"{path.name}{MARK}{stamp}")
    for suffix in ("", *JOURNALS):
        present = path.with_name(path.name + suffix)
        if present.exists() or present.is_symlink():
            present.replace(path.with_name(f"{aside.name}{suffix}"))
    log.error("the database is damaged and was set aside", path=str(aside))
    return aside


def _clear_journals(path: Path, now: datetime) -> None:
    """Rename a folder or device in the place of a journal, because SQLite could not open the database."""
    for suffix in JOURNALS:
        present = path.with_name(path.name + suffix)
        if present.is_dir() or present.is_symlink():
            aside = path.with_name(f"{path.name}{MARK}{now.astimezone(UTC):%Y%m%d-%H%M%S}{suffix}")
            present.replace(aside)
            log.error("a folder or device in the place of a journal was set aside", path=str(aside))


def damaged_files(path: Path) -> list[Path]:
    """Return the damaged files beside the database, the newest last."""
    found = path.parent.glob(f"{path.name}{MARK}*")
    return sorted(file for file in found if not file.name.endswith(JOURNALS))


def _is_readable(path: Path) -> bool:
    if not path.is_file():
        return False  # a folder or a device in its place
    if path.stat().st_size == 0:
        return True  # a new database
    try:
        with closing(sqlite3.connect(path)) as connection:  # read-write: an unclean stop leaves a journal to replay
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        return True  # locked or not permitted is not damaged
    except UNREADABLE:
        return False
    return path.stat().st_size > CHECKED_WHOLE or is_sound_sqlite(path)
