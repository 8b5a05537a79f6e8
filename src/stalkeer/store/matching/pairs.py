"""Store the pairs that matching found. Only differences are written."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, TextClause, bindparam, delete, func, select, update

from stalkeer.core.matching.pairs import Pair
from stalkeer.model import Decision, EntryId, WantedId
from stalkeer.store.db.bulk import insert_sparse_rows
from stalkeer.store.db.chunks import among, chunks, id_chunks
from stalkeer.store.db.tables import matches


@dataclass(frozen=True, slots=True)
class SavedPairs:
    """Hold the counts of a write.

    `confirmed` lists items that had no confirmed entry before. `review` lists items without a confirmed entry that have
    their first match for review.
    """

    written: int = 0
    removed: int = 0
    confirmed: tuple[WantedId, ...] = ()
    review: tuple[WantedId, ...] = ()

    def __add__(self, other: SavedPairs) -> SavedPairs:
        return SavedPairs(
            self.written + other.written,
            self.removed + other.removed,
            self.confirmed + other.confirmed,
            self.review + other.review,
        )


def save_pairs_of_items(
    connection: Connection, item_ids: Collection[int], pairs: Iterable[Pair], now: datetime
) -> SavedPairs:
    """Replace all stored pairs of these items by `pairs`. Write only differences."""
    saved = SavedPairs()
    by_item: dict[int, list[Pair]] = defaultdict(list)
    for pair in pairs:
        by_item[pair.wanted.id].append(pair)
    for chunk in id_chunks(item_ids):
        own = [pair for item_id in chunk for pair in by_item.get(item_id, ())]
        saved += _save(connection, among(matches.c.wanted_id, chunk), own, now)
    return saved


def save_pairs_of_entries(
    connection: Connection,
    entry_ids: Collection[int],
    pairs: Iterable[Pair],
    now: datetime,
    except_items: Collection[int] = (),
) -> SavedPairs:
    """Replace all stored pairs of these entries, except those of `except_items`."""
    saved = SavedPairs()
    by_entry: dict[int, list[Pair]] = defaultdict(list)
    for pair in pairs:
        by_entry[pair.entry.id].append(pair)
    newest = connection.scalar(select(func.max(matches.c.entry_id))) or 0
    for chunk in id_chunks(entry_ids):
        own = [pair for entry_id in chunk for pair in by_entry.get(entry_id, ())]
        old = [entry_id for entry_id in chunk if entry_id <= newest]  # newer entries have no matches yet
        saved += _save(connection, among(matches.c.entry_id, old), own, now, except_items)
    return saved


def reopen_pairs(
    connection: Connection, entry_id: EntryId, wanted_ids: Collection[WantedId], reason: str, now: datetime
) -> None:
    """Put the confirmed pairs of an entry and these items back to review, until they are matched again."""
    confirmed = (matches.c.entry_id == entry_id) & (matches.c.decision == Decision.CONFIRM.value)
    values = {
        "decision": Decision.REVIEW.value,
        "decided_by": "auto",
        "evidence": {"findings": [], "reason": reason, "rule": None},
        "matched_at": now,
    }
    connection.execute(update(matches).where(confirmed, matches.c.wanted_id.in_(wanted_ids)).values(**values))


def _save(
    connection: Connection,
    which: ColumnElement[bool] | TextClause,
    pairs: Sequence[Pair],
    now: datetime,
    except_items: Collection[int] = (),
) -> SavedPairs:
    query = select(
        matches.c.id, matches.c.wanted_id, matches.c.entry_id, matches.c.score, matches.c.decision, matches.c.evidence
    )
    rows = connection.execute(query.where(which))
    known = {(row.wanted_id, row.entry_id): row for row in rows if row.wanted_id not in except_items}
    fresh: dict[tuple[int, int], dict[str, Any]] = {}
    stale: list[dict[str, Any]] = []
    for pair in pairs:
        place = (pair.wanted.id, pair.entry.id)
        values = _values(pair)
        row = known.pop(place, None)
        if row is None:
            fresh[place] = values | {"wanted_id": place[0], "entry_id": place[1]}
        elif (row.score, row.decision, row.evidence) != (values["score"], values["decision"], values["evidence"]):
            stale.append(values | {"row_id": row.id, "matched_at": now})
    sure = {pair.wanted.id for pair in pairs if pair.decision is Decision.CONFIRM}
    doubtful = {pair.wanted.id for pair in pairs if pair.decision is Decision.REVIEW} - sure
    confirmed = _without(connection, sure, Decision.CONFIRM)
    review = _without(connection, doubtful, Decision.CONFIRM, Decision.REVIEW)
    if known:
        for chunk in chunks(sorted(row.id for row in known.values())):
            connection.execute(delete(matches).where(matches.c.id.in_(chunk)))
    if stale:
        connection.execute(update(matches).where(matches.c.id == bindparam("row_id")), stale)
    if fresh:
        _insert(connection, fresh.values(), now)
    return SavedPairs(len(fresh) + len(stale), len(known), confirmed, review)


_COLUMNS = ("wanted_id", "entry_id", "score", "decision", "decided_by", "evidence", "matched_at")


def _insert(connection: Connection, pairs: Iterable[dict[str, Any]], now: datetime) -> None:
    """Insert with the driver's own statement, because a first run writes tens of thousands of rows."""
    stamp = now.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    if connection.dialect.name != "sqlite":
        stamp += "+00:00"
    rows = [(*(pair[name] for name in _COLUMNS[:5]), json.dumps(pair["evidence"]), stamp) for pair in pairs]
    insert_sparse_rows(connection, "matches", _COLUMNS, rows)


def _without(connection: Connection, items: Collection[int], *decisions: Decision) -> tuple[WantedId, ...]:
    """Return the items that have no stored match with one of these decisions."""
    left = set(items)
    values = [decision.value for decision in decisions]
    for chunk in id_chunks(items):
        had = select(matches.c.wanted_id).where(among(matches.c.wanted_id, chunk), matches.c.decision.in_(values))
        left -= set(connection.scalars(had.distinct()))
    return tuple(WantedId(item) for item in sorted(left))


def _values(pair: Pair) -> dict[str, Any]:
    findings = [{"name": f.name, "weight": f.weight, "text": f.text} for f in pair.evidence]
    return {
        "score": pair.score,
        "decision": pair.decision.value,
        "decided_by": "auto" if pair.rule_id is None else "rule",
        "evidence": {"findings": findings, "reason": pair.reason, "rule": pair.rule_id},
    }
