"""Write a new generation of a source's catalogue: invisible chunks first, one short switch, then staged changes.

An entry is visible from its `added_gen` on, until its `gone_gen`; `sources` has the current generation. So everything
written before the switch can be deleted, and the changes staged for after it can be completed: see
`jobs.sources.generation`. No function here holds the write lock for longer than a chunk of rows takes.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Connection, delete, select, update

from stalkeer.core.catalogue.content import CONTENT, USUAL, Content, blanks, full_content, short_content
from stalkeer.core.catalogue.snapshot import Snapshot
from stalkeer.core.catalogue.stretches import Stretches, new_array
from stalkeer.model import SourceId
from stalkeer.store.db.bulk import (
    copy_rows,
    execute_many,
    fetch_among,
    insert_rows,
    nulls,
    parts_of,
    reserve_ids,
)
from stalkeer.store.db.tables import catalogue_changes, catalogue_snapshots, entries, entry_updates, sources

CHUNK = 2_000
STAGED = 1_000  # changes in one transaction
SNAPSHOT_PART = 100_000
MOST_LISTED = 50_000  # changes of each kind that are listed in `catalogue_changes`; their counts are always complete

_ALWAYS = frozenset(("kind", "name", "url"))
_to_json = json.JSONEncoder(ensure_ascii=False).encode  # `json.dumps` would create an encoder for each call


class Known(NamedTuple):
    """Describe an entry that the source has or had under a key."""

    id: int
    added_gen: int
    gone_gen: int | None
    content: Content


class AddedEntries(NamedTuple):
    """Hold the ids of the added entries, and the keys of entries that existed already."""

    ids: Sequence[int]
    met: frozenset[str] = frozenset()


class EntryChange(StrEnum):
    """List the ways in which a refresh changes an entry."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    RETURNED = "returned"


class ChangedEntry(NamedTuple):
    """Describe a line of the list of a refresh's changes."""

    change: EntryChange
    entry_id: int
    name: str


@dataclass(frozen=True)
class Generation:
    """Identify the generation that is being written for a source."""

    source_id: SourceId
    number: int
    now: datetime


# --- entries -----------------------------------------------------------------------------------------------------


def known_entries(connection: Connection, source_id: SourceId, keys: Sequence[str]) -> dict[str, Known]:
    """Return the entries that the source has or had under these keys."""
    names = ", ".join(("key", "id", "added_gen", "gone_gen", *CONTENT))
    query = f"SELECT {names} FROM entries WHERE source_id = {source_id:d}"  # noqa: S608 - names of columns
    found = fetch_among(connection, query, "key", keys)
    return {row[0]: Known(row[1], row[2], row[3], short_content(blanks(row[4:]))) for row in found}


def content_values(content: Content) -> dict[str, object]:
    """Return the columns of an entry with this content, None for unknown values."""
    return dict(zip(CONTENT, nulls(full_content(content)), strict=True))


def add_entries(connection: Connection, generation: Generation, rows: Sequence[tuple[str, Content]]) -> AddedEntries:
    """Insert entries, invisible until the switch.

    On SQLite, existing keys are left unchanged; on PostgreSQL, the caller has looked for them before.
    """
    if not rows:
        return AddedEntries([])
    ids = reserve_ids(connection, "entries", len(rows))
    if connection.dialect.name == "sqlite":
        count = _insert_entries(connection, generation, ids, rows)
    else:
        columns = ("id", "key", *CONTENT, "source_id", "added_gen", "first_seen")
        last = (generation.source_id, generation.number, generation.now)
        values = (
            (number, key, *nulls(full_content(content)), *last)
            for number, (key, content) in zip(ids, rows, strict=True)
        )
        copy_rows(connection, "entries", columns, values)
        count = len(rows)
    if count == len(rows):
        return AddedEntries(ids)
    known = known_entries(connection, generation.source_id, [key for key, _ in rows])
    met = frozenset(key for number, (key, _) in zip(ids, rows, strict=True) if known[key].id != number)
    return AddedEntries([known[key].id for key, _ in rows], met)


def _insert_entries(
    connection: Connection, generation: Generation, ids: Sequence[int], rows: Sequence[tuple[str, Content]]
) -> int:
    """Insert most entries with the usual columns only: each further value costs as much as a tenth of a row."""
    usual = [(n, key, *content) for n, (key, content) in zip(ids, rows, strict=True) if len(content) == USUAL]
    others = [(n, key, *content) for n, (key, content) in zip(ids, rows, strict=True) if len(content) != USUAL]
    seen = generation.now.replace(tzinfo=None).isoformat(" ", "microseconds")  # as SQLAlchemy writes it
    fixed = {"source_id": generation.source_id, "added_gen": generation.number, "first_seen": f"'{seen}'"}
    count = 0
    for some, names, values in ((usual, CONTENT[:USUAL], fixed | {"protected": 0}), (others, CONTENT, fixed)):
        columns = ", ".join(("id", "key", *names, *values))
        marks = ", ".join(("?", "?", *map(_mark_of, names), *map(str, values.values())))
        statement = f"INSERT OR IGNORE INTO entries ({columns}) VALUES ({marks})"  # noqa: S608 - our own values
        count += execute_many(connection, statement, some) if some else 0
    return count


