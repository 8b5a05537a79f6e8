"""Find what ended downloads leave behind: files that are no longer needed, and stranded downloads.

The file of a stranded download was placed, but the download ended without an import. The instance may still have it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, exists, func, or_, select, update

from stalkeer.adapters.arr.values import WantedReason
from stalkeer.core.downloads.states import check_transition
from stalkeer.model import DownloadId, DownloadState, EventKind
from stalkeer.store.db.tables import download_items, downloads, wanted
from stalkeer.store.downloads.downloads import list_items, lock_download
from stalkeer.store.downloads.rows import DownloadRow, ItemRow, ItemState, to_download
from stalkeer.store.journal.events import Event, record_event

_D = downloads.c
STRANDED = (DownloadState.BLOCKED, DownloadState.FAILED)


def list_stranded(connection: Connection, limit: int) -> list[DownloadRow]:
    """List stranded downloads with an item that its instance no longer reports as missing, only the newest for each
    item.

    Of more than `limit` downloads, return a random part, so that each one is checked at some time.
    """
    own = download_items.alias("own")
    newer = download_items.alias("newer")
    no_longer_missing = (
        exists()
        .where(own.c.download_id == downloads.c.id, own.c.state != ItemState.IMPORTED.value)
        .where(wanted.c.id == own.c.wanted_id)
        .where(or_(wanted.c.gone_at.is_not(None), wanted.c.reason == WantedReason.CUTOFF.value))
    )
    is_replaced = exists().where(
        own.c.download_id == downloads.c.id,
        newer.c.wanted_id == own.c.wanted_id,
        newer.c.download_id > downloads.c.id,
    )
    query = (
        select(downloads)
        .where(downloads.c.state.in_([state.value for state in STRANDED]), downloads.c.placed_path.is_not(None))
        .where(no_longer_missing, ~is_replaced)
        .order_by(func.random())
        .limit(limit)
    )
    rows = connection.execute(query).all()
    items = list_items(connection, [DownloadId(row.id) for row in rows])
    return [to_download(row, items.get(DownloadId(row.id), ())) for row in rows]


def note_recovered(
    connection: Connection, download_id: DownloadId, items: Sequence[ItemRow], file_id: int, now: datetime
) -> bool:
    """Record that an instance has the file of these items. Return False where the download is no longer stranded."""
    row = lock_download(connection, download_id)
    if row.state not in STRANDED or row.queue.is_owned:
        return False
    of_these = download_items.c.id.in_([item.id for item in items])
    values = {"state": ItemState.IMPORTED.value, "imported_file_id": file_id, "command_id": None, "refusal": None}
    connection.execute(update(download_items).where(of_these).values(**values))
    connection.execute(update(downloads).where(downloads.c.id == download_id).values(updated_at=now))
    return True


def complete_recovered(connection: Connection, download_id: DownloadId, final_path: str, now: datetime) -> bool:
    """Complete a stranded download once all its items are imported. Return False where one of them is not."""
    row = lock_download(connection, download_id)
    is_imported = all(item.state is ItemState.IMPORTED for item in row.items)
    if row.state not in STRANDED or row.queue.is_owned or not is_imported:
        return False
    check_transition(row.state, DownloadState.COMPLETED)
    values = {"state": DownloadState.COMPLETED.value, "final_path": final_path, "error": None, "error_code": None}
    ending = {"not_before": None, "intent": None, "part_path": None, "finished_at": now, "updated_at": now}
    connection.execute(update(downloads).where(downloads.c.id == download_id).values(**values, **ending))
    of_this = download_items.c.download_id == download_id
    connection.execute(update(download_items).where(of_this).values(active=False))
    event = Event(
        EventKind.DOWNLOAD_COMPLETED,
        f"{row.identity.title} was found in its library after all, as {final_path}",
        download_id=download_id,
        wanted_id=row.items[0].wanted_id,
        source_id=row.identity.source_id,
        instance_id=row.items[0].instance_id,
    )
    record_event(connection, now, event)
    return True


@dataclass(frozen=True)
class Litter:
    """Name the files of a download that are no longer needed."""

    download_id: DownloadId
    part_path: str | None
    placed_path: str | None


# a condition on a download whose files are no longer needed: it was cancelled, or it failed and was removed
_IS_LITTER = or_(
    _D.state == DownloadState.CANCELLED.value,
    and_(_D.state == DownloadState.FAILED.value, _D.removed_at.is_not(None)),
)


def litter(connection: Connection, limit: int = 20) -> list[Litter]:
    query = select(_D.id, _D.part_path, _D.placed_path).where(
        _IS_LITTER,
        or_(_D.part_path.is_not(None), _D.placed_path.is_not(None)),
        ~_D.keep_partial,
    )
    return [
        Litter(DownloadId(row.id), row.part_path, row.placed_path) for row in connection.execute(query.limit(limit))
    ]


def forget_litter(connection: Connection, download_id: DownloadId) -> None:
    still = (_D.id == download_id) & _IS_LITTER
    values = {"part_path": None, "placed_path": None, "durable_offset": 0, "offset": 0, "validators": None}
    connection.execute(update(downloads).where(still).values(**values))
