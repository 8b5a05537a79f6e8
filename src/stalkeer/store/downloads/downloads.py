"""Read the queue for users, and create downloads.

`rows` has the values, `actions` the changes by users, `admission`, `claims` and `run_writes` those by workers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, and_, case, delete, func, literal, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from stalkeer.core.downloads.states import Intent
from stalkeer.errors import NotFound
from stalkeer.model import (
    FINAL_STATES,
    DownloadId,
    DownloadState,
    Drive,
    EntryId,
    EventKind,
    InstanceId,
    SourceId,
    WantedId,
)
from stalkeer.store.db.tables import download_items, downloads
from stalkeer.store.downloads.rows import DownloadRow, ItemRow, ItemState, to_download, to_item
from stalkeer.store.journal.events import Event, record_event


@dataclass(frozen=True)
class NewItem:
    wanted_id: WantedId
    instance_id: InstanceId
    arr_id: int
    hand_over: Drive = Drive.OURS


@dataclass(frozen=True)
class NewDownload:
    """Hold a request for a download. `total` is the size that the playlist states; the server's size replaces it."""

    entry_id: EntryId
    source_id: SourceId
    entry_key: str
    name: str
    title: str
    kind: str  # movie | episode
    items: tuple[NewItem, ...]
    host: str = ""
    priority: int = 0
    bandwidth_limit: int | None = None
    replaces: bool = False
    destination: Mapping[str, object] | None = None


@dataclass(frozen=True)
class DownloadFilter:
    """Select downloads that match every given field."""

    states: tuple[DownloadState, ...] = ()
    source_id: SourceId | None = None
    instance_id: InstanceId | None = None
    search: str = ""


class QueueOrder(StrEnum):
    QUEUE = "queue"  # the order in which the downloads start
    NEWEST = "newest"
    ENDED = "ended"  # the downloads that ended last come first


@dataclass(frozen=True)
class StateCounts:
    by_state: Mapping[DownloadState, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.by_state.values())

    @property
    def unfinished(self) -> int:
        """Return the filter for downloads in the queue."""
        return sum(count for state, count in self.by_state.items() if state not in FINAL_STATES)


# --- reading -----------------------------------------------------------------------------------------------------


def get_download(connection: Connection, download_id: DownloadId) -> DownloadRow:
    row = connection.execute(select(downloads).where(downloads.c.id == download_id)).one_or_none()
    if row is None:
        raise _unknown(download_id)
    return to_download(row, list_items(connection, [download_id]).get(download_id, ()))


def get_downloads(connection: Connection, download_ids: Sequence[DownloadId]) -> list[DownloadRow]:
    """Read downloads by their ids, in this order. Raises NotFound if one does not exist."""
    found = _read(connection, download_ids)
    for gone in (download_id for download_id in download_ids if download_id not in found):
        raise _unknown(gone)
    return [found[download_id] for download_id in download_ids]


def _read(connection: Connection, download_ids: Sequence[DownloadId]) -> dict[DownloadId, DownloadRow]:
    rows = connection.execute(select(downloads).where(downloads.c.id.in_(download_ids))).all()
    items = list_items(connection, download_ids)
    return {DownloadId(row.id): to_download(row, items.get(DownloadId(row.id), ())) for row in rows}


def list_downloads(
    connection: Connection,
    chosen: DownloadFilter = DownloadFilter(),
    *,
    order: QueueOrder = QueueOrder.QUEUE,
    limit: int = 50,
    offset: int = 0,
    after: DownloadRow | None = None,
) -> list[DownloadRow]:
    """List downloads. `after` is the last row seen, so that every page costs the same."""
    # rows are wide: read them for this page only, and not for all that are sorted or skipped
    query = select(downloads.c.id).where(*_clauses(chosen)).limit(limit).offset(offset)
    if after is not None:
        query = query.where(_comes_after(after, order))
    if order is QueueOrder.QUEUE:
        query = query.order_by(downloads.c.priority.desc(), downloads.c.rank, downloads.c.id)
    elif order is QueueOrder.ENDED:
        query = query.order_by(_ended_at().desc(), downloads.c.id.desc())
    else:
        query = query.order_by(downloads.c.id.desc())
    ids = connection.scalars(query).all()
    found = _read(connection, ids)
    return [found[download_id] for download_id in ids if download_id in found]  # PostgreSQL may have deleted one since


def _ended_at() -> ColumnElement[datetime]:
    return func.coalesce(downloads.c.finished_at, downloads.c.updated_at)


