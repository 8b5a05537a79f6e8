"""Select the rows that are old enough to delete. The plan and the deletion use the same conditions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, Table, delete, func, select

from stalkeer.core.downloads.watch import WatchState
from stalkeer.store.db.tables import (
    archives,
    downloads,
    events,
    grabs,
    notify_deliveries,
    rate_samples,
    runs,
    sessions,
    watch_files,
)

ENDED = ("completed", "failed", "cancelled")
RUN_ENDED = ("done", "partly", "failed", "cancelled")
BATCH = 5000  # rows that a statement deletes


@dataclass(frozen=True)
class OldRows:
    """Select rows of a kind that retention no longer keeps."""

    kind: str
    table: Table
    clause: ColumnElement[bool]


def old_downloads(before: datetime) -> OldRows:
    """Select ended downloads that have no file on the disk, and whose end every watch folder has seen."""
    has_ended = downloads.c.state.in_(ENDED)
    taken = select(watch_files.c.download_id).where(
        watch_files.c.state == WatchState.TAKEN.value, watch_files.c.download_id.is_not(None)
    )
    is_old = (downloads.c.finished_at < before) & downloads.c.part_path.is_(None)
    clause = has_ended & is_old & downloads.c.id.not_in(taken)
    return OldRows("downloads", downloads, clause)


def old_grabs(before: datetime) -> OldRows:
    """Select grabs that left the lists of their instance, and whose file is gone from its folder."""
    return OldRows("grabs", grabs, grabs.c.removed & (grabs.c.storage == "") & (grabs.c.created_at < before))


def old_events(before: datetime) -> OldRows:
    """Select old events but the last one: SQLite would give its id again, and readers know the last id they read."""
    is_last = events.c.id == select(func.max(events.c.id)).scalar_subquery()
    return OldRows("history", events, (events.c.at < before) & ~is_last)


def old_notifications(before: datetime) -> OldRows:
    """Select the messages to targets that ended."""
    return OldRows("notifications", notify_deliveries, notify_deliveries.c.ended_at < before)


def old_runs(before: datetime) -> OldRows:
    return OldRows("jobs", runs, runs.c.state.in_(RUN_ENDED) & (runs.c.started_at < before))


def old_rate_samples(before: datetime) -> OldRows:
    return OldRows("rate samples", rate_samples, rate_samples.c.at < before)


def ended_sessions(now: datetime) -> OldRows:
    return OldRows("sessions", sessions, sessions.c.expires_at < now)


def count_old(connection: Connection, old: OldRows) -> int:
    return int(connection.execute(select(func.count()).select_from(old.table).where(old.clause)).scalar_one())


def delete_some_old(connection: Connection, old: OldRows) -> int:
    """Delete a batch of rows. Return the number, which is below `BATCH` when none is left."""
    [key] = old.table.primary_key.columns
    some = select(key).where(old.clause).limit(BATCH)
    return connection.execute(delete(old.table).where(key.in_(some))).rowcount


def part_files_in_use(connection: Connection) -> frozenset[str]:
    """Return the part files that belong to a download."""
    rows = connection.execute(select(downloads.c.part_path).where(downloads.c.part_path.is_not(None)))
    return frozenset(str(path) for path in rows.scalars())


def old_archives(connection: Connection, before: datetime) -> list[tuple[Path, int]]:
    """Select old copies of playlists with their sizes. The newest copy of each source stays."""
    newest = select(func.max(archives.c.id)).group_by(archives.c.source_id)
    rows = connection.execute(
        select(archives.c.path, archives.c.size).where((archives.c.created_at < before) & archives.c.id.not_in(newest))
    )
    return [(Path(row.path), int(row.size)) for row in rows]


def forget_archives(connection: Connection, paths: Iterable[Path]) -> None:
    connection.execute(delete(archives).where(archives.c.path.in_([str(path) for path in paths])))