def _mark_of(name: str) -> str:
    return "?" if name in _ALWAYS else "nullif(?, '')"


def stage_changes(
    connection: Connection,
    generation: Generation,
    changed: Mapping[int, Content],
    known: Mapping[int, Content] | None = None,
) -> None:
    """Store the changes of visible or vanished entries, which are applied after the switch.

    For `known` entries, store only the columns that differ, because each column costs writes to its indexes.
    """
    if not changed:
        return
    fetch_among(connection, "DELETE FROM entry_updates WHERE true", "entry_id", list(changed), returning="entry_id")
    rows = [
        (
            entry_id,
            generation.source_id,
            generation.number,
            _staged(content, None if known is None else known.get(entry_id)),
        )
        for entry_id, content in changed.items()
    ]
    insert_rows(connection, "entry_updates", ("entry_id", "source_id", "generation", "fields"), rows)


def _staged(content: Content, known: Content | None) -> str:
    if known is None:
        return _to_json(dict(zip(CONTENT, full_content(content), strict=True)))
    if len(content) != len(known):
        content, known = full_content(content), full_content(known)
    return _to_json({name: new for name, new, old in zip(CONTENT, content, known, strict=False) if new != old})


def unstage(connection: Connection, entry_ids: Sequence[int]) -> None:
    for part in parts_of(entry_ids, 500):
        connection.execute(delete(entry_updates).where(entry_updates.c.entry_id.in_(part)))


def mark_gone(
    connection: Connection, generation: Generation, entry_ids: Sequence[int]
) -> list[tuple[ChangedEntry, str]]:
    """Mark entries as vanished with this generation, and return the kind of each.

    They stay visible until the switch, and are kept after it.
    """
    statement = f"UPDATE entries SET gone_gen = {generation.number:d} WHERE gone_gen IS NULL"  # noqa: S608
    gone = fetch_among(connection, statement, "id", list(entry_ids), returning="id, name, kind")
    return [(ChangedEntry(EntryChange.REMOVED, entry_id, name), kind) for entry_id, name, kind in sorted(gone)]


def list_changes_of(connection: Connection, generation: Generation, changes: Sequence[ChangedEntry]) -> None:
    rows = [(generation.source_id, generation.number, c.change.value, c.entry_id, c.name) for c in changes]
    insert_rows(connection, "catalogue_changes", ("source_id", "generation", "change", "entry_id", "name"), rows)


# --- the switch --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SnapshotPart:
    """Hold a row of a snapshot.

    `blocks` counts the blocks of the whole playlist. The stretches are in the first part.
    """

    number: int
    blocks: int
    fingerprints: bytes
    entry_ids: bytes
    stretches: bytes | None


def snapshot_parts(snapshot: Snapshot) -> Iterator[SnapshotPart]:
    """Split the snapshot of a generation into rows that are quick to write."""
    fingerprints, ids = snapshot.fingerprints, snapshot.entry_ids
    blocks = len(fingerprints)
    if snapshot.further:
        fingerprints, ids = fingerprints[:], ids[:]
        for value, further in snapshot.further.items():
            fingerprints.extend(new_array((value,)) * len(further))
            ids.extend(further)
    for number, start in enumerate(range(0, max(len(fingerprints), 1), SNAPSHOT_PART)):
        yield SnapshotPart(
            number,
            blocks,
            fingerprints=fingerprints[start : start + SNAPSHOT_PART].tobytes(),
            entry_ids=ids[start : start + SNAPSHOT_PART].tobytes(),
            stretches=None if number else snapshot.stretches.to_bytes(),
        )


def add_snapshot_part(connection: Connection, generation: Generation, part: SnapshotPart) -> None:
    connection.execute(
        catalogue_snapshots.insert().values(
            source_id=generation.source_id,
            generation=generation.number,
            part=part.number,
            blocks=part.blocks,
            fingerprints=part.fingerprints,
            entry_ids=part.entry_ids,
            stretches=part.stretches,
        )
    )


def read_snapshot(connection: Connection, source_id: SourceId, generation: int) -> Snapshot | None:
    """Return the blocks of a generation, or None where they were not stored."""
    table = catalogue_snapshots.c
    query = select(table.blocks, table.fingerprints, table.entry_ids, table.stretches).where(
        table.source_id == source_id, table.generation == generation
    )
    rows = connection.execute(query.order_by(table.part)).all()
    if not rows:
        return None
    fingerprints, ids = new_array(), new_array()
    for row in rows:
        fingerprints.frombytes(bytes(row.fingerprints))
        ids.frombytes(bytes(row.entry_ids))
    blocks = rows[0].blocks
    further: dict[int, list[int]] = {}
    for value, entry_id in zip(fingerprints[blocks:], ids[blocks:], strict=True):
        further.setdefault(value, []).append(entry_id)
    stretches = Stretches.from_bytes(bytes(rows[0].stretches or b""))
    return Snapshot(fingerprints[:blocks], ids[:blocks], further, stretches)


