"""Store the folders with new files to report to the media server.

A row leaves the waiting ones after the server has taken it: a kill in between tells it twice, and no file is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, case, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from stalkeer.store.db.tables import media_folders

_F = media_folders.c


@dataclass(frozen=True)
class MediaFolder:
    """Hold a folder with `files` new files. `queued_at` is when the oldest of them was finished."""

    folder: str
    files: int
    queued_at: datetime
    not_before: datetime
    attempts: int
    error: str | None


def note_file(connection: Connection, folder: str, now: datetime) -> None:
    """Add a new file in a folder to report, later where the folder was reported a moment ago."""
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    new = {"folder": folder, "files": 1, "queued_at": now, "not_before": now, "attempts": 0}
    again = {"files": _F.files + 1, "queued_at": case((_F.files == 0, now), else_=_F.queued_at)}
    statement = insert(media_folders).values(**new)
    connection.execute(statement.on_conflict_do_update(index_elements=["folder"], set_=again))


def list_folders(
    connection: Connection, *, due_at: datetime | None = None, limit: int | None = None
) -> list[MediaFolder]:
    """List the waiting folders, the oldest first; with `due_at`, those that may be reported then."""
    query = select(media_folders).where(_F.files > 0).order_by(_F.queued_at, _F.folder).limit(limit)
    if due_at is not None:
        query = query.where(_F.not_before <= due_at)
    return [_to_folder(row) for row in connection.execute(query)]


def oldest_failing(connection: Connection) -> MediaFolder | None:
    """Return the folder that the media server has not taken for the longest time."""
    query = select(media_folders).where(_F.files > 0, _F.error.is_not(None)).order_by(_F.queued_at).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else _to_folder(row)


def count_waiting(connection: Connection) -> int:
    query = select(func.count()).select_from(media_folders).where(_F.files > 0)
    return int(connection.execute(query).scalar_one())


def claim_folder(connection: Connection, folder: MediaFolder, until: datetime) -> bool:
    """Take a folder for an attempt. Return False where another process has taken it meanwhile."""
    same = (_F.folder == folder.folder, _F.attempts == folder.attempts, _F.not_before == folder.not_before)
    values = {"attempts": folder.attempts + 1, "not_before": until}
    return connection.execute(update(media_folders).where(*same, _F.files > 0).values(**values)).rowcount == 1


def note_told(connection: Connection, folder: MediaFolder, now: datetime, until: datetime) -> None:
    """Record that `folder.files` files were reported. Further files are reported after `until`."""
    values = {"files": _F.files - folder.files, "queued_at": now, "not_before": until, "attempts": 0, "error": None}
    connection.execute(update(media_folders).where(_F.folder == folder.folder).values(**values))


def put_off(connection: Connection, folders: Sequence[str], error: str, until: datetime) -> None:
    values = {"error": error, "not_before": until}
    connection.execute(update(media_folders).where(_F.folder.in_(folders)).values(**values))


def put_off_all(connection: Connection, error: str, until: datetime) -> None:
    """Put every waiting folder off, because the server does not answer."""
    waiting = (_F.files > 0, _F.not_before < until)
    connection.execute(update(media_folders).where(*waiting).values(error=error, not_before=until))


def make_due(connection: Connection, now: datetime) -> None:
    """Let folders that were put off be tried now, because the user has repaired something."""
    failing = (_F.files > 0, _F.error.is_not(None), _F.not_before > now)
    connection.execute(update(media_folders).where(*failing).values(not_before=now))


def forget_folders(connection: Connection, now: datetime, queued_before: datetime) -> int:
    """Forget the folders reported long enough ago, and those that the server has not accepted since `queued_before`.

    Return the number of the latter.
    """
    connection.execute(delete(media_folders).where(_F.files <= 0, _F.not_before <= now))
    return connection.execute(delete(media_folders).where(_F.files > 0, _F.queued_at < queued_before)).rowcount


def _to_folder(row: Row[Any]) -> MediaFolder:
    return MediaFolder(row.folder, row.files, row.queued_at, row.not_before, row.attempts, row.error)
