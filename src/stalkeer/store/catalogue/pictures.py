"""Store the resolutions measured in files whose names state none or another one, and find the pictures of entries."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Connection, and_, delete, select

from stalkeer.model import EntryId, SourceId
from stalkeer.store.db.tables import entries, measured_pictures, sources
from stalkeer.store.sources.visible import IS_SOURCE_CONFIGURED


def is_measured() -> ColumnElement[bool]:
    """Join an entry with the measurement of its file under its present name."""
    return and_(
        measured_pictures.c.source_id == entries.c.source_id,
        measured_pictures.c.entry_key == entries.c.key,
        measured_pictures.c.name == entries.c.name,
    )


def note_picture(connection: Connection, source_id: SourceId, entry_key: str, resolution: int) -> None:
    """Store the measured resolution of the entry's file, under the entry's present name."""
    of_entry = (measured_pictures.c.source_id == source_id, measured_pictures.c.entry_key == entry_key)
    connection.execute(delete(measured_pictures).where(*of_entry))
    query = select(entries.c.name).where(entries.c.source_id == source_id, entries.c.key == entry_key)
    name = connection.execute(query).scalar_one_or_none()
    if name is None:
        return
    values = {"source_id": source_id, "entry_key": entry_key, "name": name, "resolution": resolution}
    connection.execute(measured_pictures.insert().values(**values))


@dataclass(frozen=True)
class LogoPlace:
    """Hold the address of an entry's picture as a template without credentials."""

    source_id: SourceId
    template: str = field(repr=False)


def find_logo(connection: Connection, entry_id: EntryId) -> LogoPlace | None:
    """Return the picture of an entry of a source in use; None for an entry without a picture."""
    query = (
        select(entries.c.source_id, entries.c.logo)
        .join(sources, sources.c.id == entries.c.source_id)
        .where(entries.c.id == entry_id, IS_SOURCE_CONFIGURED)
    )
    row = connection.execute(query).one_or_none()
    return LogoPlace(SourceId(row.source_id), row.logo) if row is not None and row.logo else None
