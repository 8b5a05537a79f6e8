"""Instances as a user manages them: tried before they are kept, tested later, told to send us their events."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace

from stalkeer.adapters.arr.connect import connect
from stalkeer.adapters.arr.gate import Gate
from stalkeer.adapters.arr.webhook import WebhookTarget, register_webhook, remove_webhook
from stalkeer.errors import ArrError
from stalkeer.jobs.library.clients import Arrs
from stalkeer.secrets import register_secret
from stalkeer.store.library.instances import (
    UI,
    InstanceChange,
    InstanceRow,
    NewInstance,
    add_instance,
    change_instance,
    get_instance,
    note_failure,
    note_success,
    set_address,
    set_webhook_secret,
)

WEBHOOK_USER = "stalkeer"


@dataclass(frozen=True)
class Added:
    """An instance that answered and is kept, with what was repaired in its address."""

    row: InstanceRow
    version: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Tested:
    """What a test of one instance showed: its version, or what is wrong in words."""

    row: InstanceRow
    version: str | None
    notes: tuple[str, ...]
    error: ArrError | None


def add_tried(arrs: Arrs, new: NewInstance) -> Added:
    """Try the address first; keep the one that answers. Raises ArrError for what answers wrongly or not at all."""
    found = connect(arrs.address_of(new), Gate(new.slug))
    with arrs.database.begin() as connection:
        add_instance(connection, replace(new, url=found.url), arrs.secrets, arrs.clock())
        row = get_instance(connection, new.slug)
        note_success(connection, row.id, arrs.clock(), found.status.version)
    return Added(row, found.status.version, found.notes)


def try_new(arrs: Arrs, new: NewInstance) -> str:
    """The address at which it really answers. Raises ArrError for what answers wrongly or not at all."""
    return connect(arrs.address_of(new), Gate(new.slug)).url


def try_instance(arrs: Arrs, row: InstanceRow) -> Tested:
    """Ask an instance who it is, with a fresh view of it: a test is what a user does after repairing something."""
    try:
        found = connect(arrs.address(row), Gate(row.label))
    except ArrError as error:
        with arrs.database.begin() as connection:
            note_failure(connection, row.id, str(error))
        return Tested(row, None, (), error)
    with arrs.database.begin() as connection:
        note_success(connection, row.id, arrs.clock(), found.status.version)
        if row.origin == UI and found.url != row.url:
            set_address(connection, row.id, found.url)
    arrs.reopen(row)
    return Tested(row, found.status.version, found.notes, None)


def change_tried(arrs: Arrs, row: InstanceRow, change: InstanceChange) -> Added:
    """Change an instance; a new address or key is tried first, and kept only where the right program answers."""
    notes: tuple[str, ...] = ()
    version = row.version or ""
    if change.url is not None or change.api_key is not None:
        address = arrs.address(row)
        tried = replace(address, url=change.url or address.url, api_key=change.api_key or address.api_key)
        register_secret(tried.api_key)
        found = connect(tried, Gate(row.label))
        change, notes, version = replace(change, url=found.url), found.notes, found.status.version
    with arrs.database.begin() as connection:
        changed = change_instance(connection, row.slug, change, arrs.secrets)
    arrs.reopen(row)
    return Added(changed, version, notes)


def connect_webhook(arrs: Arrs, row: InstanceRow, our_url: str) -> str:
    """Let the instance send its events to us, under a new secret; `our_url` is ours as the instance reaches it.

    The secret is kept before the instance is told: it tries the webhook at once.
    """
    secret = secrets.token_urlsafe(24)
    with arrs.database.begin() as connection:
        former = get_instance(connection, row.slug).webhook_secret
        set_webhook_secret(connection, row.id, arrs.secrets.encrypt(secret))
    url = f"{our_url.rstrip('/')}/api/v1/webhooks/{row.slug}"
    try:
        with arrs.client(row) as client:
            register_webhook(client, WebhookTarget(url, WEBHOOK_USER, secret))
    except ArrError:
        with arrs.database.begin() as connection:
            set_webhook_secret(connection, row.id, former)
        raise
    return url


def disconnect_webhook(arrs: Arrs, row: InstanceRow) -> bool:
    """Take our webhook out of the instance; False where it had none."""
    with arrs.client(row) as client:
        was_there = remove_webhook(client)
    with arrs.database.begin() as connection:
        set_webhook_secret(connection, row.id, None)
    return was_there
