"""Find out whether a worker is running, so that commands start no second worker."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from stalkeer.engine.intervals import DEFAULT_INTERVALS
from stalkeer.engine.lock import is_held
from stalkeer.store.db.database import Database
from stalkeer.store.downloads.workers import database_now, live_workers


def has_worker(database: Database, data_dir: Path, now: datetime) -> bool:
    """Return whether any worker processes the queue of this database."""
    if database.is_sqlite:
        return is_held(data_dir)
    with database.connect() as connection:
        return bool(live_workers(connection, database_now(connection, now), DEFAULT_INTERVALS.dead_after))
