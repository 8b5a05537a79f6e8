"""Is anyone working on the queue? Asked by commands, so that none starts a second worker beside `serve`."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from stalkeer.engine.lock import is_held
from stalkeer.store.db.database import Database
from stalkeer.store.downloads.workers import database_now, live_workers

SILENT_AFTER = timedelta(seconds=30)


def has_worker(database: Database, data_dir: Path, now: datetime) -> bool:
    if database.is_sqlite:
        return is_held(data_dir)
    with database.connect() as connection:
        return bool(live_workers(connection, database_now(connection, now), SILENT_AFTER))