def _comes_after(row: DownloadRow, order: QueueOrder) -> ColumnElement[bool]:
    if order is QueueOrder.NEWEST:
        return downloads.c.id < row.id
    if order is QueueOrder.ENDED:
        ended_at = row.outcome.finished_at or row.updated_at
        ended = _ended_at()
        return or_(ended < ended_at, and_(ended == ended_at, downloads.c.id < row.id))
    later = tuple_(downloads.c.rank, downloads.c.id) > tuple_(literal(row.queue.rank), literal(row.id))
    is_behind = or_(downloads.c.priority < row.queue.priority, later)
    return and_(downloads.c.priority <= row.queue.priority, is_behind)  # in this form the index is entered at the row


def count_downloads(connection: Connection, chosen: DownloadFilter = DownloadFilter()) -> int:
    return int(connection.execute(select(func.count()).select_from(downloads).where(*_clauses(chosen))).scalar_one())


def has_downloads(connection: Connection) -> bool:
    """Return whether there is any download, ended ones included."""
    return connection.execute(select(downloads.c.id).limit(1)).first() is not None


def count_by_state(connection: Connection, search: str = "") -> StateCounts:
    """Count all downloads, or those that `search` finds."""
    query = select(downloads.c.state, func.count()).where(*_clauses(DownloadFilter(search=search)))
    query = query.group_by(downloads.c.state)
    return StateCounts({DownloadState(state): count for state, count in connection.execute(query)})


@dataclass(frozen=True)
class QueueLeft:
    """Hold the bytes that open downloads still need. `unknown` counts downloads of unknown size."""

    bytes: int
    unknown: int


def count_left(connection: Connection) -> QueueLeft:
    open_states = [state.value for state in DownloadState if state not in FINAL_STATES]
    needed = case((downloads.c.total > downloads.c.offset, downloads.c.total - downloads.c.offset), else_=0)
    columns = (func.coalesce(func.sum(needed), 0), func.count() - func.count(downloads.c.total))
    row = connection.execute(select(*columns).where(downloads.c.state.in_(open_states))).one()
    return QueueLeft(int(row[0]), int(row[1]))


def list_download_ids(connection: Connection, chosen: DownloadFilter, limit: int) -> list[DownloadId]:
    """List the ids that a filter selects, in the order of the queue."""
    query = select(downloads.c.id).where(*_clauses(chosen)).limit(limit)
    query = query.order_by(downloads.c.priority.desc(), downloads.c.rank, downloads.c.id)
    return [DownloadId(download_id) for download_id in connection.scalars(query)]


def list_items(connection: Connection, download_ids: Sequence[DownloadId]) -> dict[DownloadId, tuple[ItemRow, ...]]:
    if not download_ids:
        return {}
    query = select(download_items).where(download_items.c.download_id.in_(download_ids)).order_by(download_items.c.id)
    found: dict[DownloadId, tuple[ItemRow, ...]] = {}
    for row in connection.execute(query):
        item = to_item(row)
        found[item.download_id] = (*found.get(item.download_id, ()), item)
    return found


def active_wanted_ids(connection: Connection) -> frozenset[WantedId]:
    """Return the items that have an open download already."""
    query = select(download_items.c.wanted_id).where(download_items.c.active)
    return frozenset(WantedId(wanted_id) for (wanted_id,) in connection.execute(query))


def failed_wanted_ids(connection: Connection, since: datetime) -> frozenset[WantedId]:
    """Return the items whose download failed recently or was cancelled by the user.

    They are not queued automatically.
    """
    query = (
        select(download_items.c.wanted_id)
        .join(downloads, downloads.c.id == download_items.c.download_id)
        .where(
            or_(
                downloads.c.state == DownloadState.CANCELLED.value,
                (downloads.c.state == DownloadState.FAILED.value) & (downloads.c.finished_at > since),
            )
        )
    )
    return frozenset(WantedId(wanted_id) for (wanted_id,) in connection.execute(query))


# --- requests ----------------------------------------------------------------------------------------------------


