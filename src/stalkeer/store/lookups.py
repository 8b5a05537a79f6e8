"""What catalogues answered when they were asked for a title."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from stalkeer.matching.lookup import Namesake
from stalkeer.store.tables import lookup_cache

_ORIGIN = "namesakes:"


def read_lookups(connection: Connection, since: datetime) -> dict[tuple[str, str], tuple[Namesake, ...]]:
    """(kind, term) -> answer, of those that are not older."""
    query = select(lookup_cache.c.origin, lookup_cache.c.term, lookup_cache.c.payload)
    query = query.where(lookup_cache.c.origin.startswith(_ORIGIN), lookup_cache.c.fetched_at >= since)
    return {
        (row.origin.removeprefix(_ORIGIN), row.term): tuple(
            Namesake(title, year, tuple(alternates), tmdb_id, tvdb_id)
            for title, year, alternates, tmdb_id, tvdb_id in row.payload
        )
        for row in connection.execute(query)
    }


def save_lookup(connection: Connection, kind: str, term: str, found: Sequence[Namesake], now: datetime) -> None:
    origin = f"{_ORIGIN}{kind}"
    connection.execute(delete(lookup_cache).where(lookup_cache.c.origin == origin, lookup_cache.c.term == term))
    payload = [list(namesake) for namesake in found]
    values = {"origin": origin, "term": term, "payload": payload, "fetched_at": now}
    connection.execute(insert(lookup_cache).values(values))
