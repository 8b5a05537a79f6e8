"""Read the catalogue for matching: entries by title keys, and how far each source was matched."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    Connection,
    Dialect,
    Select,
    delete,
    func,
    insert,
    select,
    text,
)

from stalkeer.model import EntryId, EntryKind, SourceId
from stalkeer.store.catalogue.visible import IS_CURRENT, IS_MATCHED
from stalkeer.store.db.bulk import fetch_among
from stalkeer.store.db.chunks import among, chunks, id_chunks
from stalkeer.store.db.tables import entries, match_marks, sources, title_keys, titles
from stalkeer.store.sources.visible import IS_SOURCE_IN_USE


class EntryRow(NamedTuple):
    """Hold a visible entry with the columns that matching needs."""

    id: EntryId
    name: str
    kind: str
    group: str
    year: int | None
    season: int | None
    episode: int | None
    episode_end: int | None
    air_date: str | None
    country: str | None
    tmdb_id: int | None
    logo: str | None
    duration_s: int | None
    source_id: SourceId
    source_slug: str
    key: str
    added_gen: int
    kind_reason: str | None


@dataclass(frozen=True, slots=True)
class SourceMark:
    """Hold the generation up to which a source's catalogue has been matched."""

    source_id: SourceId
    generation: int
    matched: int
    version: str


def read_marks(connection: Connection) -> list[SourceMark]:
    query = (
        select(sources.c.id, sources.c.generation, match_marks.c.generation.label("matched"), match_marks.c.version)
        .outerjoin(match_marks, match_marks.c.source_id == sources.c.id)
        .where(IS_SOURCE_IN_USE)
    )
    return [
        SourceMark(SourceId(row.id), row.generation, row.matched or 0, row.version or "")
        for row in connection.execute(query)
    ]


def note_marks(connection: Connection, marks: Iterable[SourceMark], version: str) -> None:
    for mark in marks:
        connection.execute(delete(match_marks).where(match_marks.c.source_id == mark.source_id))
        values = {"source_id": mark.source_id, "generation": mark.generation, "version": version}
        connection.execute(insert(match_marks).values(values))


_ENTRIES = (
    select(
        entries.c.id, entries.c.name, entries.c.kind, func.coalesce(entries.c.group_title, ""), entries.c.year,
        entries.c.season, entries.c.episode, entries.c.episode_end, entries.c.air_date, entries.c.country,
        entries.c.tmdb_id, entries.c.logo, entries.c.duration_s, entries.c.source_id, sources.c.slug, entries.c.key,
        entries.c.added_gen, entries.c.kind_reason,
    )
    .join(sources, sources.c.id == entries.c.source_id)
    .where(IS_MATCHED)
)  # fmt: skip


# the first condition is that of the partial index, so that the database uses it
_MOVIES_WITH_ID = _ENTRIES.where(entries.c.tmdb_id.is_not(None), entries.c.kind.concat("") != EntryKind.EPISODE.value)


@cache
def _in_words(query: Select[Any], dialect: Dialect) -> str:
    """Return the SQL text of a statement, ready for a further condition."""
    return str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


def stream_title_keys(connection: Connection) -> Iterator[tuple[str, int]]:
    """Yield every key of every title, to find those that may match."""
    query = select(title_keys.c.key, title_keys.c.title_id).execution_options(yield_per=5_000)
    for part in connection.execute(query).partitions():
        yield from part


def titles_with_keys(connection: Connection, keys: Collection[str]) -> set[int]:
    found: set[int] = set()
    for chunk in chunks(sorted(keys)):
        found.update(connection.scalars(select(title_keys.c.title_id).where(title_keys.c.key.in_(chunk))))
    return found


class KeySpan(NamedTuple):
    """Select keys with a given start (or end, for a `mirror`) and a length in a range."""

    start: str
    shortest: int
    longest: int
    is_mirror: bool = False


def keys_in_spans(connection: Connection, spans: Iterable[KeySpan]) -> list[tuple[str, int]]:
    """Return (key, title) of all keys in these spans; some twice. Many spans share a statement, which saves time."""
    found: list[tuple[str, int]] = []
    for chunk in chunks(sorted(spans, key=lambda span: span.is_mirror), _SPANS_AT_ONCE):
        values: dict[str, str | int] = {}
        for number, span in enumerate(chunk):
            values |= {f"start{number}": span.start, f"end{number}": span.start + "\U0010fff0"}
            values |= {f"shortest{number}": span.shortest, f"longest{number}": span.longest}
        looks = " UNION ALL ".join(_look(number, span.is_mirror) for number, span in enumerate(chunk))
        found += [(key, title_id) for key, title_id in connection.execute(text(looks), values).all()]
    return found


