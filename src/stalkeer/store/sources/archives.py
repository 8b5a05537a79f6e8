"""Record the kept copies of playlists with their paths. The refresh job writes the files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select

from stalkeer.model import SourceId
from stalkeer.store.db.tables import archives


@dataclass(frozen=True)
class ArchiveRow:
    id: int
    source_id: SourceId
    generation: int
    path: str
    size: int
    created_at: datetime


def list_archives(connection: Connection, source_id: SourceId | None = None) -> list[ArchiveRow]:
    """List the copies, the newest first."""
    query = select(archives).order_by(archives.c.created_at.desc(), archives.c.id.desc())
    if source_id is not None:
        query = query.where(archives.c.source_id == source_id)
    return [_row(row) for row in connection.execute(query)]


def add_archive(
    connection: Connection, source_id: SourceId, generation: int, path: str, size: int, now: datetime
) -> None:
    connection.execute(
        archives.insert().values(source_id=source_id, generation=generation, path=path, size=size, created_at=now)
    )


def remove_archive(connection: Connection, archive_id: int) -> None:
    connection.execute(delete(archives).where(archives.c.id == archive_id))


def _row(row: Row[*tuple[Any, ...]]) -> ArchiveRow:
    values = row._mapping
    return ArchiveRow(**{name: values[name] for name in ArchiveRow.__dataclass_fields__})
