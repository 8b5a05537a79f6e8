"""Entries that are never taken again for an item: their file was wrong, broken or refused. They are rules like any."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from stalkeer.errors import NotFound
from stalkeer.store.db.tables import library, rules, sources, wanted
from stalkeer.store.downloads.downloads import DownloadRow

BLOCK = "block"


@dataclass(frozen=True)
class BlockRow:
    id: int
    label: str
    reason: str
    origin: str  # verify | import | user
    source_slug: str | None
    entry_key: str | None
    kind: str | None
    created_at: datetime


def block_entry(connection: Connection, row: DownloadRow, reason: str, now: datetime, origin: str = "verify") -> int:
    """Bar the download's present entry from its items. The rules are made: one for each item."""
    slug = connection.execute(select(sources.c.slug).where(sources.c.id == row.source_id)).scalar_one_or_none()
    query = (
        select(wanted.c.kind, wanted.c.season, wanted.c.episode, library.c.tmdb_id, library.c.tvdb_id)
        .join(library, library.c.id == wanted.c.library_id)
        .where(wanted.c.id.in_([item.wanted_id for item in row.items]))
        .distinct()
    )
    made = 0
    for item in connection.execute(query).all():
        is_film = item.kind == "movie"
        values = {
            "action": BLOCK,
            "kind": item.kind,
            "tmdb_id": item.tmdb_id if is_film else None,
            "tvdb_id": None if is_film else item.tvdb_id,
            "season": None if is_film else item.season,
            "episode": None if is_film else item.episode,
            "source_slug": slug,
            "entry_key": row.entry_key,
            "reason": reason,
            "origin": origin,
            "label": f"{row.title}: {row.name}",
            "created_at": now,
        }
        connection.execute(rules.insert().values(**values))
        made += 1
    return made


def list_blocks(
    connection: Connection, *, limit: int = 50, offset: int = 0, before: int | None = None
) -> list[BlockRow]:
    """The newest first; `before`: the id of the last one seen."""
    query = select(rules).where(rules.c.action == BLOCK).order_by(rules.c.id.desc()).limit(limit).offset(offset)
    if before is not None:
        query = query.where(rules.c.id < before)
    return [
        BlockRow(
            id=row.id,
            label=row.label,
            reason=row.reason,
            origin=row.origin,
            source_slug=row.source_slug,
            entry_key=row.entry_key,
            kind=row.kind,
            created_at=row.created_at,
        )
        for row in connection.execute(query)
    ]


def count_blocks(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(rules).where(rules.c.action == BLOCK)).scalar_one())


def unblock(connection: Connection, rule_id: int) -> None:
    done = connection.execute(delete(rules).where(rules.c.id == rule_id, rules.c.action == BLOCK))
    if done.rowcount == 0:
        raise NotFound(f"There is no blocklist entry {rule_id}.")


def clear_blocks(connection: Connection) -> int:
    return connection.execute(delete(rules).where(rules.c.action == BLOCK)).rowcount


def expected_runtime_s(connection: Connection, row: DownloadRow) -> float | None:
    """How long the download's items play together, as their instance says; None where it does not say of each.

    The same film for two instances counts once.
    """
    query = (
        select(wanted.c.instance_id, wanted.c.runtime_min, library.c.runtime_min.label("usual"))
        .join(library, library.c.id == wanted.c.library_id)
        .where(wanted.c.id.in_([item.wanted_id for item in row.items]))
    )
    by_instance: dict[int, list[int | None]] = {}
    for instance_id, own, usual in connection.execute(query):
        by_instance.setdefault(instance_id, []).append(own or usual)
    for minutes in by_instance.values():
        if all(minutes):
            return 60.0 * sum(value for value in minutes if value)
    return None