def visible_ids(connection: Connection, source_id: SourceId, generation: int) -> array[int]:
    """Return the entries of a generation, for a source whose snapshot is lost."""
    query = select(entries.c.id).where(
        entries.c.source_id == source_id,
        entries.c.series_key.is_(None),  # episodes that the account listed on request are not in its main list
        entries.c.added_gen <= generation,
        (entries.c.gone_gen.is_(None)) | (entries.c.gone_gen > generation),
    )
    return new_array(connection.execute(query).scalars())


def switch_generation(connection: Connection, generation: Generation, values: Mapping[str, object]) -> bool:
    """Make the generation visible. Return False where another refresh was first."""
    changed = connection.execute(
        update(sources)
        .where(sources.c.id == generation.source_id, sources.c.generation == generation.number - 1)
        .values(generation=generation.number, **values)
    )
    return changed.rowcount == 1


def apply_some_staged(connection: Connection, source_id: SourceId, generation: int) -> int:
    """Apply a chunk of the staged changes. Return their number, 0 when none is left."""
    staged = f"FROM entry_updates WHERE source_id = {source_id:d} AND generation = {generation:d}"
    rows = connection.exec_driver_sql(f"SELECT entry_id, fields {staged} ORDER BY entry_id LIMIT {STAGED}").all()
    if not rows:
        return 0
    alike: dict[tuple[str, ...], list[tuple[object, ...]]] = {}
    for entry_id, fields in rows:
        said = json.loads(fields)
        if isinstance(said, list):  # staged by an earlier release, with all columns
            said = dict(zip(CONTENT, full_content(said), strict=True))
        alike.setdefault(tuple(said), []).append((*said.values(), entry_id))
    for names, values in alike.items():
        _update_entries(connection, generation, names, values)
    connection.exec_driver_sql(f"DELETE {staged} AND entry_id <= {rows[-1][0]:d}")
    return len(rows)


def _update_entries(
    connection: Connection, generation: int, names: Sequence[str], rows: Sequence[tuple[object, ...]]
) -> None:
    """Update entries. Rows are the values of these columns, and the entry's id."""
    assert set(names) <= set(CONTENT)  # the names become part of a statement
    is_sqlite = connection.dialect.name == "sqlite"
    mark, value = ("?", "nullif(?, '')") if is_sqlite else ("%s", "%s")
    columns = "".join(f"{name} = {value}, " for name in names)
    statement = f"UPDATE entries SET {columns}gone_gen = NULL, changed_gen = {generation:d} WHERE id = {mark}"  # noqa: S608
    execute_many(connection, statement, rows if is_sqlite else map(nulls, rows))


# --- after an interrupted refresh --------------------------------------------------------------------------------


def current_generation(connection: Connection, source_id: SourceId) -> int:
    """Return the number of the generation that is visible."""
    return int(connection.execute(select(sources.c.generation).where(sources.c.id == source_id)).scalar_one())


def delete_some_unswitched(connection: Connection, source_id: SourceId, generation: int) -> int:
    """Delete a chunk of the entries that an interrupted refresh added. Return their number, 0 when none is left."""
    some = select(entries.c.id).where(entries.c.source_id == source_id, entries.c.added_gen > generation).limit(CHUNK)
    return connection.execute(delete(entries).where(entries.c.id.in_(some))).rowcount


def keep_some_unswitched(connection: Connection, source_id: SourceId, generation: int) -> int:
    """Keep a chunk of the entries that an interrupted refresh marked as vanished.

    Return their number, 0 when none is left.
    """
    some = select(entries.c.id).where(entries.c.source_id == source_id, entries.c.gone_gen > generation).limit(CHUNK)
    return connection.execute(update(entries).where(entries.c.id.in_(some)).values(gone_gen=None)).rowcount


def forget_unswitched(connection: Connection, source_id: SourceId, generation: int) -> int:
    """Delete the changes that an interrupted refresh staged and listed. Return the number of rows."""
    return sum(
        connection.execute(
            delete(table).where(table.c.source_id == source_id, table.c.generation > generation)
        ).rowcount
        for table in (entry_updates, catalogue_changes)
    )


def has_entries(connection: Connection, source_id: SourceId) -> bool:
    return connection.execute(select(entries.c.id).where(entries.c.source_id == source_id).limit(1)).first() is not None


def other_snapshot_parts(connection: Connection, source_id: SourceId, generation: int) -> list[tuple[int, int]]:
    """List the parts of snapshots of other generations, as pairs of generation and part."""
    table = catalogue_snapshots.c
    query = select(table.generation, table.part).where(table.source_id == source_id, table.generation != generation)
    return [(row.generation, row.part) for row in connection.execute(query)]


def delete_snapshot_part(connection: Connection, source_id: SourceId, generation: int, part: int) -> None:
    table = catalogue_snapshots
    of_part = (table.c.source_id == source_id, table.c.generation == generation, table.c.part == part)
    connection.execute(delete(table).where(*of_part))
