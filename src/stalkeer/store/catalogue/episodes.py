"""Find the episodes with the title and the source of an entry."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from stalkeer.model import EntryId, EntryKind
from stalkeer.store.catalogue.entries import CatalogueEntry, read_entries
from stalkeer.store.catalogue.visible import IS_CURRENT
from stalkeer.store.db.tables import entries, sources, title_keys

MOST_EPISODES = 2_000


def list_episodes_of(connection: Connection, entry_id: EntryId, season: int | None) -> list[CatalogueEntry]:
    """List an entry for each episode of the entry's series or of one of its seasons, the one with the highest
    resolution.

    Only the first MOST_EPISODES episodes are listed.
    """
    own = select(entries.c.source_id, entries.c.title_id).where(entries.c.id == entry_id).subquery()
    own_keys = title_keys.alias()  # an alias, because its own name would mean the title_keys of the outer query
    keys = select(own_keys.c.key).where(own_keys.c.title_id == own.c.title_id, own_keys.c.penalty == 0)
    same_title = select(title_keys.c.title_id).where(title_keys.c.key.in_(keys), title_keys.c.penalty == 0)
    query = (
        select(entries.c.id, entries.c.season, entries.c.episode, entries.c.air_date)
        .join(own, own.c.source_id == entries.c.source_id)
        .join(sources, sources.c.id == entries.c.source_id)
        .where(
            IS_CURRENT,
            entries.c.kind == EntryKind.EPISODE.value,
            entries.c.episode.is_not(None) | entries.c.air_date.is_not(None),
            ~entries.c.protected,
            (entries.c.title_id == own.c.title_id) | entries.c.title_id.in_(same_title),
        )
        .order_by(
            func.coalesce(entries.c.season, 0),
            func.coalesce(entries.c.episode, 0),
            entries.c.air_date,
            func.coalesce(entries.c.resolution, 0).desc(),
            entries.c.id,
        )
    )
    if season is not None:
        query = query.where(entries.c.season == season)
    best: dict[tuple[int | None, int | None, str | None], EntryId] = {}
    for row in connection.execute(query):
        best.setdefault((row.season, row.episode, row.air_date), EntryId(row.id))
    return read_entries(connection, list(best.values())[:MOST_EPISODES])
