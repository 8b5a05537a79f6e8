"""Write a new generation of a source's catalogue: invisible chunks first, one short switch, then staged changes.

An entry is visible from its `added_gen` on, until its `gone_gen`; which generation is current stands in `sources`.
So everything written before the switch can be thrown away by `clear_leftovers`, and what was staged for after it is
rolled forward by it. No transaction here holds the write lock for longer than a chunk of rows takes.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, bindparam, delete, select, text, update

from stalkeer.catalogue.snapshot import Snapshot, new_array
from stalkeer.model import SourceId
from stalkeer.store.database import Database
from stalkeer.store.tables import (
    catalogue_changes,
    catalogue_snapshots,
    entries,
    entry_updates,
    sources,
    title_keys,
    titles,
)

T = TypeVar("T")

CHUNK = 4_000
SNAPSHOT_PART = 100_000
MOST_LISTED = 50_000  # of each kind of change, in `catalogue_changes`; their number is always whole
_CATALOGUE_LOCK = 7825_0002  # PostgreSQL: one refresh at a time writes titles, as SQLite has it anyway

CONTENT = (
    "title_id",
    "kind",
    "kind_reason",
    "name",
    "url",
    "group_title",
    "logo",
    "year",
    "season",
    "episode",
    "episode_end",
    "air_date",
    "quality",
    "resolution",
    "languages",
    "country",
    "duration_s",
    "tmdb_id",
    "headers",
    "protected",
    "added",
)
Content = tuple[Any, ...]  # the values of CONTENT, in that order
_DETAILS = tuple(CONTENT.index(name) for name in ("duration_s", "tmdb_id", "year", "resolution"))
_INSERTED = ("id", "source_id", "key", *CONTENT, "added_gen", "first_seen")


class Known(NamedTuple):
    """An entry that the source has or had under a key."""

    id: int
    added_gen: int
    gone_gen: int | None
    content: Content


class NewTitle(NamedTuple):
    kind: str
    text: str
    keys: tuple[tuple[str, float], ...]  # (key, penalty)


class Added(NamedTuple):
    """The ids of the entries asked for, and how many of them are new."""

    ids: list[int]
    written: int


@dataclass(frozen=True)
class ChangedEntry:
    """A line for the list of what a refresh changed."""

    change: str  # added | changed | removed | returned
    entry_id: int
    name: str


@dataclass(frozen=True)
class Generation:
    """The generation that is being written for a source."""

    source_id: SourceId
    number: int
    now: datetime


# --- titles ------------------------------------------------------------------------------------------------------


def title_ids(
    connection: Connection, wanted: Sequence[NewTitle], parser_version: int, generation: int
) -> dict[tuple[str, str], int]:
    """The ids of these titles, made where they are new; and their keys, where a name told another one."""
    found: dict[tuple[str, str], int] = {}
    stale: list[int] = []
    for kind in {title.kind for title in wanted}:
        texts = list({title.text for title in wanted if title.kind == kind})
        for part in parts_of(texts, 500):
            query = select(titles.c.id, titles.c.text, titles.c.parser_version)
            for row in connection.execute(query.where(titles.c.kind == kind, titles.c.text.in_(part))):
                found[kind, row.text] = row.id
                if row.parser_version != parser_version:
                    stale.append(row.id)
    if stale:
        connection.execute(delete(title_keys).where(title_keys.c.title_id.in_(stale)))
        connection.execute(update(titles).where(titles.c.id.in_(stale)).values(parser_version=parser_version))
    missing = list(dict.fromkeys((title.kind, title.text) for title in wanted if (title.kind, title.text) not in found))
    fresh = _reserve_ids(connection, "titles", len(missing))
    rows = [
        (number, kind, name, parser_version, generation) for number, (kind, name) in zip(fresh, missing, strict=True)
    ]
    _insert_rows(connection, "titles", ("id", "kind", "text", "parser_version", "added_gen"), rows)
    found.update(zip(missing, fresh, strict=True))
    _insert_keys(connection, {(key, found[t.kind, t.text]): penalty for t in wanted for key, penalty in t.keys})
    return found


def _insert_keys(connection: Connection, keys: Mapping[tuple[str, int], float]) -> None:
    rows = [(key, title_id, penalty, key[::-1]) for (key, title_id), penalty in keys.items()]
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            "INSERT OR IGNORE INTO title_keys (key, title_id, penalty, mirror) VALUES (?, ?, ?, ?)", rows
        )
        return
    cursor = _driver(connection).cursor()
    cursor.executemany(
        "INSERT INTO title_keys (key, title_id, penalty, mirror) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING", rows
    )


# --- entries -----------------------------------------------------------------------------------------------------


def known_entries(connection: Connection, source_id: SourceId, keys: Sequence[str]) -> dict[str, Known]:
    """The entries that the source has or had under these keys."""
    columns = [entries.c[name] for name in ("key", "id", "added_gen", "gone_gen", *CONTENT)]
    found: dict[str, Known] = {}
    for part in parts_of(keys, 500):
        for row in connection.execute(
            select(*columns).where(entries.c.source_id == source_id, entries.c.key.in_(part))
        ):
            found[row[0]] = Known(row[1], row[2], row[3], tuple(row[4:]))
    return found


def keep_details(old: Content, new: Content) -> Content:
    """What was asked of the account for one entry stays where its list says nothing of it."""
    kept = list(new)
    for place in _DETAILS:
        if kept[place] is None:
            kept[place] = old[place]
    return tuple(kept)


def add_entries(connection: Connection, generation: Generation, rows: Sequence[tuple[str, Content]]) -> Added:
    """Insert entries, invisible until the switch. On SQLite a key that exists already is met with and left alone;
    on PostgreSQL the caller has looked for it before."""
    if not rows:
        return Added([], 0)
    ids = _reserve_ids(connection, "entries", len(rows))
    seen = generation.now.replace(tzinfo=None).isoformat(" ", "microseconds")  # as SQLAlchemy writes it
    moment: object = seen if connection.dialect.name == "sqlite" else generation.now
    source, number = generation.source_id, generation.number
    values = [
        (entry_id, source, key, *content, number, moment) for entry_id, (key, content) in zip(ids, rows, strict=True)
    ]
    count = _insert_rows(connection, "entries", _INSERTED, values, or_ignore=True)
    if count == len(rows):
        return Added(ids, count)
    known = known_entries(connection, source, [key for key, _ in rows])
    return Added([known[key].id for key, _ in rows], count)


def stage_changes(connection: Connection, generation: Generation, changed: Mapping[int, Content]) -> None:
    """Keep what visible or vanished entries are to become. Applied by `apply_staged` after the switch."""
    if not changed:
        return
    connection.execute(delete(entry_updates).where(entry_updates.c.entry_id.in_(list(changed))))
    rows = [
        (entry_id, generation.source_id, generation.number, json.dumps(content, ensure_ascii=False))
        for entry_id, content in changed.items()
    ]
    _insert_rows(connection, "entry_updates", ("entry_id", "source_id", "generation", "fields"), rows)


def unstage(connection: Connection, entry_ids: Sequence[int]) -> None:
    for part in parts_of(entry_ids, 500):
        connection.execute(delete(entry_updates).where(entry_updates.c.entry_id.in_(part)))


def mark_gone(
    connection: Connection, generation: Generation, entry_ids: Sequence[int]
) -> list[tuple[ChangedEntry, str]]:
    """Mark entries as vanished with this generation, and tell each one's kind. They stay visible until the switch,
    and are kept after it."""
    gone: list[tuple[ChangedEntry, str]] = []
    for part in parts_of(entry_ids, 500):
        here = (entries.c.id.in_(part), entries.c.gone_gen.is_(None))
        query = select(entries.c.id, entries.c.name, entries.c.kind).where(*here)
        gone += [(ChangedEntry("removed", row.id, row.name), row.kind) for row in connection.execute(query)]
        connection.execute(update(entries).where(*here).values(gone_gen=generation.number))
    return gone


def list_changes_of(connection: Connection, generation: Generation, changes: Sequence[ChangedEntry]) -> None:
    rows = [(generation.source_id, generation.number, c.change, c.entry_id, c.name) for c in changes]
    _insert_rows(connection, "catalogue_changes", ("source_id", "generation", "change", "entry_id", "name"), rows)


# --- the switch --------------------------------------------------------------------------------------------------


def write_snapshot(connection: Connection, generation: Generation, snapshot: Snapshot) -> None:
    """Store what the generation is made of; a part per row."""
    fingerprints, ids = snapshot.fingerprints[:], snapshot.entry_ids[:]
    for value, further in snapshot.further.items():
        fingerprints.extend(new_array((value,)) * len(further))
        ids.extend(further)
    blocks = len(snapshot.fingerprints)
    for part, start in enumerate(range(0, max(len(fingerprints), 1), SNAPSHOT_PART)):
        connection.execute(
            catalogue_snapshots.insert().values(
                source_id=generation.source_id,
                generation=generation.number,
                part=part,
                blocks=blocks,
                fingerprints=fingerprints[start : start + SNAPSHOT_PART].tobytes(),
                entry_ids=ids[start : start + SNAPSHOT_PART].tobytes(),
            )
        )


def read_snapshot(connection: Connection, source_id: SourceId, generation: int) -> Snapshot | None:
    """The blocks of a generation; None where they were not kept."""
    query = select(
        catalogue_snapshots.c.blocks, catalogue_snapshots.c.fingerprints, catalogue_snapshots.c.entry_ids
    ).where(catalogue_snapshots.c.source_id == source_id, catalogue_snapshots.c.generation == generation)
    rows = connection.execute(query.order_by(catalogue_snapshots.c.part)).all()
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
    return Snapshot(fingerprints[:blocks], ids[:blocks], further)


def visible_ids(connection: Connection, source_id: SourceId, generation: int) -> array[int]:
    """The entries of a generation, for a source whose snapshot is lost."""
    query = select(entries.c.id).where(
        entries.c.source_id == source_id,
        entries.c.series_key.is_(None),  # episodes that were asked for are in no list
        entries.c.added_gen <= generation,
        (entries.c.gone_gen.is_(None)) | (entries.c.gone_gen > generation),
    )
    return new_array(connection.execute(query).scalars())


def switch_generation(connection: Connection, generation: Generation, values: Mapping[str, object]) -> bool:
    """Make the generation the visible one. False where another refresh was first."""
    changed = connection.execute(
        update(sources)
        .where(sources.c.id == generation.source_id, sources.c.generation == generation.number - 1)
        .values(generation=generation.number, **values)
    )
    return changed.rowcount == 1


def apply_staged(database: Database, source_id: SourceId, generation: int) -> int:
    """After the switch: write what was staged, a chunk at a time. Done again after a crash, to the same effect."""
    applied = 0
    columns: dict[str, Any] = {name: bindparam(f"new_{name}") for name in CONTENT}
    statement = (
        update(entries)
        .where(entries.c.id == bindparam("entry"))
        .values(
            **columns,
            gone_gen=None,
            changed_gen=generation,
        )
    )
    while True:
        with database.begin() as connection:
            query = select(entry_updates.c.entry_id, entry_updates.c.fields).where(
                entry_updates.c.source_id == source_id, entry_updates.c.generation == generation
            )
            rows = connection.execute(query.order_by(entry_updates.c.entry_id).limit(1_000)).all()
            if not rows:
                return applied
            changed = [
                {"entry": row.entry_id, **{f"new_{n}": v for n, v in zip(CONTENT, json.loads(row.fields), strict=True)}}
                for row in rows
            ]
            connection.execute(statement, changed)
            connection.execute(
                delete(entry_updates).where(entry_updates.c.entry_id.in_([row.entry_id for row in rows]))
            )
            applied += len(rows)


def clear_leftovers(database: Database, source_id: SourceId) -> int:
    """After an interrupted refresh: finish what was switched, remove what was not. Answers how many rows it met."""
    with database.connect() as connection:
        generation = connection.execute(select(sources.c.generation).where(sources.c.id == source_id)).scalar_one()
    met = apply_staged(database, source_id, generation)
    of_source = entries.c.source_id == source_id
    met += _repeat(
        database,
        lambda c: (
            c.execute(
                delete(entries).where(
                    entries.c.id.in_(
                        select(entries.c.id).where(of_source, entries.c.added_gen > generation).limit(CHUNK)
                    )
                )
            ).rowcount
        ),
    )
    met += _repeat(
        database,
        lambda c: (
            c.execute(
                update(entries)
                .where(
                    entries.c.id.in_(
                        select(entries.c.id).where(of_source, entries.c.gone_gen > generation).limit(CHUNK)
                    )
                )
                .values(gone_gen=None)
            ).rowcount
        ),
    )
    with database.begin() as connection:
        for table in (entry_updates, catalogue_changes):
            met += connection.execute(
                delete(table).where(table.c.source_id == source_id, table.c.generation > generation)
            ).rowcount
        connection.execute(
            delete(catalogue_snapshots).where(
                catalogue_snapshots.c.source_id == source_id, catalogue_snapshots.c.generation != generation
            )
        )
    return met


def _repeat(database: Database, step: Callable[[Connection], int]) -> int:
    """One transaction after another until a step finds nothing to do."""
    total = 0
    while True:
        with database.begin() as connection:
            done = step(connection)
        if not done:
            return total
        total += done


def has_entries(connection: Connection, source_id: SourceId) -> bool:
    return connection.execute(select(entries.c.id).where(entries.c.source_id == source_id).limit(1)).first() is not None


def drop_old_snapshots(database: Database, generation: Generation) -> None:
    with database.begin() as connection:
        connection.execute(
            delete(catalogue_snapshots).where(
                catalogue_snapshots.c.source_id == generation.source_id,
                catalogue_snapshots.c.generation < generation.number,
            )
        )


# --- driver's own speed ------------------------------------------------------------------------------------------


@contextmanager
def writing(database: Database) -> Iterator[Connection]:
    """A transaction that writes titles or entries: one refresh at a time, on PostgreSQL too."""
    with database.begin() as connection:
        if not database.is_sqlite:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_CATALOGUE_LOCK})"))
            connection.execute(text("SET LOCAL synchronous_commit = off"))
        else:
            # the indexes of a million entries do not fit into SQLite's usual two megabytes; ten are as fast as forty
            connection.exec_driver_sql("PRAGMA cache_size = -10000")
        yield connection


def _reserve_ids(connection: Connection, table: str, count: int) -> list[int]:
    """Ids for new rows. SQLite's writer is alone, so the next ones are free; PostgreSQL's sequence hands them out."""
    if not count:
        return []
    if connection.dialect.name == "sqlite":
        last = connection.exec_driver_sql(f"SELECT coalesce(max(id), 0) FROM {table}").scalar_one()  # noqa: S608
        return list(range(last + 1, last + 1 + count))
    query = f"SELECT nextval(pg_get_serial_sequence('{table}', 'id')) FROM generate_series(1, {count})"  # noqa: S608
    return [row[0] for row in connection.exec_driver_sql(query)]


def _insert_rows(
    connection: Connection,
    table: str,
    columns: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    *,
    or_ignore: bool = False,
) -> int:
    """Many rows by the driver alone: executemany on SQLite, COPY on PostgreSQL. Answers how many were written."""
    if not rows:
        return 0
    names = ", ".join(columns)
    if connection.dialect.name == "sqlite":
        # Python's sqlite3 takes ten times as long to bind a None as a text: ten nulls cost more than the row itself.
        marks = ", ".join(("nullif(?, '')",) * len(columns))
        rows = [tuple(["" if value is None else value for value in row]) for row in rows]
        verb = "INSERT OR IGNORE" if or_ignore else "INSERT"
        return _execute_many(connection, f"{verb} INTO {table} ({names}) VALUES ({marks})", rows)
    with _driver(connection).cursor().copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    return len(rows)


def _execute_many(connection: Connection, statement: str, rows: Sequence[Sequence[Any]]) -> int:
    cursor = _driver(connection).cursor()
    try:
        cursor.executemany(statement, rows)
        return int(cursor.rowcount)
    finally:
        cursor.close()


def _driver(connection: Connection) -> Any:  # noqa: ANN401 - psycopg's own connection, for COPY
    return connection.connection.driver_connection


def parts_of(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """`values` in lists of at most `size`: a statement has no room for a hundred thousand parameters."""
    iterator = iter(values)
    while part := list(islice(iterator, size)):
        yield part
