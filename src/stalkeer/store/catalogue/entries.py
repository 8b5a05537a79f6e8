"""Read the visible catalogue for people and programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select, true

from stalkeer.core.catalogue.filters import categories
from stalkeer.core.titles import READINGS_SIGN, title_readings
from stalkeer.errors import NotFound
from stalkeer.model import EntryId, EntryKind, SourceId
from stalkeer.store.catalogue.search import fitting
from stalkeer.store.catalogue.traits import read_languages
from stalkeer.store.catalogue.visible import IS_CURRENT, IS_LISTED
from stalkeer.store.db.chunks import chunks
from stalkeer.store.db.tables import catalogue_changes, entries, sources, titles
from stalkeer.store.sources.rows import entries_of
from stalkeer.store.sources.visible import IS_SOURCE_CONFIGURED


@dataclass(frozen=True)
class CatalogueEntry:
    """Describe an entry for display. Its address stays a template."""

    id: EntryId
    source: str
    key: str
    kind: str
    kind_reason: str | None
    name: str
    title: str | None
    group: str | None
    logo: str | None
    year: int | None
    season: int | None
    episode: int | None
    episode_end: int | None
    air_date: str | None
    resolution: int | None
    languages: tuple[str, ...]
    size: int | None
    duration_s: int | None
    tmdb_id: int | None
    is_protected: bool
    is_gone: bool
    template: str
    first_seen: datetime

    @property
    def is_movie(self) -> bool:
        return self.kind == EntryKind.MOVIE.value

    @property
    def titles(self) -> tuple[str, ...]:
        """Return the titles that the name can mean, the most likely first."""
        return _readings(self.kind, self.name, self.group)

    @property
    def is_hls(self) -> bool:
        return self.template.partition("?")[0].lower().endswith(".m3u8")


@dataclass(frozen=True)
class EntrySearch:
    """Select entries that match every given field. For `words`, see `search.fitting`."""

    words: str = ""
    source: str | None = None
    kind: str | None = None
    with_gone: bool = False

    @property
    def has_words(self) -> bool:
        return bool(self.words.strip())


@dataclass(frozen=True)
class CatalogueChange:
    generation: int
    change: str
    entry_id: EntryId
    name: str


_COLUMNS = (
    entries.c.id,
    sources.c.slug.label("source"),
    entries.c.key,
    entries.c.kind,
    entries.c.kind_reason,
    entries.c.name,
    titles.c.text.label("title"),
    entries.c.group_title.label("group"),
    entries.c.logo,
    entries.c.year,
    entries.c.season,
    entries.c.episode,
    entries.c.episode_end,
    entries.c.air_date,
    entries.c.resolution,
    entries.c.languages,
    entries.c.size,
    entries.c.duration_s,
    entries.c.tmdb_id,
    entries.c.protected,
    entries.c.gone_gen,
    entries.c.url,
    entries.c.first_seen,
    sources.c.generation,
)


def up_to_the_visible(connection: Connection) -> ColumnElement[bool]:
    """Limit the entries to ids up to the last visible one.

    `IS_CURRENT` implies this, but on SQLite it saves a page from reading a million rows that a running refresh adds at
    the end. On PostgreSQL it would cost more than it saves, because its indexes do not order equal keys by id.
    """
    if connection.dialect.name != "sqlite":
        return true()
    last = (
        select(entries.c.id)
        .where(entries.c.source_id == sources.c.id, entries.c.added_gen <= sources.c.generation)
        .order_by(entries.c.added_gen.desc(), entries.c.id.desc())
        .limit(1)
        .correlate(sources)
        .scalar_subquery()
    )
    return entries.c.id <= (connection.execute(select(func.max(last)).select_from(sources)).scalar() or 0)


def search_entries(
    connection: Connection, search: EntrySearch, *, after: int = 0, offset: int = 0, limit: int = 50
) -> list[CatalogueEntry]:
    """List entries in the order of their ids; `after` is the last id seen."""
    # + 0: SQLite would read a million ids in order to find the few with these words
    order = entries.c.id + 0 if search.has_words else entries.c.id
    page = _page(connection, search).where(order > after).order_by(order).limit(limit).offset(offset)
    return read_entries(connection, connection.scalars(page).all())


class EntryOrder(StrEnum):
    NEWEST = "newest"
    OLDEST = "oldest"


def browse_entries(
    connection: Connection,
    search: EntrySearch,
    *,
    order: EntryOrder = EntryOrder.NEWEST,
    before: int | None = None,
    offset: int = 0,
    limit: int = 60,
) -> list[CatalogueEntry]:
    """List entries, newest first; `before` is the last id seen.

    With words, list the shortest names first; `offset` counts the entries seen.
    """
    page = _page(connection, search).limit(limit).offset(offset)
    if search.has_words:
        page = page.order_by(func.length(entries.c.name), entries.c.season, entries.c.episode, entries.c.id)
    else:
        page = page.order_by(entries.c.id.desc() if order is EntryOrder.NEWEST else entries.c.id)
    if before is not None:
        page = page.where(entries.c.id < before if order is EntryOrder.NEWEST else entries.c.id > before)
    return read_entries(connection, connection.scalars(page).all())


def get_entry(connection: Connection, entry_id: EntryId) -> CatalogueEntry:
    row = connection.execute(_query().where(entries.c.id == entry_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no entry {entry_id}")
    return _entry(row)


def read_entries(connection: Connection, ids: Sequence[int]) -> list[CatalogueEntry]:
    """Return the entries with these ids, in the order of `ids`."""
    found = {
        row.id: _entry(row)
        for part in chunks(ids)
        for row in connection.execute(_query().where(entries.c.id.in_(part)))
    }
    return [found[entry_id] for entry_id in ids]


def stream_for_filters(connection: Connection, source_id: SourceId | None) -> Iterator[tuple[str, str, str, str]]:
    """Yield (key, name, group, address) of every visible entry."""
    query = (
        select(entries.c.key, entries.c.name, entries.c.group_title, entries.c.url)
        .join(sources, sources.c.id == entries.c.source_id)
        .where(IS_CURRENT)
    )
    if source_id is not None:
        query = query.where(entries.c.source_id == source_id)
    for row in connection.execution_options(yield_per=5_000).execute(query):
        yield row[0], row[1], row[2] or "", row[3]


def count_entries(connection: Connection, source: str | None = None) -> int:
    """Return the sum of the sources' own counts: counting a million rows takes a second."""
    query = select(sources.c.slug, sources.c.counts).where(IS_SOURCE_CONFIGURED)
    return sum(entries_of(row.counts) for row in connection.execute(query) if source in (None, row.slug))


