"""Find stranded downloads: their file was placed, but they ended without an import.

The instance may still have the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, exists, func, or_, select, update

from stalkeer.adapters.arr.values import WantedReason
from stalkeer.core.downloads.states import check_transition
from stalkeer.model import DownloadId, DownloadState
from stalkeer.store.db.tables import download_items, downloads, wanted
from stalkeer.store.downloads.downloads import DownloadRow, ItemRow, ItemState, list_items, lock_download, to_download
from stalkeer.store.journal.events import Event, record_event

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
        "download.completed",
        f"{row.identity.title} was found in its library after all, as {final_path}",
        download_id=download_id,
        wanted_id=row.items[0].wanted_id,
        source_id=row.identity.source_id,
        instance_id=row.items[0].instance_id,
    )
    record_event(connection, now, event)
    return True
