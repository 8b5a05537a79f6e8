"""`unixepoch('subsec')` on a SQLite before 3.42, which answers it with NULL.

From Python 3.12 on DBOS puts it into the defaults of its columns: without an answer no row of its file could be
written, and the program would not start. Debian 12 and the images made of it have SQLite 3.40.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing

SUBSEC = "subsec"


def add_subsec(connection: sqlite3.Connection) -> None:
    """Let `connection` answer `unixepoch('subsec')`, where its SQLite cannot."""
    if not knows_subsec(connection):
        connection.create_function("unixepoch", 1, _unixepoch)


def knows_subsec(connection: sqlite3.Connection) -> bool:
    try:
        return bool(connection.execute(f"SELECT unixepoch('{SUBSEC}')").fetchone() != (None,))
    except sqlite3.OperationalError:  # before 3.38 there is no such function
        return False


def _unixepoch(moment: object) -> float | None:
    """The seconds since 1970; for everything but `subsec` in whole seconds, as SQLite has them."""
    if moment == SUBSEC:
        return round(time.time(), 3)  # SQLite's own answer ends with the milliseconds, too
    with closing(sqlite3.connect(":memory:")) as plain:
        found: int | None = plain.execute("SELECT CAST(strftime('%s', ?) AS INTEGER)", (moment,)).fetchone()[0]
    return found
