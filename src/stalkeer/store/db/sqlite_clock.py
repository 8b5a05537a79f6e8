"""Provide `unixepoch('subsec')` on SQLite before 3.42, which returns NULL for it.

From Python 3.12 on, DBOS uses it for column defaults. Without it, no row could be written and the program would not
start. Debian 12 and images based on it have SQLite 3.40.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing

SUBSEC = "subsec"


def add_subsec(connection: sqlite3.Connection) -> None:
    """Add `unixepoch('subsec')` to `connection` if its SQLite lacks it."""
    if not knows_subsec(connection):
        connection.create_function("unixepoch", 1, _unixepoch)


def knows_subsec(connection: sqlite3.Connection) -> bool:
    try:
        return bool(connection.execute(f"SELECT unixepoch('{SUBSEC}')").fetchone() != (None,))
    except sqlite3.OperationalError:  # SQLite before 3.38 lacks the function
        return False


def _unixepoch(moment: object) -> float | None:
    """Return the seconds since 1970: with milliseconds for `subsec`, otherwise whole, as SQLite does."""
    if moment == SUBSEC:
        return round(time.time(), 3)  # SQLite also returns milliseconds
    with closing(sqlite3.connect(":memory:")) as plain:
        found: int | None = plain.execute("SELECT CAST(strftime('%s', ?) AS INTEGER)", (moment,)).fetchone()[0]
    return found