def groups_of(connection: Connection, source_id: SourceId, limit: int = 2_000) -> list[tuple[str, str, int]]:
    """List (group, kind, entries) of a source's visible catalogue; an entry counts in each of its categories."""
    query = (
        select(entries.c.group_title, entries.c.kind, func.count())
        .join(sources, sources.c.id == entries.c.source_id)
        .where(entries.c.source_id == source_id, IS_CURRENT)
        .group_by(entries.c.group_title, entries.c.kind)
        .order_by(entries.c.group_title)
        .limit(limit)
    )
    found: Counter[tuple[str, str]] = Counter()
    for group, kind, count in connection.execute(query):
        for category in categories(group or "") or [""]:
            found[category, kind] += count
    return [(group, kind, count) for (group, kind), count in sorted(found.items())]


def list_changes(
    connection: Connection, source_id: SourceId, generation: int | None = None, *, after: int = 0, limit: int = 50
) -> list[tuple[int, CatalogueChange]]:
    """List the changes of one or all refreshes with their ids, the newest first; `after`: the last id seen."""
    query = (
        select(catalogue_changes)
        .join(sources, sources.c.id == catalogue_changes.c.source_id)
        .where(catalogue_changes.c.source_id == source_id, catalogue_changes.c.generation <= sources.c.generation)
    )
    if generation is not None:
        query = query.where(catalogue_changes.c.generation == generation)
    if after:
        query = query.where(catalogue_changes.c.id < after)
    query = query.order_by(catalogue_changes.c.id.desc()).limit(limit)
    return [
        (row.id, CatalogueChange(row.generation, row.change, EntryId(row.entry_id), row.name))
        for row in connection.execute(query)
    ]


def _query() -> Select[*tuple[Any, ...]]:
    return (
        select(*_COLUMNS)
        .join(sources, sources.c.id == entries.c.source_id)
        .outerjoin(titles, titles.c.id == entries.c.title_id)
    )


def _page(connection: Connection, search: EntrySearch) -> Select[Any]:
    """Select ids alone: a search would sort whole rows, a thousand for the fifty that are shown."""
    query = select(entries.c.id).join(sources, sources.c.id == entries.c.source_id)
    return query.where(*_clauses(connection, search))


def _clauses(connection: Connection, search: EntrySearch) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = [IS_SOURCE_CONFIGURED if search.with_gone else IS_LISTED]
    if not (search.with_gone or search.has_words):
        clauses.append(up_to_the_visible(connection))
    if search.source is not None:
        clauses.append(sources.c.slug == search.source)
    if search.kind is not None:
        clauses.append(entries.c.kind == search.kind)
    if search.has_words:
        clauses.append(fitting(connection, search.words.strip()))
    return clauses


def _title(row: Row[*tuple[Any, ...]]) -> str | None:
    """Return the most likely title. The stored text joins all of them where a name has several."""
    if row.kind == EntryKind.LIVE.value:
        return None
    has_several = row.title is not None and READINGS_SIGN in row.title
    return _readings(row.kind, row.name, row.group)[0] if has_several else row.title


def _readings(kind: str, name: str, group: str | None) -> tuple[str, ...]:
    return title_readings(name, None if kind == EntryKind.OTHER.value else kind, group or "")


def _entry(row: Row[*tuple[Any, ...]]) -> CatalogueEntry:
    return CatalogueEntry(
        id=EntryId(row.id),
        source=row.source,
        key=row.key,
        kind=row.kind,
        kind_reason=row.kind_reason,
        name=row.name,
        title=_title(row),
        group=row.group,
        logo=row.logo,
        year=row.year,
        season=row.season,
        episode=row.episode,
        episode_end=row.episode_end,
        air_date=row.air_date,
        resolution=row.resolution,
        languages=read_languages(row.languages),
        size=row.size,
        duration_s=row.duration_s,
        tmdb_id=row.tmdb_id,
        is_protected=row.protected,
        is_gone=row.gone_gen is not None and row.gone_gen <= row.generation,
        template=row.url,
        first_seen=row.first_seen,
    )
