"""Register our webhook with an instance, and receive its events.

Events are hints: the next scan finds everything that a lost event would have reported.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from stalkeer.adapters.arr.events import ArrEvent, ArrEventKind, read_event
from stalkeer.adapters.arr.paths import is_same_path
from stalkeer.adapters.arr.webhook import WebhookTarget, register_webhook, remove_webhook, try_webhook
from stalkeer.core.downloads.sabnzbd import NZO_PREFIX
from stalkeer.core.downloads.states import Action
from stalkeer.errors import ArrError, InvalidInput, NotFound, StalkeerError
from stalkeer.jobs.library.clients import Arrs
from stalkeer.jobs.library.instances import each_instance
from stalkeer.jobs.library.path_map import path_map
from stalkeer.jobs.library.skip_rules import SkipRule
from stalkeer.model import DownloadState, EventKind, WantedId
from stalkeer.settings.types import is_http_url
from stalkeer.store.db.database import Transaction
from stalkeer.store.downloads.actions import act
from stalkeer.store.downloads.downloads import get_download
from stalkeer.store.downloads.native_items import ImportedFile, confirm_import, note_trouble
from stalkeer.store.journal.events import Event, Level, record_event
from stalkeer.store.library.instances import InstanceRow, find_instance, get_instance, set_webhook_secret
from stalkeer.store.library.targets import downloads_working_for
from stalkeer.store.library.wanted import find_wanted, mark_skipped
from stalkeer.store.offers.grabs import GrabRow, find_grab

WEBHOOK_USER = "stalkeer"
# in these states the event reports our own import
OURS = frozenset({DownloadState.FETCHED, DownloadState.PLACED, DownloadState.IMPORTING, DownloadState.COMPLETED})
RESCANNED = frozenset({ArrEventKind.ADDED, ArrEventKind.IMPORTED, ArrEventKind.FILE_DELETED, ArrEventKind.ITEM_DELETED})


@dataclass(frozen=True)
class Received:
    """Hold the result of an event. `scan_item` is the instance's id of the movie or series to update now."""

    kind: ArrEventKind
    instance: str
    scan_item: int | None = None
    cancelled: int = 0  # number of cancelled downloads
    is_grab: bool = False  # the event is about a release that the instance grabbed from Stalkeer
    unproven_import: str = ""  # id of a grab whose import was reported without the path of the file


def connect_webhook(arrs: Arrs, slug: str, our_url: str) -> str:
    """Register our webhook with the instance under a new secret. `our_url` is our address as the instance reaches it.

    Returns the registered URL. The secret is saved first, because the instance tests the webhook at once. Raises
    NotFound, InvalidInput for an invalid address, and ArrError when the instance refuses.
    """
    _check_our_url(our_url)
    secret = secrets.token_urlsafe(24)
    with arrs.database.begin() as connection:
        row = get_instance(connection, slug)
        set_webhook_secret(connection, row.id, arrs.secrets.encrypt(secret))
    url = f"{our_url.rstrip('/')}/api/v1/webhooks/{row.slug}"
    try:
        with arrs.client(row) as client:
            register_webhook(client, WebhookTarget(url, WEBHOOK_USER, secret))
    except ArrError:
        with arrs.database.begin() as connection:
            set_webhook_secret(connection, row.id, row.webhook_secret)
        raise
    return url


def connect_webhooks(arrs: Arrs, slug: str | None, our_url: str) -> list[tuple[InstanceRow, str | StalkeerError]]:
    """Register the webhook with this instance, or with all. A failure stops no other instance."""
    _check_our_url(our_url)
    return each_instance(arrs, slug, lambda name: connect_webhook(arrs, name, our_url))


def disconnect_webhooks(arrs: Arrs, slug: str | None) -> list[tuple[InstanceRow, bool | StalkeerError]]:
    """Remove our webhook from this instance, or from all. A failure stops no other instance."""
    return each_instance(arrs, slug, lambda name: disconnect_webhook(arrs, name))


def test_webhook(arrs: Arrs, slug: str) -> None:
    """Let the instance send a Test event to Stalkeer.

    Raises NotFound without a webhook, and ArrError with its reason.
    """
    with arrs.database.connect() as connection:
        row = get_instance(connection, slug)
    with arrs.client(row) as client:
        if not try_webhook(client):
            raise NotFound(f"{row.label} has no webhook of Stalkeer. Register it: stalkeer arr connect {row.slug}")


def test_webhooks(arrs: Arrs, slug: str | None) -> list[tuple[InstanceRow, bool | StalkeerError]]:
    """Test the webhook of this instance, or of all. A failure stops no other instance."""

    def test(name: str) -> bool:
        test_webhook(arrs, name)
        return True

    return each_instance(arrs, slug, test)


def _check_our_url(our_url: str) -> None:
    if not is_http_url(our_url):
        raise InvalidInput(
            f"{our_url!r} is not a web address; give Stalkeer's own address, for example http://stalkeer:7825"
        )


def disconnect_webhook(arrs: Arrs, slug: str) -> bool:
    """Remove our webhook from the instance. Return False when it had none. Raises NotFound and ArrError."""
    with arrs.database.connect() as connection:
        row = get_instance(connection, slug)
    with arrs.client(row) as client:
        was_there = remove_webhook(client)
    with arrs.database.begin() as connection:
        set_webhook_secret(connection, row.id, None)
    return was_there


