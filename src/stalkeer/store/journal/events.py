"""Record events. Each event is written in the transaction of its change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select

from stalkeer.logs import get_logger
from stalkeer.model import DownloadId, EventGroup, EventKind, InstanceId, LibraryId, SourceId, WantedId
from stalkeer.store.db.tables import events, wanted
from stalkeer.store.journal.hooks import queue_following

log = get_logger(__name__)


class Level(StrEnum):
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Event:
    """Hold a recorded fact.

    `message` is for users and contains no secret; `data` is for programs.
    """

    kind: EventKind
    message: str
    level: Level = Level.INFO
    download_id: DownloadId | None = None
    wanted_id: WantedId | None = None
    source_id: SourceId | None = None
    instance_id: InstanceId | None = None
    data: Mapping[str, object] | None = None

    @property
    def output(self) -> str:
        """Return the output of the script in the event, or an empty text for other events."""
        return str((self.data or {}).get("output") or "")


@dataclass(frozen=True)
class EventRow:
    id: int
    at: datetime
    event: Event


@dataclass(frozen=True)
class EventFilter:
    """Select events that match every given field. A group in `kinds` stands for all of its kinds."""

    kinds: tuple[EventKind | EventGroup, ...] = ()
    levels: tuple[str, ...] = ()
    download_id: DownloadId | None = None
    wanted_id: WantedId | None = None
    source_id: SourceId | None = None
    instance_id: InstanceId | None = None
    since: datetime | None = None
    library_id: LibraryId | None = None  # select events about the items of a movie or series
    text: str = ""  # select events with this text in the message


def record_event(connection: Connection, at: datetime, event: Event) -> None:
    record_events(connection, at, [event])


def record_events(connection: Connection, at: datetime, happened: Sequence[Event]) -> None:
    """Write events in the caller's transaction, so that a change, its event and a due script are saved together."""
    if not happened:
        return
    connection.execute(
        events.insert(),
        [
            {
                "at": at,
                "kind": event.kind.value,
                "level": event.level.value,
                "message": event.message,
                "download_id": event.download_id,
                "wanted_id": event.wanted_id,
                "source_id": event.source_id,
                "instance_id": event.instance_id,
                "data": dict(event.data) if event.data is not None else None,
            }
            for event in happened
        ],
    )
    queue_following(connection, [(event.kind, event.download_id) for event in happened], at)
    for event in happened:
        _log_event(event)


def _log_event(event: Event) -> None:
    subjects = {"download": event.download_id, "wanted": event.wanted_id, "source_id": event.source_id}
    named = {name: number for name, number in subjects.items() if number is not None}
    {Level.INFO: log.info, Level.WARNING: log.warning, Level.ERROR: log.error}[event.level](
        event.message, kind=event.kind.value, **named
    )


class EventOrder(StrEnum):
    NEWEST = "newest"
    OLDEST = "oldest"


def list_events(
    connection: Connection,
    chosen: EventFilter = EventFilter(),
    *,
    order: EventOrder = EventOrder.NEWEST,
    before: int | None = None,
    limit: int = 50,
    offset: int = 0,
) -> list[EventRow]:
    """List events, the newest first by default.

    `before` is the last id shown in this order, so pages stay correct while events arrive.
    """
    is_newest_first = order is EventOrder.NEWEST
    query = select(events).where(*_clauses(chosen)).limit(limit).offset(offset)
    query = query.order_by(events.c.id.desc() if is_newest_first else events.c.id)
    if before is not None:
        query = query.where(events.c.id < before if is_newest_first else events.c.id > before)
    return [_row(row) for row in connection.execute(query)]


def count_events(connection: Connection, chosen: EventFilter = EventFilter()) -> int:
    return int(connection.execute(select(func.count()).select_from(events).where(*_clauses(chosen))).scalar_one())


def events_after(connection: Connection, cursor: int, limit: int = 200) -> list[EventRow]:
    """Return events after `cursor`, the oldest first. Start with `last_event_id` for new events only.

    On PostgreSQL, transactions may commit in another order than their ids. A reader that must not miss any event reads
    with a small overlap and remembers the ids it has processed.
    """
    query = select(events).where(events.c.id > cursor).order_by(events.c.id).limit(limit)
    return [_row(row) for row in connection.execute(query)]


def last_event_id(connection: Connection) -> int:
    return int(connection.execute(select(func.coalesce(func.max(events.c.id), 0))).scalar_one())


def _clauses(chosen: EventFilter) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = []
    if chosen.kinds:
        clauses.append(events.c.kind.in_(_kinds(chosen)))
    if chosen.levels:
        clauses.append(events.c.level.in_(chosen.levels))
    if chosen.library_id is not None:
        clauses.append(events.c.wanted_id.in_(select(wanted.c.id).where(wanted.c.library_id == chosen.library_id)))
    if chosen.text:
        clauses.append(events.c.message.icontains(chosen.text, autoescape=True))
    if chosen.since is not None:
        clauses.append(events.c.at >= chosen.since)
    for column, value in (
        (events.c.download_id, chosen.download_id),
        (events.c.wanted_id, chosen.wanted_id),
        (events.c.source_id, chosen.source_id),
        (events.c.instance_id, chosen.instance_id),
    ):
        if value is not None:
            clauses.append(column == value)
    return clauses


def _kinds(chosen: EventFilter) -> list[str]:
    groups = [kind for group in chosen.kinds if isinstance(group, EventGroup) for kind in group.kinds]
    return [kind.value for kind in (*chosen.kinds, *groups) if isinstance(kind, EventKind)]


def _row(row: Row[*tuple[Any, ...]]) -> EventRow:
    values = row._mapping
    return EventRow(
        id=values["id"],
        at=values["at"],
        event=Event(
            kind=EventKind.of(values["kind"]),
            message=values["message"],
            level=Level(values["level"]),
            download_id=values["download_id"],
            wanted_id=values["wanted_id"],
            source_id=values["source_id"],
            instance_id=values["instance_id"],
            data=values["data"],
        ),
    )
