"""Store the results of catalogue lookups: works of the same title, and more titles of a movie or series."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from stalkeer.core.matching.lookup import Namesake, WorkTitles, WorldTitle
from stalkeer.store.db.tables import lookup_cache

_ORIGIN = "namesakes:"
_TITLES = "tmdb"


def read_lookups(connection: Connection, since: datetime) -> dict[tuple[str, str], tuple[Namesake, ...]]:
    """Return (kind, term) -> answer, for answers that were fetched since `since`."""
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


def read_titles(connection: Connection, since: datetime) -> dict[str, WorkTitles]:
    """Return identity of a work -> its titles, for titles that were fetched since `since`."""
    query = select(lookup_cache.c.term, lookup_cache.c.payload)
    query = query.where(lookup_cache.c.origin == _TITLES, lookup_cache.c.fetched_at >= since)
    return {
        row.term: WorkTitles(
            tuple(WorldTitle(*title) for title in row.payload["titles"]), tuple(row.payload["countries"])
        )
        for row in connection.execute(query)
    }


def save_titles(connection: Connection, identity: str, found: WorkTitles, now: datetime) -> None:
    connection.execute(delete(lookup_cache).where(lookup_cache.c.origin == _TITLES, lookup_cache.c.term == identity))
    payload = {"titles": [list(title) for title in found.titles], "countries": list(found.countries)}
    values = {"origin": _TITLES, "term": identity, "payload": payload, "fetched_at": now}
    connection.execute(insert(lookup_cache).values(values))
