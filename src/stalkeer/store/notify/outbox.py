"""Store the events that wait for their message, and the messages that wait to be sent.

A happening leaves the waiting ones in the transaction that writes its message. A message is marked as sent after the
target has taken it: a kill in between sends it twice, and none is lost.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from stalkeer.core.notify.topics import Happening, Topic
from stalkeer.core.notify.wording import Message, Tone
from stalkeer.store.db.tables import notify_deliveries, notify_targets, notify_told, notify_waiting
from stalkeer.store.notify.targets import TargetId

DeliveryId = NewType("DeliveryId", int)


class DeliveryState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True)
class Delivery:
    id: DeliveryId
    target: str
    state: DeliveryState
    message: Message
    created_at: datetime
    attempts: int
    not_before: datetime
    ended_at: datetime | None
    error: str | None


def waiting_for(connection: Connection, target_id: TargetId) -> list[Happening]:
    """Return the happenings that wait for a target, the oldest first."""
    query = select(notify_waiting.c.happening).where(notify_waiting.c.target_id == target_id)
    return [
        _happening(happening) for happening in connection.execute(query.order_by(notify_waiting.c.event_id)).scalars()
    ]


def troubles_told(connection: Connection, target_id: TargetId) -> frozenset[str]:
    query = select(notify_told.c.trouble).where(notify_told.c.target_id == target_id)
    return frozenset(connection.execute(query).scalars())


def add_waiting(connection: Connection, target_id: TargetId, added: Iterable[Happening]) -> None:
    rows = [
        {"target_id": target_id, "event_id": happening.event_id, "happening": _document(happening)}
        for happening in added
    ]
    if rows:
        connection.execute(insert(notify_waiting), rows)


def drop_waiting(connection: Connection, target_id: TargetId, event_ids: Collection[int]) -> None:
    if event_ids:
        chosen = (notify_waiting.c.target_id == target_id, notify_waiting.c.event_id.in_(event_ids))
        connection.execute(delete(notify_waiting).where(*chosen))


def write_delivery(
    connection: Connection, target_id: TargetId, message: Message, of_events: Collection[int], now: datetime
) -> None:
    """Write a message about these waiting events, which then wait no longer. Note its troubles."""
    drop_waiting(connection, target_id, of_events)
    for happening in message.happenings:
        if happening.trouble:
            same = (notify_told.c.target_id == target_id, notify_told.c.trouble == happening.trouble)
            connection.execute(delete(notify_told).where(*same))
            if not happening.is_over:
                connection.execute(insert(notify_told).values(target_id=target_id, trouble=happening.trouble))
    values = {"target_id": target_id, "state": DeliveryState.WAITING.value, "message": message_document(message)}
    connection.execute(insert(notify_deliveries).values(**values, created_at=now, not_before=now))


def count_since(connection: Connection, target_id: TargetId, since: datetime) -> int:
    """Count the messages written for a target since then."""
    query = select(func.count()).select_from(notify_deliveries)
    chosen = (notify_deliveries.c.target_id == target_id, notify_deliveries.c.created_at > since)
    return int(connection.execute(query.where(*chosen)).scalar_one())


def first_unsent(connection: Connection, target_id: TargetId) -> Delivery | None:
    """Return the oldest message that a target has not taken. The others wait for it."""
    chosen = (notify_deliveries.c.target_id == target_id, notify_deliveries.c.state == DeliveryState.WAITING.value)
    row = connection.execute(_query().where(*chosen).order_by(notify_deliveries.c.id).limit(1)).one_or_none()
    return None if row is None else _delivery(row)


def claim_delivery(connection: Connection, delivery: Delivery, until: datetime) -> bool:
    """Take a message for an attempt. Return False where another process has taken it meanwhile."""
    same = (
        notify_deliveries.c.id == delivery.id,
        notify_deliveries.c.attempts == delivery.attempts,
        notify_deliveries.c.state == DeliveryState.WAITING.value,
    )
    values = {"attempts": delivery.attempts + 1, "not_before": until}
    return connection.execute(update(notify_deliveries).where(*same).values(**values)).rowcount == 1


def end_delivery(
    connection: Connection, delivery_id: DeliveryId, state: DeliveryState, error: str | None, now: datetime
) -> None:
    values = {"state": state.value, "error": error, "ended_at": now}
    connection.execute(update(notify_deliveries).where(notify_deliveries.c.id == delivery_id).values(**values))


def put_off(connection: Connection, delivery_id: DeliveryId, error: str, until: datetime) -> None:
    values = {"error": error, "not_before": until}
    connection.execute(update(notify_deliveries).where(notify_deliveries.c.id == delivery_id).values(**values))


def list_deliveries(connection: Connection, limit: int = 50) -> list[Delivery]:
    """List the messages of all targets, the newest first."""
    query = _query().order_by(notify_deliveries.c.id.desc()).limit(limit)
    return [_delivery(row) for row in connection.execute(query)]


def count_unsent(connection: Connection) -> Mapping[TargetId, int]:
    """Count the messages that each target has not taken yet."""
    query = select(notify_deliveries.c.target_id, func.count()).group_by(notify_deliveries.c.target_id)
    rows = connection.execute(query.where(notify_deliveries.c.state == DeliveryState.WAITING.value))
    return {TargetId(row[0]): int(row[1]) for row in rows}


def message_document(message: Message) -> dict[str, Any]:
    items = [_document(happening) for happening in message.happenings]
    return {"title": message.title, "text": message.text, "tone": message.tone.value, "happenings": items}


def _query() -> Any:
    joined = notify_deliveries.join(notify_targets, notify_targets.c.id == notify_deliveries.c.target_id)
    return select(notify_deliveries, notify_targets.c.name.label("target")).select_from(joined)


def _delivery(row: Row[*tuple[Any, ...]]) -> Delivery:
    values = row._mapping
    message = values["message"]
    return Delivery(
        id=DeliveryId(values["id"]),
        target=values["target"],
        state=DeliveryState(values["state"]),
        message=Message(
            message["title"],
            message["text"],
            Tone(message["tone"]),
            tuple(_happening(happening) for happening in message["happenings"]),
        ),
        created_at=values["created_at"],
        attempts=values["attempts"],
        not_before=values["not_before"],
        ended_at=values["ended_at"],
        error=values["error"],
    )


def _document(happening: Happening) -> dict[str, Any]:
    return {**asdict(happening), "at": happening.at.isoformat(), "topic": happening.topic.value}


def _happening(document: Mapping[str, Any]) -> Happening:
    at, topic = datetime.fromisoformat(document["at"]), Topic(document["topic"])
    return Happening(**{**document, "at": at, "topic": topic})
