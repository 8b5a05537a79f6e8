"""Store the answers of accounts about single entries: the episodes of a series, the details of a movie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, select, update

from stalkeer.core.catalogue.content import keep_details
from stalkeer.core.catalogue.questions import LastQuestion, is_due
from stalkeer.core.catalogue.rows import Draft
from stalkeer.model import Entry, EntryKind, SourceId
from stalkeer.store.catalogue.generations import Generation, add_entries, content_values, known_entries
from stalkeer.store.catalogue.titles import TitleBook
from stalkeer.store.catalogue.visible import IS_CURRENT
from stalkeer.store.db.bulk import parts_of
from stalkeer.store.db.tables import account_cache, entries, sources

SERIES = "series_info"


@dataclass(frozen=True)
class SeriesToExpand:
    """Describe a series entry whose episodes the account must be asked for."""

    source_id: SourceId
    generation: int
    entry: Entry


def series_to_expand(
    connection: Connection, source_id: SourceId, keys: Sequence[str], now: datetime
) -> list[SeriesToExpand]:
    """List the visible series whose episodes the account must be asked for now."""
    found: list[SeriesToExpand] = []
    for part in parts_of(keys, 500):
        asked = and_(
            account_cache.c.source_id == source_id,
            account_cache.c.kind == SERIES,
            account_cache.c.key == entries.c.key,
        )
        query = (
            select(entries, sources.c.generation, account_cache.c.fetched_at, account_cache.c.payload)
            .join(sources, sources.c.id == entries.c.source_id)
            .outerjoin(account_cache, asked)
            .where(entries.c.source_id == source_id, entries.c.key.in_(part))
            .where(entries.c.gone_gen.is_(None))
        )
        for row in connection.execute(query).mappings():
            # filtered here, because a condition on the kind would keep SQLite from using the index of keys
            if row["kind"] != EntryKind.SERIES.value:
                continue
            if not is_due(_last_question(row["fetched_at"], row["payload"] or {}), row["added"], now):
                continue
            entry = Entry(
                key=row["key"],
                kind=row["kind"],
                name=row["name"],
                url=row["url"],
                group=row["group_title"] or "",
                logo=row["logo"] or "",
                year=row["year"],
                added=row["added"],
            )
            found.append(SeriesToExpand(source_id, row["generation"], entry))
    return found


def _last_question(asked_at: datetime | None, payload: Mapping[str, Any]) -> LastQuestion | None:
    return None if asked_at is None else LastQuestion(asked_at, payload.get("added"), payload.get("failures", 0))


def note_series_failure(connection: Connection, series: SeriesToExpand, now: datetime) -> None:
    """Record that the account gave no answer about a series.

    Each failure increases the delay before the next request.
    """
    query = select(account_cache.c.payload).where(
        account_cache.c.source_id == series.source_id,
        account_cache.c.kind == SERIES,
        account_cache.c.key == series.entry.key,
    )
    failures = (connection.scalar(query) or {}).get("failures", 0) + 1
    payload = {"added": series.entry.added, "failures": failures}
    remember_answer(connection, series.source_id, SERIES, series.entry.key, payload, now)


def recent_questions(connection: Connection, source_id: SourceId, since: datetime) -> list[datetime]:
    """Return the times at which the account was asked about single series or movies."""
    table = account_cache.c
    query = select(table.fetched_at).where(table.source_id == source_id, table.fetched_at > since)
    return list(connection.scalars(query))


def put_episodes(
    connection: Connection, series: SeriesToExpand, drafts: Sequence[Draft], parser_version: int, now: datetime
) -> int:
    """Replace the episodes of the series in the visible generation. Return the number of new ones."""
    generation = Generation(series.source_id, series.generation, now)
    by_key = {draft.key: draft for draft in drafts}
    book = TitleBook(parser_version)
    title_ids = book.ids_of(connection, [draft.title for draft in by_key.values()], generation.number)
    while book.has_unwritten:
        book.write_some(connection)
    known = known_entries(connection, series.source_id, list(by_key))
    fresh = []
    for (key, draft), title_id in zip(by_key.items(), title_ids, strict=True):
        content = (title_id, *draft.content)
        if key not in known:
            fresh.append((key, content))
            continue
        old = known[key]
        content = keep_details(old.content, content)
        if old.gone_gen is not None or old.content != content:
            values = content_values(content) | {"gone_gen": None, "changed_gen": generation.number}
            connection.execute(update(entries).where(entries.c.id == old.id).values(**values))
    add_entries(connection, generation, fresh)
    _mark(connection, series, list(by_key), generation.number)
    remember_answer(connection, series.source_id, SERIES, series.entry.key, {"added": series.entry.added}, now)
    _count_episodes(connection, series.source_id)
    return len(fresh)


def _mark(connection: Connection, series: SeriesToExpand, keys: Sequence[str], generation: int) -> None:
    """Link the episodes to their series. Episodes that it no longer has vanish at once."""
    of_source = entries.c.source_id == series.source_id
    for part in parts_of(keys, 500):
        connection.execute(
            update(entries).where(of_source, entries.c.key.in_(part)).values(series_key=series.entry.key)
        )
    mine = (of_source, entries.c.series_key == series.entry.key, entries.c.gone_gen.is_(None))
    listed = set(keys)
    gone = [
        row.id for row in connection.execute(select(entries.c.id, entries.c.key).where(*mine)) if row.key not in listed
    ]
    for part in parts_of(gone, 500):
        connection.execute(update(entries).where(entries.c.id.in_(part)).values(gone_gen=generation))


def gone_series_episodes(connection: Connection, source_id: SourceId, series_ids: Sequence[int]) -> list[int]:
    """Return the episodes of vanishing series entries, because they vanish as well."""
    found: list[int] = []
    expanded = select(entries.c.id).where(entries.c.source_id == source_id, entries.c.series_key.is_not(None)).limit(1)
    if connection.execute(expanded).first() is None:
        return found
    for part in parts_of(series_ids, 500):
        keys = select(entries.c.key).where(entries.c.id.in_(part), entries.c.kind == EntryKind.SERIES.value)
        query = select(entries.c.id).where(
            entries.c.source_id == source_id, entries.c.series_key.in_(keys), entries.c.gone_gen.is_(None)
        )
        found += connection.execute(query).scalars()
    return found


def remember_answer(
    connection: Connection, source_id: SourceId, kind: str, key: str, payload: dict[str, object], now: datetime
) -> None:
    mine = (account_cache.c.source_id == source_id, account_cache.c.kind == kind, account_cache.c.key == key)
    values = {"payload": payload, "fetched_at": now}
    if not connection.execute(update(account_cache).where(*mine).values(**values)).rowcount:
        connection.execute(account_cache.insert().values(source_id=source_id, kind=kind, key=key, **values))


def _count_episodes(connection: Connection, source_id: SourceId) -> None:
    row = connection.execute(select(sources.c.counts).where(sources.c.id == source_id)).one()
    counts = dict(row.counts or {})
    query = select(func.count()).join(sources, sources.c.id == entries.c.source_id)
    query = query.where(entries.c.source_id == source_id, entries.c.series_key.is_not(None), IS_CURRENT)
    kinds = dict(counts.get("kinds", {})) | {EntryKind.EPISODE.value: connection.execute(query).scalar_one()}
    counts |= {"kinds": kinds, "entries": sum(kinds.values())}
    connection.execute(update(sources).where(sources.c.id == source_id).values(counts=counts))
