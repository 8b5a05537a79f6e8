"""Store entries that must not be used again for an item: wrong, broken or refused. They are rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from stalkeer.core.matching.rules import RuleAction, RuleOrigin
from stalkeer.model import SourceId, WantedId
from stalkeer.store.db.tables import entries, library, rules, sources, wanted

BLOCK = RuleAction.BLOCK.value


@dataclass(frozen=True)
class BlockRow:
    id: int
    label: str
    reason: str
    origin: RuleOrigin
    source_slug: str | None
    entry_key: str | None
    kind: str | None
    created_at: datetime


@dataclass(frozen=True)
class BarredEntry:
    """Name an entry that must not be used again for these wanted items. `label` names both for users."""

    source_id: SourceId
    entry_key: str
    label: str
    wanted_ids: Sequence[WantedId]


def block_entry(
    connection: Connection,
    barred: BarredEntry,
    reason: str,
    now: datetime,
    origin: RuleOrigin = RuleOrigin.VERIFY,
) -> int:
    """Add a rule for each item. Return the number of rules."""
    slug = connection.execute(select(sources.c.slug).where(sources.c.id == barred.source_id)).scalar_one_or_none()
    name = connection.scalar(
        select(entries.c.name).where(entries.c.source_id == barred.source_id, entries.c.key == barred.entry_key)
    )
    query = (
        select(wanted.c.kind, wanted.c.season, wanted.c.episode, library.c.tmdb_id, library.c.tvdb_id)
        .join(library, library.c.id == wanted.c.library_id)
        .where(wanted.c.id.in_(barred.wanted_ids))
        .distinct()
    )
    made = 0
    for item in connection.execute(query).all():
        is_movie = item.kind == "movie"
        values = {
            "action": BLOCK,
            "kind": item.kind,
            "tmdb_id": item.tmdb_id if is_movie else None,
            "tvdb_id": None if is_movie else item.tvdb_id,
            "season": None if is_movie else item.season,
            "episode": None if is_movie else item.episode,
            "source_slug": slug,
            "entry_key": barred.entry_key,
            "reason": reason,
            "origin": origin.value,
            "label": barred.label,
            "decided_name": name,
            "created_at": now,
        }
        connection.execute(rules.insert().values(**values))
        made += 1
    return made


def list_blocks(
    connection: Connection, *, limit: int = 50, offset: int = 0, before: int | None = None
) -> list[BlockRow]:
    """List the blocked entries, the newest first. `before` is the last id seen."""
    query = select(rules).where(rules.c.action == BLOCK).order_by(rules.c.id.desc()).limit(limit).offset(offset)
    if before is not None:
        query = query.where(rules.c.id < before)
    return [
        BlockRow(
            id=row.id,
            label=row.label,
            reason=row.reason,
            origin=RuleOrigin(row.origin),
            source_slug=row.source_slug,
            entry_key=row.entry_key,
            kind=row.kind,
            created_at=row.created_at,
        )
        for row in connection.execute(query)
    ]


def count_blocks(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(rules).where(rules.c.action == BLOCK)).scalar_one())
