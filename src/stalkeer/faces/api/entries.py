"""Serve /entries: search the visible catalogue of all sources."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field, StrictBool

from stalkeer.errors import InvalidInput
from stalkeer.faces.api.deps import CurrentApp
from stalkeer.faces.http.ids import RowId
from stalkeer.faces.http.models import ApiModel
from stalkeer.faces.http.paging import PageOf, PageParams, encode_cursor, last_id
from stalkeer.faces.http.problems import problem_answers
from stalkeer.model import EntryId, KindWord
from stalkeer.store.catalogue.entries import CatalogueEntry, EntrySearch, count_entries, get_entry, search_entries

router = APIRouter(prefix="/entries", tags=["entries"])


class EntryItem(ApiModel):
    id: int
    source: str
    key: str = Field(description="Identifies the entry within its source, also after a change of host or login.")
    kind: KindWord
    kind_reason: str | None = Field(
        description="The evidence for the kind: url, name, group, duration, account; account-majority and "
        "account-split where the account's episode numbers disagree."
    )
    name: str
    title: str | None = Field(description="As parsed from the name.")
    group: str | None
    year: int | None
    season: int | None
    episode: int | None
    episode_end: int | None
    air_date: str | None
    resolution: int | None
    languages: list[str]
    size: int | None = Field(description="Bytes, where the account states them.")
    duration_seconds: int | None
    tmdb_id: int | None
    is_protected: StrictBool = Field(description="Encrypted: listed, but never downloaded.")
    is_hls: StrictBool
    is_gone: StrictBool = Field(description="No longer listed by its source, but kept.")
    first_seen: datetime


Words = Annotated[
    str,
    Query(
        alias="search",
        max_length=200,
        description="Words of the title, name or group in any order; a year; S02E04 or 2x04.",
    ),
]
SourceName = Annotated[str | None, Query(max_length=64, description="Only this source.")]


@router.get("")
def search_catalogue(
    app: CurrentApp,
    page: PageParams,
    words: Words = "",
    source: SourceName = None,
    kind: KindWord | None = None,
    gone: Annotated[bool, Query(description="Include entries that are no longer listed.")] = False,
) -> PageOf[EntryItem]:
    """List the entries in the order in which they were added. `search` selects those with all its words."""
    if "\0" in words + (source or ""):
        raise InvalidInput("The search text must not contain control characters")
    search = EntrySearch(words, source, kind.stored if kind else None, gone)
    after = last_id(page) or 0
    with app.database.connect() as connection:
        found = search_entries(connection, search, after=after, offset=page.offset, limit=page.size)
        is_counted = not (words.strip() or kind or gone)
        total = count_entries(connection, source) if is_counted else None
    return PageOf(
        records=[_shown(entry) for entry in found],
        page=None if page.after is not None else page.page,
        page_size=page.size,
        total_records=total,
        next_cursor=encode_cursor((found[-1].id,)) if len(found) == page.size else None,
    )


@router.get("/{entry_id}", responses=problem_answers(404))
def show_entry(app: CurrentApp, entry_id: RowId) -> EntryItem:
    """Show one entry."""
    with app.database.connect() as connection:
        return _shown(get_entry(connection, EntryId(entry_id)))


def _shown(entry: CatalogueEntry) -> EntryItem:
    return EntryItem(
        id=entry.id,
        source=entry.source,
        key=entry.key,
        kind=KindWord.of(entry.kind),
        kind_reason=entry.kind_reason,
        name=entry.name,
        title=entry.title,
        group=entry.group,
        year=entry.year,
        season=entry.season,
        episode=entry.episode,
        episode_end=entry.episode_end,
        air_date=entry.air_date,
        resolution=entry.resolution,
        languages=list(entry.languages),
        size=entry.size,
        duration_seconds=entry.duration_s,
        tmdb_id=entry.tmdb_id,
        is_protected=entry.is_protected,
        is_hls=entry.is_hls,
        is_gone=entry.is_gone,
        first_seen=entry.first_seen,
    )
