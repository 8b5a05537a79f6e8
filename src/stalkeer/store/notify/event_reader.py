"""Read the recorded events once, in order, with the names of their subjects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select, update

from stalkeer.core.notify.topics import RecordedEvent
from stalkeer.core.titles.labels import label_of
from stalkeer.store.db.tables import downloads, events, instances, library, notify_cursor, wanted

BATCH = 500
GAPS_KEPT = timedelta(minutes=10)  # longer than any transaction that records an event
MOST_GAPS = 2_000


@dataclass(frozen=True)
class Cursor:
    """Hold the last event that was read, and the earlier ids that were not there yet, with the time of the look.

    On PostgreSQL a transaction may get a lower id and commit later.
    """

    event_id: int
    gaps: tuple[tuple[int, datetime], ...] = ()


def read_cursor(connection: Connection) -> Cursor | None:
    """Return the cursor; None before the first look."""
    row = connection.execute(select(notify_cursor)).one_or_none()
    if row is None:
        return None
    return Cursor(row.event_id, tuple((number, datetime.fromisoformat(at)) for number, at in row.gaps))


def write_cursor(connection: Connection, before: Cursor | None, after: Cursor) -> bool:
    """Move the cursor. Return False where another process has moved it meanwhile."""
    values = {"event_id": after.event_id, "gaps": [[number, at.isoformat()] for number, at in after.gaps]}
    if before is None:
        if read_cursor(connection) is not None:
            return False
        connection.execute(insert(notify_cursor).values(id=1, **values))
        return True
    same = notify_cursor.c.event_id == before.event_id
    return connection.execute(update(notify_cursor).where(same).values(**values)).rowcount == 1


def start_of(cursor: Cursor | None, since: int) -> Cursor:
    """Return where to read on, for targets that want the events after `since`."""
    return Cursor(since) if cursor is None or cursor.event_id < since else cursor


def read_events(connection: Connection, cursor: Cursor, now: datetime) -> tuple[list[RecordedEvent], Cursor]:
    """Return the next events with the cursor behind them. Events of earlier gaps are among them."""
    gaps = [number for number, _ in cursor.gaps]
    query = select(
        events,
        downloads.c.title.label("download_title"),
        downloads.c.error_code,
        wanted.c.season,
        wanted.c.episode,
        wanted.c.air_date,
        wanted.c.library_id,
        library.c.title.label("work"),
        library.c.year,
        instances.c.slug.label("instance"),
    )
    joined = (
        events.outerjoin(downloads, downloads.c.id == events.c.download_id)
        .outerjoin(wanted, wanted.c.id == events.c.wanted_id)
        .outerjoin(library, library.c.id == wanted.c.library_id)
        .outerjoin(instances, instances.c.id == events.c.instance_id)
    )
    chosen = or_(events.c.id > cursor.event_id, events.c.id.in_(gaps)) if gaps else events.c.id > cursor.event_id
    found = connection.execute(query.select_from(joined).where(chosen).order_by(events.c.id).limit(BATCH)).all()
    ids = {row.id for row in found}
    last = max(ids, default=cursor.event_id)
    last = max(last, cursor.event_id)
    fresh = [(number, now) for number in _missing(cursor.event_id, last, ids)]
    left = [(number, at) for number, at in cursor.gaps if number not in ids and now - at < GAPS_KEPT]
    return [_event(row) for row in found], Cursor(last, tuple([*left, *fresh][-MOST_GAPS:]))


def _missing(first: int, last: int, ids: set[int]) -> Sequence[int]:
    """Return the ids between that were not found, the newest of them where there are very many."""
    return [number for number in range(max(first, last - MOST_GAPS) + 1, last) if number not in ids]


def _event(row: Row[*tuple[Any, ...]]) -> RecordedEvent:
    data = row.data or {}
    title = row.download_title or ""
    if not title and row.work:
        title = label_of(row.work, row.year, row.season, row.episode, row.air_date)
    return RecordedEvent(
        id=row.id,
        at=row.at,
        kind=row.kind,
        level=row.level,
        message=row.message,
        code=data.get("code") or row.error_code,
        title=title,
        library="" if row.library_id is None else str(row.library_id),
        work=row.work or "",
        season=row.season,
        instance=row.instance or "",
        check=str(data.get("check", "")),
        subject=str(data.get("subject", "")),
        fix=str(data.get("fix", "")),
        items=int(data.get("items") or 1),
    )
