"""Store the libraries of all instances: movies and series with all their titles."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, insert, select, update

from stalkeer.adapters.arr.values import LibraryItem, LibraryKind
from stalkeer.core.titles.normalise import title_key
from stalkeer.model import InstanceId, LibraryId
from stalkeer.store.db.tables import download_items, library, library_titles, wanted
from stalkeer.store.library.renewal import StoredItem, plan_renumbering, renumber

DELETE_CHUNK = 500  # bound parameters in a statement


@dataclass(frozen=True, slots=True)
class KnownItem:
    """Hold the stored state of a row, to decide whether it must be written again."""

    id: LibraryId
    fingerprint: str
    state: bytes
    identity: int | None = None  # its TMDB or TVDB id


KnownItems = dict[int, KnownItem]  # by the instance's own id


def read_known_items(
    connection: Connection,
    instance_id: InstanceId,
    kind: LibraryKind,
    arr_id: int | None = None,
    identity: int | None = None,
) -> KnownItems:
    """Return the rows of an instance, or those of a single movie or series by its id, or by its TMDB or TVDB id."""
    own_id = _identity_column(kind)
    columns = [library.c.id, library.c.arr_id, library.c.fingerprint, own_id.label("identity")]
    columns += [library.c[name] for name in _STATE_COLUMNS]
    query = select(*columns).where(library.c.instance_id == instance_id, library.c.kind == kind.value)
    if arr_id is not None:
        query = query.where((library.c.arr_id == arr_id) | (own_id == identity))
    return {
        row.arr_id: KnownItem(LibraryId(row.id), row.fingerprint or "", _digest(row[4:]), row.identity)
        for row in connection.execute(query)
    }


def save_items(
    connection: Connection, instance_id: InstanceId, items: Sequence[LibraryItem], known: KnownItems, now: datetime
) -> int:
    """Write the new and changed `items` and update `known`. Return the number of written rows.

    An item that its instance gave another id keeps its row.
    """
    _renumber(connection, items, known)
    changed: list[tuple[LibraryItem, str]] = []
    renamed: list[LibraryItem] = []
    for item in items:
        fingerprint = fingerprint_of(item)
        present = known.get(item.arr_id)
        if present and present.fingerprint == fingerprint and present.state == _digest(_state(item)):
            continue
        changed.append((item, fingerprint))
        if present is None or present.fingerprint != fingerprint:
            renamed.append(item)
    _write(connection, instance_id, changed, known, now)
    _write_titles(connection, [(known[item.arr_id].id, item) for item in renamed])
    return len(changed)


def _identity_column(kind: LibraryKind) -> ColumnElement[int | None]:
    return library.c.tmdb_id if kind is LibraryKind.MOVIE else library.c.tvdb_id


def identity_of(item: LibraryItem) -> int | None:
    """Return the id that stays when the instance removes the item and adds it again."""
    return item.tmdb_id if item.kind is LibraryKind.MOVIE else item.tvdb_id


def _renumber(connection: Connection, items: Sequence[LibraryItem], known: KnownItems) -> None:
    incoming = [(item.arr_id, identity_of(item)) for item in items]
    if not known or all((row := known.get(arr_id)) and row.identity == identity for arr_id, identity in incoming):
        return
    held = {arr_id: StoredItem(row.id, row.identity) for arr_id, row in known.items()}
    plan = plan_renumbering(incoming, held)
    if not plan:
        return
    new_ids = renumber(connection, library, plan, held)
    renumbered = {new_ids[arr_id]: known.pop(arr_id) for arr_id in new_ids}
    known.update(renumbered)


def remove_items(connection: Connection, known: KnownItems, seen: Collection[int]) -> int:
    """Remove items that left the instance, except those of a running download. Return the number."""
    gone = [known[arr_id].id for arr_id in known.keys() - set(seen)]
    for start in range(0, len(gone), DELETE_CHUNK):
        busy = (
            select(wanted.c.library_id)
            .join(download_items, download_items.c.wanted_id == wanted.c.id)
            .where(download_items.c.active)
        )
        chunk = gone[start : start + DELETE_CHUNK]
        connection.execute(delete(library).where(library.c.id.in_(chunk), library.c.id.not_in(busy)))
    return len(gone)


def fingerprint_of(item: LibraryItem) -> str:
    """Return a digest of all fields that matching reads. Equal digests need no new match."""
    titles = sorted((known.title, known.origin.value, known.season or -1) for known in item.titles)
    facts = (item.title, titles, item.year, item.secondary_year, item.runtime_min, item.tmdb_id, item.tvdb_id)
    return _digest((*facts, item.imdb_id, item.series_type, item.original_language, item.monitored)).hex()


def _write(
    connection: Connection,
    instance_id: InstanceId,
    changed: Sequence[tuple[LibraryItem, str]],
    known: KnownItems,
    now: datetime,
) -> None:
    fresh = [(item, print_) for item, print_ in changed if item.arr_id not in known]
    stale = [(item, print_) for item, print_ in changed if item.arr_id in known]
    if stale:
        statement = update(library).where(library.c.id == bindparam("row_id"))
        rows = [
            {"row_id": known[item.arr_id].id, **_columns(item), "fingerprint": print_, "synced_at": now}
            for item, print_ in stale
        ]
        connection.execute(statement, rows)
    ids = {item.arr_id: known[item.arr_id].id for item, _ in stale}
    if fresh:
        base = {"instance_id": instance_id, "synced_at": now}
        rows = [
            base | {"kind": item.kind.value, "arr_id": item.arr_id, "fingerprint": print_} | _columns(item)
            for item, print_ in fresh
        ]
        written = connection.execute(insert(library).returning(library.c.arr_id, library.c.id), rows)
        ids.update({arr_id: LibraryId(row_id) for arr_id, row_id in written})
    for item, print_ in changed:
        known[item.arr_id] = KnownItem(ids[item.arr_id], print_, _digest(_state(item)), identity_of(item))


def _write_titles(connection: Connection, items: Sequence[tuple[LibraryId, LibraryItem]]) -> None:
    if not items:
        return
    connection.execute(delete(library_titles).where(library_titles.c.library_id.in_([row_id for row_id, _ in items])))
    rows = [
        {
            "library_id": row_id,
            "title": known.title,
            "key": title_key(known.title),
            "origin": known.origin.value,
            "season": known.season,
        }
        for row_id, item in items
        for known in item.titles
    ]
    if rows:
        connection.execute(insert(library_titles), rows)


_STATE_COLUMNS = ("has_file", "path", "poster", "quality_profile_id", "tags", "backdrop", "overview", "slug", "size")


def _state(item: LibraryItem) -> tuple[object, ...]:
    pictures = (item.backdrop, item.overview, item.slug, item.size)
    return (item.has_file, item.path, item.poster, item.quality_profile_id, list(item.tags), *pictures)


def _columns(item: LibraryItem) -> dict[str, Any]:
    return {
        "title": item.title,
        "year": item.year,
        "secondary_year": item.secondary_year,
        "runtime_min": item.runtime_min,
        "tmdb_id": item.tmdb_id,
        "tvdb_id": item.tvdb_id,
        "imdb_id": item.imdb_id,
        "series_type": item.series_type,
        "original_language": item.original_language,
        "monitored": item.monitored,
        **dict(zip(_STATE_COLUMNS, _state(item), strict=True)),
    }


def _digest(values: Sequence[object]) -> bytes:
    return hashlib.blake2b(repr(tuple(values)).encode(), digest_size=12).digest()
