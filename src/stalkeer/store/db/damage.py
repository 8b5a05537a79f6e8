"""A SQLite file that cannot be read is set aside, so that the program starts and can say so."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from stalkeer.logs import get_logger
from stalkeer.store.db.sqlite_file import is_sound_sqlite

CHECKED_WHOLE = 200_000_000  # bytes: checking a larger file would hold the start up for seconds
MARK = ".damaged-"
log = get_logger(__name__)


def set_aside_if_damaged(path: Path, now: datetime) -> Path | None:
    """Rename a damaged file and its journal; answers the new name, or None when all is well."""
    if not path.exists() or _is_readable(path):
        return None
    stamp = f"{now.astimezone(UTC):%Y%m%d-%H%M%S}"
    aside = path.with_name(f"{path.name}{MARK}{stamp}")
    for suffix in ("", "-wal", "-shm"):
        present = path.with_name(path.name + suffix)
        if present.exists():
            present.replace(path.with_name(f"{aside.name}{suffix}"))
    log.error("the database is damaged and was set aside", path=str(aside))
    return aside


def damaged_files(path: Path) -> list[Path]:
    """Damaged files that still lie beside the database, the newest last."""
    found = path.parent.glob(f"{path.name}{MARK}*")
    return sorted(one for one in found if not one.name.endswith(("-wal", "-shm")))


def _is_readable(path: Path) -> bool:
    if path.stat().st_size == 0:
        return True  # a new one
    try:
        with closing(sqlite3.connect(path)) as connection:  # read-write: an unclean stop leaves a journal to replay
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        return True  # locked or not permitted is not damaged
    except sqlite3.DatabaseError:
        return False
    return path.stat().st_size > CHECKED_WHOLE or is_sound_sqlite(path)
