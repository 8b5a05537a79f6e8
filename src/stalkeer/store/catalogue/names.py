"""Read the names of a source's entries."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, select

from stalkeer.model import EntryKind, SourceId
from stalkeer.store.catalogue.visible import IS_CURRENT
from stalkeer.store.db.tables import entries, sources


def sample_names(connection: Connection, source_id: SourceId, *, every: int) -> Iterator[str]:
    """Return an even sample of the names of a source's visible movies and episodes."""
    query = (
        select(entries.c.name)
        .join(sources, sources.c.id == entries.c.source_id)
        .where(entries.c.source_id == source_id, IS_CURRENT, entries.c.kind != EntryKind.LIVE.value)
        .execution_options(yield_per=5_000)
    )
    if every > 1:
        query = query.where(entries.c.id % every == 0)
    yield from connection.scalars(query)
