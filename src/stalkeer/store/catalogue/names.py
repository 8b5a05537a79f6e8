"""Read the names of a source's entries."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from sqlalchemy import Connection, Row, select

from stalkeer.model import EntryKind, SourceId
from stalkeer.store.catalogue.visible import IS_CURRENT, IS_LISTED
from stalkeer.store.db.tables import entries, sources, title_keys


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


def sources_of_channels(connection: Connection, names: Collection[str]) -> dict[str, set[SourceId]]:
    """Return the sources whose list has a live channel of each of these names."""
    is_named = (entries.c.kind == EntryKind.LIVE.value, entries.c.name.in_(names))
    query = select(entries.c.name, entries.c.source_id).join(sources, sources.c.id == entries.c.source_id)
    return _by_name(connection.execute(query.where(*is_named, IS_LISTED).distinct())) if names else {}


def sources_of_title_keys(connection: Connection, keys: Collection[str]) -> dict[str, set[SourceId]]:
    """Return the sources whose list has a movie or series of each of these title keys."""
    query = (
        select(title_keys.c.key, entries.c.source_id)
        .join(entries, entries.c.title_id == title_keys.c.title_id)
        .join(sources, sources.c.id == entries.c.source_id)
        .where(title_keys.c.key.in_(keys), IS_LISTED)
    )
    return _by_name(connection.execute(query.distinct())) if keys else {}


def _by_name(rows: Iterable[Row[*tuple[str, int]]]) -> dict[str, set[SourceId]]:
    found: dict[str, set[SourceId]] = {}
    for name, source_id in rows:
        found.setdefault(name, set()).add(SourceId(source_id))
    return found
