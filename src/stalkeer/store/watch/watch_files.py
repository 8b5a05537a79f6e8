"""Store the videos of watch folders: the findings of each check, and the result of each video."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from stalkeer.core.downloads.watch import FoundFile, WatchState
from stalkeer.errors import NotFound
from stalkeer.model import DownloadId, DownloadState, EntryId, SourceId, WantedId
from stalkeer.store.db.tables import downloads, sources, watch_files
from stalkeer.store.downloads.downloads import NewDownload, NewItem, create_download
from stalkeer.store.downloads.rows import ACCEPTED, NAMED, WATCHED_ENTRY

SOURCE = "Watch folder"  # no name of a source that users may give
_W = watch_files.c


@dataclass(frozen=True)
class WatchCandidate:
    """Name a wanted item that a file may be."""

    wanted_id: WantedId
    label: str
    reason: str


@dataclass(frozen=True)
class WatchFile:
    """Hold a video of a watch folder."""

    id: int
    found: FoundFile
    seen_at: datetime
    state: WatchState
    reason: str
    duration_s: float | None
    candidates: tuple[WatchCandidate, ...]
    chosen: tuple[WantedId, ...]  # the items that the user chose for it
    download_id: DownloadId | None
    updated_at: datetime


@dataclass(frozen=True)
class WatchedDownload:
    """Describe a download of a watched file. `named` holds resolution and codec as the file's name says them."""

    title: str
    kind: str  # movie | episode
    items: tuple[NewItem, ...]
    part_path: str
    size: int
    named: Mapping[str, object]
    is_accepted: bool  # the user chose the item, so the file is not judged by its playing time


def list_watch_files(
    connection: Connection,
    states: Sequence[WatchState] = (),
    *,
    limit: int | None = None,
    offset: int = 0,
    before: int | None = None,
) -> list[WatchFile]:
    """List the files, the newest first. `before` is the last id seen."""
    query = select(watch_files).order_by(_W.id.desc()).offset(offset)
    if limit is not None:
        query = query.limit(limit)
    if states:
        query = query.where(_W.state.in_([state.value for state in states]))
    if before is not None:
        query = query.where(_W.id < before)
    return [_to_file(row) for row in connection.execute(query)]


def count_watch_files(connection: Connection) -> dict[WatchState, int]:
    query = select(_W.state, func.count()).group_by(_W.state)
    return {WatchState(state): count for state, count in connection.execute(query)}