_SPANS_AT_ONCE = 100


def _look(number: int, is_mirror: bool) -> str:  # noqa: FBT001 - a field of the span
    column = "mirror" if is_mirror else '"key"'
    return (
        f'SELECT "key", title_id FROM title_keys WHERE {column} BETWEEN :start{number} AND :end{number}'  # noqa: S608
        f' AND length("key") BETWEEN :shortest{number} AND :longest{number}'
    )


def entries_of_titles(connection: Connection, title_ids: Collection[int]) -> Iterator[EntryRow]:
    statement = _in_words(_ENTRIES, connection.dialect)
    for chunk in id_chunks(title_ids):
        yield from map(EntryRow._make, fetch_among(connection, statement, "entries.title_id", chunk))


def entries_with_tmdb(connection: Connection, tmdb_ids: Collection[int]) -> Iterator[EntryRow]:
    """Return movies whose TMDB id, by the account, is one of these."""
    statement = _in_words(_MOVIES_WITH_ID, connection.dialect)
    for chunk in id_chunks(tmdb_ids):
        yield from map(EntryRow._make, fetch_among(connection, statement, "entries.tmdb_id", chunk))


class FreshEntry(NamedTuple):
    """Hold a new or changed entry, with the columns that show whether it must be matched."""

    id: int
    title_id: int
    tmdb_id: int | None
    logo: str | None


def entries_since(connection: Connection, source_id: SourceId, generation: int) -> Iterator[FreshEntry]:
    """Yield entries added or changed after a generation, by two queries with an index each."""
    columns = (entries.c.id, entries.c.title_id, entries.c.tmdb_id, entries.c.logo)
    query = (
        select(*columns)
        .join(sources, sources.c.id == entries.c.source_id)
        .where(IS_MATCHED, entries.c.source_id == source_id, entries.c.title_id.is_not(None))
    )
    came = query.where(entries.c.added_gen > generation)
    changed = query.where(entries.c.changed_gen > generation, entries.c.added_gen + 0 <= generation)
    for look in (came, changed):
        yield from map(FreshEntry._make, connection.execute(look).all())


def entries_of_keys(connection: Connection, slug: str, keys: Collection[str]) -> list[EntryRow]:
    query = _ENTRIES.where(sources.c.slug == slug, entries.c.key.in_(sorted(keys)))
    return [EntryRow._make(row) for row in connection.execute(query)]


def entries_by_id(connection: Connection, entry_ids: Collection[int]) -> list[EntryRow]:
    found: list[EntryRow] = []
    statement = _in_words(_ENTRIES, connection.dialect)
    for chunk in id_chunks(entry_ids):
        found += map(EntryRow._make, fetch_among(connection, statement, "entries.id", chunk))
    return found


def series_entries(connection: Connection) -> Iterator[tuple[SourceId, str, int]]:
    """Yield (source, entry key, title) of series entries. The account lists their episodes on request."""
    query = (
        select(entries.c.source_id, entries.c.key, entries.c.title_id)
        .join(sources, sources.c.id == entries.c.source_id)
        .where(
            entries.c.kind == EntryKind.SERIES.value,
            entries.c.title_id.is_not(None),
            IS_CURRENT,
            IS_SOURCE_IN_USE,
        )
    )
    for row in connection.execute(query):
        yield SourceId(row.source_id), row.key, row.title_id


def readings_of_titles(connection: Connection, title_ids: Collection[int]) -> Iterator[tuple[int, str]]:
    """Yield (title, key) of all title readings, unordered; for very many titles."""
    statement = 'SELECT title_id, "key" FROM title_keys WHERE true'
    for chunk in id_chunks(title_ids):
        yield from fetch_among(connection, statement, "title_id", chunk)


def keys_of_titles(connection: Connection, title_ids: Collection[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for chunk in id_chunks(title_ids):
        query = select(title_keys.c.title_id, title_keys.c.key).where(among(title_keys.c.title_id, chunk))
        for title_id, key in connection.execute(query.order_by(title_keys.c.penalty)).all():
            found[title_id].append(key)
    return found


def count_titles(connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(titles)) or 0
