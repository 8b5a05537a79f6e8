"""Read the stored traits of an entry's file: resolution (measured or named), codec, languages."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from stalkeer.model import EntryId
from stalkeer.store.catalogue.pictures import is_measured
from stalkeer.store.db.tables import entries, measured_pictures


@dataclass(frozen=True)
class EntryTraits:
    resolution: int | None = None
    codec: str | None = None


def read_languages(stored: str | None) -> tuple[str, ...]:
    """Split the codes of the column `languages`; subtitles are `sub:fr`."""
    return tuple(filter(None, (stored or "").split(",")))


def entry_traits(connection: Connection, entry_id: EntryId) -> EntryTraits | None:
    query = (
        select(func.coalesce(measured_pictures.c.resolution, entries.c.resolution).label("resolution"))
        .add_columns(entries.c.quality)
        .select_from(entries)
        .outerjoin(measured_pictures, is_measured())
        .where(entries.c.id == entry_id)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    quality = json.loads(row.quality) if row.quality else {}
    codec = quality.get("codec")
    return EntryTraits(row.resolution, str(codec) if codec else None)
