"""Keep a row for an item whose instance gave it another id: removed and added again, restored, or renumbered.

An item is the movie of a TMDB id, the series of a TVDB id, or an episode of a series by season and number. Downloads,
matches and rules point to its row, so the row must outlive the instance's own id.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Table, bindparam, update

from stalkeer.model import InstanceId

CHUNK = 500  # bound parameters in a statement


@dataclass(frozen=True, slots=True)
class StoredItem:
    """Hold a stored row and the item that it stands for. None: the item is known by its id only."""

    row_id: int
    identity: Hashable | None


@dataclass(frozen=True)
class Renumbering:
    """Hold the rows by old id: `moves` gives the new id. `displaced` rows lose their id to another item."""

    moves: Mapping[int, int]
    displaced: frozenset[int]

    def __bool__(self) -> bool:
        return bool(self.moves or self.displaced)


def plan_renumbering(incoming: Sequence[tuple[int, Hashable | None]], held: Mapping[int, StoredItem]) -> Renumbering:
    """Compare items as (id, identity) with the stored rows by id.

    The first of two items with the same identity counts.
    """
    unknown = [(arr_id, identity) for arr_id, identity in incoming if identity is not None]
    unknown = [(arr_id, identity) for arr_id, identity in unknown if not _is_same(held.get(arr_id), identity)]
    if not unknown:
        return Renumbering({}, frozenset())
    settled = {identity for arr_id, identity in incoming if _is_same(held.get(arr_id), identity)}
    by_identity = {row.identity: arr_id for arr_id, row in held.items() if row.identity is not None}
    moves: dict[int, int] = {}
    displaced: set[int] = set()
    for arr_id, identity in unknown:
        if arr_id in held:
            displaced.add(arr_id)
        old = by_identity.get(identity)
        if old is not None and identity not in settled:
            settled.add(identity)
            moves[old] = arr_id
    return Renumbering(moves, frozenset(displaced - moves.keys()))


def _is_same(row: StoredItem | None, identity: Hashable | None) -> bool:
    return row is not None and row.identity in (None, identity)


def renumber(connection: Connection, table: Table, plan: Renumbering, held: Mapping[int, StoredItem]) -> dict[int, int]:
    """Give the rows of a plan their new ids. Return the new id by old id; a displaced row gets a negative one."""
    rows = {held[old].row_id: -held[old].row_id for old in (*plan.moves, *plan.displaced)}
    _write(connection, table, rows)  # first to temporary ids, because two rows may exchange their ids
    _write(connection, table, {held[old].row_id: new for old, new in plan.moves.items()})
    return {old: -held[old].row_id for old in plan.displaced} | dict(plan.moves)


def free_ids(
    connection: Connection, table: Table, instance_id: InstanceId, arr_ids: Collection[int], keep: Collection[int]
) -> None:
    """Take these ids of an instance from rows other than `keep`. Their items have other ids by now, or are gone."""
    pending = list(arr_ids)
    for start in range(0, len(pending), CHUNK):
        chunk = pending[start : start + CHUNK]
        others = (table.c.instance_id == instance_id, table.c.arr_id.in_(chunk), table.c.id.not_in(keep))
        connection.execute(update(table).where(*others).values(arr_id=-table.c.id))


def _write(connection: Connection, table: Table, ids: Mapping[int, int]) -> None:
    if ids:
        statement = update(table).where(table.c.id == bindparam("row_id")).values(arr_id=bindparam("new_id"))
        connection.execute(statement, [{"row_id": row_id, "new_id": arr_id} for row_id, arr_id in ids.items()])
