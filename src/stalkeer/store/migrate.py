"""Bring the database to this release's schema at start."""

from __future__ import annotations

from pathlib import Path

from stalkeer.store.database import Database
from stalkeer.store.tables import metadata


def migrate(database: Database, backups: Path) -> None:
    metadata.create_all(database.engine)