def create_download(connection: Connection, new: NewDownload, now: datetime) -> DownloadId | None:
    """Queue a download for those of its items that have no open download yet.

    Return None where there is none. A download with a destination needs no item. A unique index over active items
    ensures that two simultaneous requests create only one download.
    """
    values = {
        "entry_id": new.entry_id,
        "source_id": new.source_id,
        "entry_key": new.entry_key,
        "name": new.name,
        "title": new.title,
        "kind": new.kind,
        "state": DownloadState.QUEUED.value,
        "host": new.host,
        "priority": new.priority,
        "rank": last_rank(connection) + 1,
        "bandwidth_limit": new.bandwidth_limit,
        "replaces": new.replaces,
        "destination": None if new.destination is None else dict(new.destination),
        "created_at": now,
        "updated_at": now,
    }
    download_id = DownloadId(
        connection.execute(downloads.insert().values(**values).returning(downloads.c.id)).scalar_one()
    )
    taken = [item for item in new.items if _claim_item(connection, download_id, item)]
    if not taken and new.destination is None:
        connection.execute(delete(downloads).where(downloads.c.id == download_id))
        return None
    record_event(
        connection,
        now,
        Event(
            EventKind.DOWNLOAD_QUEUED,
            f"{new.title} was queued",
            download_id=download_id,
            wanted_id=taken[0].wanted_id if taken else None,
            source_id=new.source_id,
            instance_id=taken[0].instance_id if taken else None,
        ),
    )
    return download_id


def find_open_download(connection: Connection, entry_id: EntryId) -> DownloadId | None:
    """Find a download of this entry without its file yet, which a further item may join.

    The row is locked until the transaction ends, so that nobody cancels it in between. A download that is being
    cancelled is left out.
    """
    waiting = (DownloadState.QUEUED.value, DownloadState.DOWNLOADING.value, DownloadState.PAUSED.value)
    stays = downloads.c.intent.is_distinct_from(Intent.CANCEL.value)
    query = select(downloads.c.id).where(downloads.c.entry_id == entry_id, downloads.c.state.in_(waiting), stays)
    found = connection.execute(query.order_by(downloads.c.id).limit(1).with_for_update()).scalar_one_or_none()
    return None if found is None else DownloadId(found)


def add_item(connection: Connection, download_id: DownloadId, item: NewItem) -> bool:
    """Add a wanted item to an open download. Return False where the item has an open download already."""
    return _claim_item(connection, download_id, item)


def _claim_item(connection: Connection, download_id: DownloadId, item: NewItem) -> bool:
    values = {
        "download_id": download_id,
        "wanted_id": item.wanted_id,
        "instance_id": item.instance_id,
        "arr_id": item.arr_id,
        "state": ItemState.WAITING.value,
        "active": True,
        "hand_over": item.hand_over.value,
    }
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    statement = insert(download_items).values(**values).on_conflict_do_nothing().returning(download_items.c.id)
    return connection.execute(statement).one_or_none() is not None


def last_rank(connection: Connection) -> float:
    return float(connection.execute(select(func.coalesce(func.max(downloads.c.rank), 0.0))).scalar_one())


def is_imported_copy(connection: Connection, path: str, size: int) -> bool:
    """Return whether a completed download left this file and its instance has a copy under another path."""
    query = select(downloads.c.id).where(
        downloads.c.placed_path == path,
        downloads.c.total == size,
        downloads.c.state == DownloadState.COMPLETED.value,
        downloads.c.final_path.is_not(None),
        downloads.c.final_path != path,
    )
    return connection.execute(query.limit(1)).scalar_one_or_none() is not None


def lock_download(connection: Connection, download_id: DownloadId) -> DownloadRow:
    """Read the row and lock it until the transaction ends. On SQLite, the write lock is enough."""
    query = select(downloads).where(downloads.c.id == download_id).with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None:
        raise _unknown(download_id)
    return to_download(row, list_items(connection, [download_id]).get(download_id, ()))


def end_items(connection: Connection, download_id: DownloadId, state: ItemState) -> None:
    """End the items of a download, so that they can be downloaded again. Imported items stay imported."""
    of_this = download_items.c.download_id == download_id
    connection.execute(update(download_items).where(of_this).values(active=False))
    connection.execute(
        update(download_items)
        .where(of_this, download_items.c.state != ItemState.IMPORTED.value)
        .values(state=state.value)
    )


def _unknown(download_id: DownloadId) -> NotFound:
    return NotFound(f"There is no download {download_id}; `stalkeer download list` shows the queue.")


_IS_LISTED = downloads.c.removed_at.is_(None)


def _clauses(chosen: DownloadFilter) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = [_IS_LISTED]
    if chosen.states:
        clauses.append(downloads.c.state.in_([state.value for state in chosen.states]))
    if chosen.source_id is not None:
        clauses.append(downloads.c.source_id == chosen.source_id)
    if chosen.instance_id is not None:
        of_instance = select(download_items.c.download_id).where(download_items.c.instance_id == chosen.instance_id)
        clauses.append(downloads.c.id.in_(of_instance))
    if chosen.search:
        clauses.append(downloads.c.title.icontains(chosen.search, autoescape=True))
    return clauses
