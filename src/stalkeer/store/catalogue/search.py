"""The catalogue as people look through it: search by title, newest first, page by page, among a million entries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select

from stalkeer.errors import NotFound
from stalkeer.model import Decision, EntryId
from stalkeer.store.catalogue.entries import find_titles, is_visible, up_to_the_visible
from stalkeer.store.db.tables import entries, library, matches, sources, wanted

MOST_TITLES = 400  # that a search looks at


@dataclass(frozen=True)
class BrowseFilter:
    """Which entries: every field that is set must fit."""

    source: str = ""
    kind: str = ""
    search: str = ""


@dataclass(frozen=True)
class BrowseRow:
    id: EntryId
    name: str
    kind: str
    group: str
    source: str
    year: int | None
    season: int | None
    episode: int | None
    resolution: int | None
    languages: str
    size: int | None
    duration_s: int | None
    first_seen: datetime


@dataclass(frozen=True)
class EntryMatch:
    wanted_id: int
    title: str
    season: int | None
    episode: int | None
    decision: Decision
    score: float


def browse(
    connection: Connection, chosen: BrowseFilter, *, before: int | None = None, limit: int = 60
) -> list[BrowseRow]:
    """The newest first; `before` is the id of the last one already shown. A search lists what begins so first."""
    query = _select().where(*_clauses(chosen))
    if chosen.search:
        return _search(connection, query, chosen.search, before or 0, limit)
    if before is not None:
        query = query.where(entries.c.id < before)
    query = query.where(up_to_the_visible(connection))
    return [_row(row) for row in connection.execute(query.order_by(entries.c.id.desc()).limit(limit))]


def get_entry(connection: Connection, entry_id: EntryId) -> BrowseRow:
    row = connection.execute(_select().where(entries.c.id == entry_id)).one_or_none()
    if row is None:
        raise NotFound("This entry is no longer in the catalogue: its source has dropped it.")
    return _row(row)


def matches_of_entry(connection: Connection, entry_id: EntryId) -> list[EntryMatch]:
    query = (
        select(wanted.c.id, library.c.title, wanted.c.season, wanted.c.episode, matches.c.decision, matches.c.score)
        .join(wanted, wanted.c.id == matches.c.wanted_id)
        .join(library, library.c.id == wanted.c.library_id)
        .where(matches.c.entry_id == entry_id)
        .order_by(matches.c.score.desc())
        .limit(20)
    )
    return [
        EntryMatch(row.id, row.title, row.season, row.episode, Decision(row.decision), row.score)
        for row in connection.execute(query)
    ]


def _search(connection: Connection, query: Select[Any], text: str, skip: int, limit: int) -> list[BrowseRow]:
    """`skip` counts rows here: what a search finds is few enough to be counted."""
    ids = find_titles(connection, text, MOST_TITLES)
    if not ids:
        return []
    found = query.where(entries.c.title_id.in_(ids)).order_by(
        func.length(entries.c.name), entries.c.season, entries.c.episode, entries.c.id
    )
    return [_row(row) for row in connection.execute(found.offset(skip).limit(limit))]


def _clauses(chosen: BrowseFilter) -> list[ColumnElement[bool]]:
    clauses = [is_visible(), sources.c.removed_at.is_(None)]
    if chosen.source:
        clauses.append(sources.c.slug == chosen.source)
    if chosen.kind:
        clauses.append(entries.c.kind == chosen.kind)
    return clauses


def _select() -> Select[Any]:
    return select(
        entries.c.id,
        entries.c.name,
        entries.c.kind,
        entries.c.group_title,
        sources.c.slug,
        entries.c.year,
        entries.c.season,
        entries.c.episode,
        entries.c.resolution,
        entries.c.languages,
        entries.c.size,
        entries.c.duration_s,
        entries.c.first_seen,
    ).join(sources, sources.c.id == entries.c.source_id)


def _row(row: Row[Any]) -> BrowseRow:
    return BrowseRow(
        id=EntryId(row.id),
        name=row.name,
        kind=row.kind,
        group=row.group_title or "",
        source=row.slug,
        year=row.year,
        season=row.season,
        episode=row.episode,
        resolution=row.resolution,
        languages=row.languages or "",
        size=row.size,
        duration_s=row.duration_s,
        first_seen=row.first_seen,
    )
