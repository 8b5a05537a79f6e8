"""What an instance's event changes here. Events are hints: what is lost is found by the next scan all the same."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from stalkeer.adapters.arr.events import ArrEvent, EventKind, read_event
from stalkeer.core.downloads.states import Action
from stalkeer.errors import NotFound
from stalkeer.jobs.library.instances import Arrs
from stalkeer.jobs.library.skip_rules import SkipRule
from stalkeer.model import DownloadState, WantedId
from stalkeer.store.db.database import Database, Transaction
from stalkeer.store.downloads.actions import act
from stalkeer.store.journal.events import Event, Level, record_event
from stalkeer.store.library.instances import InstanceRow, find_instance
from stalkeer.store.library.targets import downloads_working_for
from stalkeer.store.library.wanted import find_wanted, mark_skipped

# a download this far is our own import, which the instance tells us of like any other
OURS = frozenset({DownloadState.FETCHED, DownloadState.PLACED, DownloadState.IMPORTING, DownloadState.COMPLETED})
RESCANNED = frozenset({EventKind.ADDED, EventKind.IMPORTED, EventKind.FILE_DELETED, EventKind.ITEM_DELETED})


@dataclass(frozen=True)
class Received:
    """What came of an event. `scan_item`: the film or series to bring up to date now, by its id in the instance."""

    kind: EventKind
    instance: str
    scan_item: int | None = None
    cancelled: int = 0


def check_webhook(database: Database, arrs: Arrs, slug: str, secret: str) -> InstanceRow:
    """The instance that may send with this secret. Raises NotFound alike for a wrong name and a wrong secret."""
    with database.connect() as connection:
        row = find_instance(connection, slug)
    expected = arrs.secrets.decrypt(row.webhook_secret) if row and row.webhook_secret else ""
    if row is None or not expected or not hmac.compare_digest(expected.encode(), secret.encode()):
        raise NotFound("There is no such webhook. `stalkeer arr connect` registers one.")
    return row


def receive_event(database: Database, arrs: Arrs, row: InstanceRow, body: bytes) -> Received:
    """Take in one event. Raises InvalidInput for what is none."""
    event = read_event(body)
    if event.kind in (EventKind.TEST, EventKind.OTHER):
        return Received(event.kind, row.slug)
    cancelled = 0
    with database.begin() as connection:
        wanted_ids = find_wanted(connection, row.id, event.arr_ids, _whole_item(event))
        if event.kind is EventKind.IMPORTED or event.kind is EventKind.ITEM_DELETED:
            cancelled = _cancel_ours(connection, arrs, wanted_ids)
        elif event.kind is EventKind.GRABBED:
            mark_skipped(connection, wanted_ids, SkipRule.QUEUED.value)
        _tell(connection, arrs, row, event)
    scan_item = event.library_arr_id if event.kind in RESCANNED and not event.is_upgrade else None
    return Received(event.kind, row.slug, scan_item, cancelled)


def _whole_item(event: ArrEvent) -> int | None:
    """The film or series, where the event is about all of it."""
    return event.library_arr_id if event.kind is EventKind.ITEM_DELETED else None


def _cancel_ours(connection: Transaction, arrs: Arrs, wanted_ids: Sequence[WantedId]) -> int:
    """Another client was faster, or nobody wants it any more: our download has lost its sense."""
    cancelled = 0
    for row in downloads_working_for(connection, wanted_ids):
        if row.state in OURS or not row.wanted_ids <= set(wanted_ids):
            continue
        act(connection, row.id, Action.CANCEL, arrs.clock())
        cancelled += 1
    return cancelled


def _tell(connection: Transaction, arrs: Arrs, row: InstanceRow, event: ArrEvent) -> None:
    """What a person should see in the history: troubles, and what went another way."""
    words = {
        EventKind.ATTENTION: ": ".join(filter(None, (f"{row.label} waits for you", event.title, event.message))),
        EventKind.HEALTH: f"{row.label} says: {event.message}",
        EventKind.RESTORED: f"{row.label} is well again: {event.message}",
    }
    if event.kind not in words:
        return
    level = Level.INFO if event.kind is EventKind.RESTORED else Level.ERROR if event.is_error else Level.WARNING
    record_event(
        connection,
        arrs.clock(),
        Event(f"instance.{event.kind.value}", words[event.kind], level, instance_id=row.id),
    )
