"""Store the targets of notifications. Addresses are encrypted: they contain tokens."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType

from sqlalchemy import Connection, Row, delete, insert, select, update

from stalkeer.core.notify.intake import Wishes
from stalkeer.core.notify.quiet_hours import QuietHours
from stalkeer.core.notify.template import DEFAULT_TEXT, DEFAULT_TITLE
from stalkeer.core.notify.topics import Topic
from stalkeer.errors import Conflict, NotFound
from stalkeer.secrets import SecretBox
from stalkeer.store.db.tables import notify_deliveries, notify_targets, notify_told, notify_waiting
from stalkeer.store.journal.events import last_event_id

TargetId = NewType("TargetId", int)


class TargetKind(StrEnum):
    APPRISE = "apprise"  # the library, by one of its addresses
    APPRISE_API = "apprise_api"  # a server with Apprise
    WEBHOOK = "webhook"


@dataclass(frozen=True)
class TargetAddress:
    """Hold the address of a target in the clear. `secret` signs a webhook; it is empty without a signature."""

    url: str = field(repr=False)
    secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class TargetOptions:
    """Hold the choices of a target. No topics or no instances mean all of them."""

    enabled: bool = True
    topics: tuple[Topic, ...] = ()
    instances: tuple[str, ...] = ()
    title_template: str = DEFAULT_TITLE
    text_template: str = DEFAULT_TEXT
    quiet_hours: QuietHours | None = None


@dataclass(frozen=True)
class NewTarget:
    name: str
    kind: TargetKind
    address: TargetAddress
    options: TargetOptions


@dataclass(frozen=True)
class NotifyTargetRow:
    id: TargetId
    name: str
    kind: TargetKind
    address: str = field(repr=False)  # encrypted
    options: TargetOptions
    since_event: int
    failures: int
    last_error: str | None
    last_success_at: datetime | None

    @property
    def wishes(self) -> Wishes:
        return Wishes(self.name, self.since_event, frozenset(self.options.topics), frozenset(self.options.instances))


def list_targets(connection: Connection) -> list[NotifyTargetRow]:
    return [_row(row) for row in connection.execute(select(notify_targets).order_by(notify_targets.c.name))]


def get_target(connection: Connection, name: str) -> NotifyTargetRow:
    """Return the target of this name. Raises NotFound."""
    row = connection.execute(select(notify_targets).where(notify_targets.c.name == name)).one_or_none()
    if row is None:
        raise NotFound(f"There is no target of notifications {name!r}; `stalkeer notify list` shows them")
    return _row(row)


def add_target(connection: Connection, secrets: SecretBox, new: NewTarget, now: datetime) -> NotifyTargetRow:
    """Add a target, which gets messages about events from now on. Raises Conflict for a name that is taken."""
    if connection.execute(select(notify_targets.c.id).where(notify_targets.c.name == new.name)).first():
        raise Conflict(f"There is a target {new.name!r} already; change it, or take another name")
    values = {**_options(new.options), "name": new.name, "kind": new.kind.value}
    values |= {"address": _encrypted(new.address, secrets)}
    values |= {"since_event": last_event_id(connection), "created_at": now}
    connection.execute(insert(notify_targets).values(**values))
    return get_target(connection, new.name)


def change_target(
    connection: Connection,
    secrets: SecretBox,
    row: NotifyTargetRow,
    address: TargetAddress | None,
    options: TargetOptions,
) -> NotifyTargetRow:
    """Replace the options, and the address unless it is None. A target that is switched on gets messages from now on.

    What waits for a target that is switched off is dropped.
    """
    values = _options(options)
    if address is not None:
        values |= {"address": _encrypted(address, secrets), "failures": 0, "last_error": None}
    if options.enabled and not row.options.enabled:
        values["since_event"] = last_event_id(connection)
    connection.execute(update(notify_targets).where(notify_targets.c.id == row.id).values(**values))
    if not options.enabled:
        _forget(connection, row.id)
    return get_target(connection, row.name)


def remove_target(connection: Connection, row: NotifyTargetRow) -> None:
    """Remove a target with what waits for it and what was sent to it."""
    _forget(connection, row.id)
    connection.execute(delete(notify_deliveries).where(notify_deliveries.c.target_id == row.id))
    connection.execute(delete(notify_targets).where(notify_targets.c.id == row.id))


def note_result(connection: Connection, target_id: TargetId, error: str | None, now: datetime) -> None:
    """Note that the target took a message, or the reason why it did not."""
    failed = {"failures": notify_targets.c.failures + 1, "last_error": error}
    values = failed if error is not None else {"failures": 0, "last_error": None, "last_success_at": now}
    connection.execute(update(notify_targets).where(notify_targets.c.id == target_id).values(values))


def read_address(row: NotifyTargetRow, secrets: SecretBox) -> TargetAddress:
    """Return the address in the clear. Raises SecretError where the present key cannot decrypt it."""
    document = json.loads(secrets.decrypt(row.address))
    return TargetAddress(document["url"], document.get("secret", ""))


def _encrypted(address: TargetAddress, secrets: SecretBox) -> str:
    return secrets.encrypt(json.dumps({"url": address.url, "secret": address.secret}))


def _forget(connection: Connection, target_id: TargetId) -> None:
    connection.execute(delete(notify_waiting).where(notify_waiting.c.target_id == target_id))
    connection.execute(delete(notify_told).where(notify_told.c.target_id == target_id))
    unsent = (notify_deliveries.c.target_id == target_id, notify_deliveries.c.state == "waiting")
    connection.execute(delete(notify_deliveries).where(*unsent))


def _options(options: TargetOptions) -> dict[str, Any]:
    return {
        "enabled": options.enabled,
        "topics": [topic.value for topic in options.topics],
        "instances": list(options.instances),
        "title_template": options.title_template,
        "text_template": options.text_template,
        "quiet_hours": str(options.quiet_hours or ""),
    }


def _row(row: Row[*tuple[Any, ...]]) -> NotifyTargetRow:
    values = row._mapping
    return NotifyTargetRow(
        id=TargetId(values["id"]),
        name=values["name"],
        kind=TargetKind(values["kind"]),
        address=values["address"],
        options=TargetOptions(
            enabled=values["enabled"],
            topics=_topics(values["topics"]),
            instances=tuple(values["instances"]),
            title_template=values["title_template"],
            text_template=values["text_template"],
            quiet_hours=QuietHours.of_text(values["quiet_hours"]),
        ),
        since_event=values["since_event"],
        failures=values["failures"],
        last_error=values["last_error"],
        last_success_at=values["last_success_at"],
    )


def _topics(stored: Sequence[str]) -> tuple[Topic, ...]:
    """Return the topics that this version knows. A newer version may have stored others."""
    return tuple(topic for topic in Topic if topic.value in stored)