def get_watch_file(connection: Connection, file_id: int) -> WatchFile:
    row = connection.execute(select(watch_files).where(_W.id == file_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no file {file_id} in the watch folders; list them with: stalkeer watch list")
    return _to_file(row)


def note_found(connection: Connection, file: FoundFile, now: datetime) -> None:
    """Record a new or changed file, which starts anew."""
    values = {
        "path": file.path,
        "folder": file.folder,
        "size": file.size,
        "mtime_ns": file.mtime_ns,
        "inode": file.inode,
        "seen_at": now,
        "state": WatchState.NEW.value,
        "reason": "",
        "duration_s": None,
        "candidates": None,
        "chosen": None,
        "download_id": None,
        "updated_at": now,
    }
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    statement = insert(watch_files).values(**values)
    connection.execute(statement.on_conflict_do_update(index_elements=["path"], set_=values))


def set_state(
    connection: Connection,
    file: WatchFile,
    state: WatchState,
    now: datetime,
    reason: str = "",
    candidates: Sequence[WatchCandidate] = (),
) -> bool:
    """Store the state of a file that has not changed since it was read. Return whether the state or reason is new.

    A choice of the user ends with it.
    """
    shown = [[candidate.wanted_id, candidate.label, candidate.reason] for candidate in candidates]
    is_new = (file.state, file.reason, file.candidates, file.chosen) != (state, reason, tuple(candidates), ())
    if is_new:
        values = {
            "state": state.value,
            "reason": reason,
            "candidates": shown or None,
            "chosen": None,
            "updated_at": now,
        }
        connection.execute(update(watch_files).where(*_is_unchanged(file)).values(**values))
    return is_new


def choose_items(connection: Connection, file: WatchFile, wanted_ids: Sequence[WantedId], now: datetime) -> None:
    """Store the items that the user chose for a file. The next look takes it."""
    values = {"state": WatchState.REVIEW.value, "reason": "", "chosen": list(wanted_ids), "updated_at": now}
    connection.execute(update(watch_files).where(_W.id == file.id).values(**values))


def note_removed(connection: Connection, file: WatchFile) -> None:
    """Record that an imported file was deleted, so that any later file of its name is a new one."""
    connection.execute(update(watch_files).where(_W.id == file.id).values(mtime_ns=0, inode=""))


def note_duration(connection: Connection, file: WatchFile, duration_s: float | None) -> None:
    connection.execute(update(watch_files).where(*_is_unchanged(file)).values(duration_s=duration_s))


def forget_files(connection: Connection, file_ids: Collection[int]) -> None:
    if file_ids:
        connection.execute(delete(watch_files).where(_W.id.in_(file_ids)))


def watch_source(connection: Connection, credentials: str, now: datetime) -> SourceId:
    """Return the source of downloads from watch folders. It is stored as removed, so it is never read or listed."""
    known = connection.execute(select(sources.c.id).where(sources.c.slug == SOURCE)).scalar_one_or_none()
    if known is not None:
        return SourceId(known)
    values = {
        "slug": SOURCE,
        "kind": "m3u",
        "origin": "ui",
        "enabled": False,
        "removed_at": now,
        "credentials": credentials,
        "created_at": now,
    }
    return SourceId(connection.execute(sources.insert().values(**values).returning(sources.c.id)).scalar_one())


def take_file(
    connection: Connection, file: WatchFile, source_id: SourceId, new: WatchedDownload, now: datetime
) -> DownloadId | None:
    """Create the download of a file whose copy lies at `new.part_path`.

    Return None where all its items are being downloaded already.
    """
    request = NewDownload(
        entry_id=EntryId(WATCHED_ENTRY),
        source_id=source_id,
        entry_key=file.found.path,
        name=file.found.path.rpartition("/")[2],
        title=new.title,
        kind=new.kind,
        items=new.items,
    )
    download_id = create_download(connection, request, now)
    if download_id is None:
        return None
    facts: dict[str, object] = {"is_length_known": False, NAMED: dict(new.named)}
    values = {
        "state": DownloadState.FETCHED.value,
        "part_path": new.part_path,
        "durable_offset": new.size,
        "offset": new.size,
        "total": new.size,
        "facts": {**facts, ACCEPTED: True} if new.is_accepted else facts,
    }
    connection.execute(update(downloads).where(downloads.c.id == download_id).values(**values))
    taken = {
        "state": WatchState.TAKEN.value,
        "reason": "",
        "candidates": None,
        "chosen": None,
        "download_id": download_id,
    }
    connection.execute(update(watch_files).where(_W.id == file.id).values(**taken, updated_at=now))
    return download_id


def download_states(connection: Connection, download_ids: Collection[DownloadId]) -> dict[DownloadId, tuple[str, str]]:
    """Return state and error of these downloads."""
    if not download_ids:
        return {}
    query = select(downloads.c.id, downloads.c.state, downloads.c.error).where(downloads.c.id.in_(download_ids))
    return {DownloadId(row.id): (row.state, row.error or "") for row in connection.execute(query)}


def _is_unchanged(file: WatchFile) -> tuple[Any, ...]:
    return (_W.id == file.id, _W.size == file.found.size, _W.mtime_ns == file.found.mtime_ns)


def _to_file(row: Row[Any]) -> WatchFile:
    return WatchFile(
        id=row.id,
        found=FoundFile(row.path, row.folder, row.size, row.mtime_ns, row.inode),
        seen_at=row.seen_at,
        state=WatchState(row.state),
        reason=row.reason,
        duration_s=row.duration_s,
        candidates=tuple(
            WatchCandidate(WantedId(int(candidate[0])), str(candidate[1]), str(candidate[2]))
            for candidate in row.candidates or ()
        ),
        chosen=tuple(WantedId(int(wanted_id)) for wanted_id in row.chosen or ()),
        download_id=None if row.download_id is None else DownloadId(row.download_id),
        updated_at=row.updated_at,
    )
