"""Store the items that instances want: movies and episodes without a file, or below the cutoff."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, update

from stalkeer.adapters.arr.values import FileQuality, WantedReason, WantedRecord
from stalkeer.model import InstanceId, LibraryId, WantedId
from stalkeer.store.db.tables import library, wanted
from stalkeer.store.library.renewal import StoredItem, free_ids, plan_renumbering, renumber

UPDATE_CHUNK = 500


Identity = tuple[LibraryId, int | None, int | None]  # the movie or series, season and episode


@dataclass(frozen=True, slots=True)
class KnownWanted:
    id: WantedId
    state: bytes
    is_gone: bool
    reason: str
    identity: Identity


KnownWanteds = dict[int, KnownWanted]  # by movieId or episodeId


@dataclass(frozen=True, slots=True)
class WantedToSave:
    """Hold a wanted item with its library row, and the rule that skips it, if any."""

    item: WantedRecord
    library_id: LibraryId
    library_fingerprint: str
    skip: str | None
    owned_by: str | None

    @property
    def identity(self) -> Identity:
        return (self.library_id, self.item.season, self.item.episode)


def read_known_wanted(
    connection: Connection, instance_id: InstanceId, library_id: LibraryId | None = None
) -> KnownWanteds:
    """Return all items that an instance ever wanted and still has, or those of a single movie or series."""
    columns = [wanted.c[name] for name in _COLUMNS]
    query = select(wanted.c.id, wanted.c.arr_id, wanted.c.gone_at, wanted.c.library_id, wanted.c.fingerprint, *columns)
    if library_id is not None:
        query = query.where(wanted.c.library_id == library_id)
    return {
        row.arr_id: KnownWanted(
            WantedId(row.id),
            _digest((row.library_id, row.fingerprint, *row[5:])),
            row.gone_at is not None,
            row.reason,
            (LibraryId(row.library_id), row.season, row.episode),
        )
        for row in connection.execute(query.where(wanted.c.instance_id == instance_id))
    }


def save_wanted(
    connection: Connection, instance_id: InstanceId, rows: Sequence[WantedToSave], known: KnownWanteds, now: datetime
) -> int:
    """Write rows that are new, changed or wanted again, and update `known`. Return the number.

    An item imported since `known` was read stays gone, because the list may be older than the import. An item that its
    instance gave another id keeps its row.
    """
    _renumber(connection, rows, known)
    fresh: list[dict[str, Any]] = []
    stale: list[dict[str, Any]] = []
    returned: list[dict[str, Any]] = []
    for row in rows:
        values = _values(row)
        state = _digest((row.library_id, values["fingerprint"], *(values[name] for name in _COLUMNS)))
        present = known.get(row.item.arr_id)
        if present is None:
            fresh.append(values | {"instance_id": instance_id, "first_seen": now, "arr_id": row.item.arr_id})
        elif present.is_gone:
            # entries that came meanwhile were not matched with it
            returned.append(values | {"row_id": present.id, "gone_at": None, "matched_fingerprint": None})
        elif present.state != state:
            stale.append(values | {"row_id": present.id})
        known[row.item.arr_id] = KnownWanted(
            id=present.id if present else WantedId(0),
            state=state,
            is_gone=False,
            reason=row.item.reason.value,
            identity=row.identity,
        )
    for changed in filter(None, (stale, returned)):
        connection.execute(update(wanted).where(wanted.c.id == bindparam("row_id")), changed)
    if fresh:
        connection.execute(insert(wanted), fresh)
    return len(fresh) + len(stale) + len(returned)


def _renumber(connection: Connection, rows: Sequence[WantedToSave], known: KnownWanteds) -> None:
    incoming = [(row.item.arr_id, row.identity) for row in rows]
    if not known or all(
        (known_row := known.get(arr_id)) and known_row.identity == identity for arr_id, identity in incoming
    ):
        return
    held = {arr_id: StoredItem(item.id, item.identity) for arr_id, item in known.items()}
    plan = plan_renumbering(incoming, held)
    if not plan:
        return
    new_ids = renumber(connection, wanted, plan, held)
    renumbered = {new_ids[arr_id]: known.pop(arr_id) for arr_id in new_ids}
    known.update(renumbered)


def free_wanted_ids(
    connection: Connection, instance_id: InstanceId, arr_ids: Sequence[int], known: KnownWanteds
) -> None:
    """Take these ids from rows that are not in `known`: rows of other movies or series, whose ids changed."""
    fresh = [arr_id for arr_id in arr_ids if arr_id not in known]
    free_ids(connection, wanted, instance_id, fresh, [row.id for row in known.values()])


def mark_gone(
    connection: Connection, known: KnownWanteds, seen: Collection[int], reason: WantedReason | None, now: datetime
) -> int:
    """Mark items wanted for `reason` (None: any) and not in `seen` as no longer wanted. Return the number.

    `known` is updated: an item that left one list for the other is wanted again by the next one.
    """
    leaving = [
        arr_id
        for arr_id, row in known.items()
        if (reason is None or row.reason == reason.value) and not row.is_gone and arr_id not in seen
    ]
    gone = [known[arr_id].id for arr_id in leaving]
    known.update({arr_id: replace(known[arr_id], is_gone=True) for arr_id in leaving})
    for start in range(0, len(gone), UPDATE_CHUNK):
        chunk = gone[start : start + UPDATE_CHUNK]
        connection.execute(update(wanted).where(wanted.c.id.in_(chunk)).values(gone_at=now))
    return len(gone)


def count_wanted(connection: Connection, instance_id: InstanceId) -> dict[str | None, int]:
    """Count the wanted items by the rule that skips them; None counts items without a rule."""
    query = (
        select(wanted.c.skip, func.count().label("number"))
        .where(wanted.c.instance_id == instance_id, wanted.c.gone_at.is_(None))
        .group_by(wanted.c.skip)
    )
    return {row.skip: row.number for row in connection.execute(query)}


def count_reasons(connection: Connection, instance_id: InstanceId) -> dict[str, int]:
    """Count the wanted items of an instance by the reason why it wants them."""
    query = (
        select(wanted.c.reason, func.count().label("number"))
        .where(wanted.c.instance_id == instance_id, wanted.c.gone_at.is_(None))
        .group_by(wanted.c.reason)
    )
    return {row.reason: row.number for row in connection.execute(query)}


def find_wanted(
    connection: Connection, instance_id: InstanceId, arr_ids: Sequence[int], library_arr_id: int | None = None
) -> tuple[WantedId, ...]:
    """Return the wanted items with these movieIds or episodeIds, or all of a movie or series."""
    query = select(wanted.c.id).where(wanted.c.instance_id == instance_id)
    if library_arr_id is not None:
        query = query.join(library, library.c.id == wanted.c.library_id).where(library.c.arr_id == library_arr_id)
    else:
        query = query.where(wanted.c.arr_id.in_(arr_ids))
    return tuple(WantedId(wanted_id) for wanted_id in connection.execute(query).scalars())


def mark_skipped(connection: Connection, wanted_ids: Sequence[WantedId], rule: str) -> None:
    """Skip items until the next sync judges them again."""
    connection.execute(update(wanted).where(wanted.c.id.in_(wanted_ids)).values(skip=rule))


def note_searched(connection: Connection, wanted_ids: Sequence[WantedId], now: datetime) -> None:
    connection.execute(update(wanted).where(wanted.c.id.in_(wanted_ids)).values(last_searched_at=now))


_COLUMNS = (
    "kind",
    "reason",
    "title",
    "season",
    "episode",
    "absolute",
    "scene_season",
    "scene_episode",
    "scene_absolute",
    "air_date",
    "air_date_utc",
    "runtime_min",
    "monitored",
    "available",
    "current_quality",
    "skip",
    "owned_by",
)


def _values(row: WantedToSave) -> dict[str, Any]:
    item = row.item
    numbers = (item.season, item.episode, item.absolute, item.scene_season, item.scene_episode, item.scene_absolute)
    identity = (row.library_fingerprint, item.title, *numbers, item.air_date, item.runtime_min)
    return {
        "library_id": row.library_id,
        "kind": item.kind.value,
        "reason": item.reason.value,
        "title": item.title,
        "season": item.season,
        "episode": item.episode,
        "absolute": item.absolute,
        "scene_season": item.scene_season,
        "scene_episode": item.scene_episode,
        "scene_absolute": item.scene_absolute,
        "air_date": item.air_date,
        "air_date_utc": item.air_date_utc,
        "runtime_min": item.runtime_min,
        "monitored": item.monitored,
        "available": item.available,
        "current_quality": _quality_json(item.current_quality),
        "skip": str(row.skip)
        if row.skip
        else None,  # plain text as in the database, because an enum member would give another digest
        "owned_by": row.owned_by,
        "fingerprint": _digest(identity).hex(),
    }


def _quality_json(quality: FileQuality | None) -> Mapping[str, Any] | None:
    return None if quality is None else asdict(quality)


def _digest(values: Sequence[object]) -> bytes:
    return hashlib.blake2b(repr(tuple(values)).encode(), digest_size=12).digest()
