"""Store quarantined files: downloaded files that are too short, broken or another video.

The user accepts or deletes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from stalkeer.errors import Conflict, NotFound
from stalkeer.model import DownloadId, DownloadState, EntryId, InstanceId, SourceId, WantedId
from stalkeer.store.db.tables import downloads, quarantine, sources
from stalkeer.store.downloads.downloads import NewDownload, NewItem, create_download, find_open_download
from stalkeer.store.downloads.rows import ACCEPTED, DownloadRow

_Q = quarantine.c


@dataclass(frozen=True)
class QuarantinedFile:
    """Hold a quarantined file. `name` is its entry's name on the playlist, `title` is the item's title."""

    id: int
    download_id: DownloadId
    entry_id: EntryId
    source_id: SourceId
    source: str
    entry_key: str
    name: str
    title: str
    kind: str
    items: tuple[NewItem, ...]
    destination: Mapping[str, object] | None  # for a download without items: the parts of the file name
    replaces: bool
    path: Path
    size: int
    reason: str
    set_aside_at: datetime


@dataclass(frozen=True)
class Amount:
    """Hold the number of quarantined files and their `size` in bytes."""

    count: int
    size: int


def note_set_aside(connection: Connection, row: DownloadRow, path: Path, reason: str, now: datetime) -> None:
    """Record that the file of a download was moved to `path`."""
    identity = row.identity
    items = [[item.wanted_id, item.instance_id, item.arr_id] for item in row.items]
    values = {
        "download_id": row.id,
        "entry_id": identity.entry_id,
        "source_id": identity.source_id,
        "entry_key": identity.entry_key,
        "name": identity.name,
        "title": identity.title,
        "kind": identity.kind,
        "items": items,
        "destination": None if identity.destination is None else dict(identity.destination),
        "replaces": identity.replaces,
        "path": str(path),
        "size": row.transfer.total or row.transfer.offset,
        "reason": reason,
        "set_aside_at": now,
    }
    connection.execute(quarantine.insert().values(**values))


def list_set_aside(
    connection: Connection, *, limit: int = 50, offset: int = 0, before: int | None = None
) -> list[QuarantinedFile]:
    """List the quarantined files, newest first. `before` is the last id seen."""
    query = _query().order_by(_Q.id.desc()).limit(limit).offset(offset)
    if before is not None:
        query = query.where(_Q.id < before)
    return [_to_file(row) for row in connection.execute(query)]


def get_set_aside(connection: Connection, file_id: int) -> QuarantinedFile:
    row = connection.execute(_query().where(_Q.id == file_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no quarantined file {file_id}; list them with: stalkeer quarantine list")
    return _to_file(row)


def measure_set_aside(connection: Connection) -> Amount:
    row = connection.execute(select(func.count(), func.coalesce(func.sum(_Q.size), 0))).one()
    return Amount(int(row[0]), int(row[1]))


def list_set_aside_before(connection: Connection, before: datetime) -> list[QuarantinedFile]:
    return [_to_file(row) for row in connection.execute(_query().where(_Q.set_aside_at < before))]


def forget_set_aside(connection: Connection, paths: Iterable[Path]) -> int:
    return connection.execute(delete(quarantine).where(_Q.path.in_([str(path) for path in paths]))).rowcount


def take_set_aside(connection: Connection, file: QuarantinedFile, size: int, now: datetime) -> DownloadId:
    """Create a download from the accepted file, which is not checked again.

    Raises Conflict where its items have another download.
    """
    new = NewDownload(
        entry_id=file.entry_id,
        source_id=file.source_id,
        entry_key=file.entry_key,
        name=file.name,
        title=file.title,
        kind=file.kind,
        items=file.items,
        destination=file.destination,
        replaces=file.replaces,
    )
    is_open = file.destination is not None and find_open_download(connection, file.entry_id) is not None
    download_id = None if is_open else create_download(connection, new, now)
    if download_id is None:
        raise Conflict(f"{file.title} is being downloaded already; cancel that download, then accept the file.")
    values = {
        "state": DownloadState.FETCHED.value,
        "part_path": str(file.path),
        "durable_offset": size,
        "offset": size,
        "total": size,
        "facts": {ACCEPTED: True},
    }
    connection.execute(update(downloads).where(downloads.c.id == download_id).values(**values))
    forget_set_aside(connection, [file.path])
    return download_id


def _query() -> Any:
    return select(quarantine, sources.c.slug).join(sources, sources.c.id == _Q.source_id)


def _to_file(row: Row[Any]) -> QuarantinedFile:
    return QuarantinedFile(
        id=row.id,
        download_id=DownloadId(row.download_id),
        entry_id=EntryId(row.entry_id),
        source_id=SourceId(row.source_id),
        source=row.slug,
        entry_key=row.entry_key,
        name=row.name,
        title=row.title,
        kind=row.kind,
        items=tuple(NewItem(WantedId(item[0]), InstanceId(item[1]), int(item[2])) for item in row.items),
        destination=row.destination,
        replaces=row.replaces,
        path=Path(row.path),
        size=row.size,
        reason=row.reason,
        set_aside_at=row.set_aside_at,
    )