def check_webhook(arrs: Arrs, slug: str, secret: str) -> InstanceRow:
    """Return the instance with this secret. Raises the same NotFound for a wrong name and a wrong secret."""
    with arrs.database.connect() as connection:
        row = find_instance(connection, slug)
    is_open = row is not None and row.removed_at is None and row.webhook_secret
    expected = arrs.secrets.decrypt(row.webhook_secret) if row and row.webhook_secret and is_open else ""
    if row is None or not expected or not hmac.compare_digest(expected.encode(), secret.encode()):
        raise NotFound("There is no such webhook. `stalkeer arr connect` registers one.")
    return row


def receive_event(arrs: Arrs, row: InstanceRow, body: bytes) -> Received:
    """Process an event of an instance that `check_webhook` accepted. Raises InvalidInput for anything else.

    An event of a disabled instance is accepted and changes nothing: a refusal would be a health issue over there.
    """
    event = read_event(body)
    if event.kind in (ArrEventKind.TEST, ArrEventKind.OTHER) or not row.enabled:
        return Received(event.kind, row.slug)
    cancelled, unproven = 0, ""
    with arrs.database.begin() as connection:
        wanted_ids = find_wanted(connection, row.id, event.arr_ids, _whole_item(event))
        grab = _grab_of(connection, row, event)
        if grab is not None:
            is_proven = _follow_grab(connection, grab, event, row, arrs.clock())
            unproven = "" if is_proven else grab.nzo_id
        elif event.kind is ArrEventKind.IMPORTED or event.kind is ArrEventKind.ITEM_DELETED:
            cancelled = _cancel_ours(connection, arrs, wanted_ids, event.kind)
        elif event.kind is ArrEventKind.GRABBED:
            mark_skipped(connection, wanted_ids, SkipRule.QUEUED.value)
        _tell(connection, arrs, row, event)
    scan_item = event.library_arr_id if event.kind in RESCANNED and not event.is_upgrade else None
    return Received(event.kind, row.slug, scan_item, cancelled, grab is not None, unproven)


def _grab_of(connection: Transaction, row: InstanceRow, event: ArrEvent) -> GrabRow | None:
    """Return the grab that the event is about; None for a download of another client."""
    if not event.download_id.startswith(NZO_PREFIX):
        return None
    grab = find_grab(connection, event.download_id)
    return grab if grab is not None and grab.instance_id == row.id else None


def _follow_grab(connection: Transaction, grab: GrabRow, event: ArrEvent, row: InstanceRow, now: datetime) -> bool:
    """Store the imported file, or the reason why it is not imported, from the event.

    Return False for an import without the path of the new file. Older versions name Stalkeer's own file as the imported
    one; their history has the right path.
    """
    is_ours = bool(grab.storage) and is_same_path(event.file_path, path_map(row).to_remote(Path(grab.storage)))
    if event.kind is ArrEventKind.IMPORTED:
        if not event.file_path or is_ours:
            return False
        confirm_import(connection, grab, ImportedFile(event.file_path, event.file_id), now)
    elif event.kind is ArrEventKind.ATTENTION:
        note_trouble(connection, grab, event.message or "it needs your action there", now)
    return True


def _whole_item(event: ArrEvent) -> int | None:
    """Return the movie or series when the event concerns all of it."""
    return event.library_arr_id if event.kind is ArrEventKind.ITEM_DELETED else None


def _cancel_ours(connection: Transaction, arrs: Arrs, wanted_ids: Sequence[WantedId], kind: ArrEventKind) -> int:
    """Cancel our downloads of items that were imported otherwise or deleted. Return the number.

    A release that the instance itself grabbed is left to the instance.
    """
    cancelled = 0
    for row in downloads_working_for(connection, wanted_ids):
        if row.state in OURS or not row.wanted_ids <= set(wanted_ids):
            continue
        if kind is ArrEventKind.IMPORTED and get_download(connection, row.id).handing.by_instance:
            continue
        act(connection, row.id, Action.CANCEL, arrs.clock())
        cancelled += 1
    return cancelled


def _tell(connection: Transaction, arrs: Arrs, row: InstanceRow, event: ArrEvent) -> None:
    """Record the instance's problems, and their end, in the history."""
    asked = ": ".join(filter(None, (f"{row.label} needs your action", event.title, event.message)))
    words = {
        ArrEventKind.ATTENTION: (EventKind.INSTANCE_ATTENTION, asked),
        ArrEventKind.HEALTH: (EventKind.INSTANCE_HEALTH, f"{row.label} reports: {event.message}"),
        ArrEventKind.RESTORED: (EventKind.INSTANCE_RESTORED, f"{row.label} has recovered: {event.message}"),
    }
    if event.kind not in words:
        return
    level = Level.INFO if event.kind is ArrEventKind.RESTORED else Level.ERROR if event.is_error else Level.WARNING
    record_event(
        connection,
        arrs.clock(),
        Event(*words[event.kind], level, instance_id=row.id),
    )
