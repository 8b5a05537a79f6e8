"""Add, find and remove our webhook in an instance. On saving, the instance sends a Test event at once."""

from __future__ import annotations

from dataclasses import dataclass, field

from stalkeer.adapters.arr.client import ArrClient
from stalkeer.adapters.arr.providers import WEBHOOK, find_ours, read_template, remove_ours, save_ours, try_ours
from stalkeer.adapters.arr.versions import EVENTS

POST = 1


@dataclass(frozen=True)
class WebhookTarget:
    """Describe the address for the instance's events. The secret is sent as basic auth, because URLs are logged."""

    url: str
    username: str
    password: str = field(repr=False)


def find_webhook(client: ArrClient) -> int | None:
    """Return the id of our webhook in the instance."""
    found = find_ours(client, WEBHOOK)
    return None if found is None else found.id


def register_webhook(client: ArrClient, target: WebhookTarget) -> None:
    """Create or update our webhook. Raises ArrRefused with the instance's message when it cannot reach Stalkeer."""
    template = read_template(client, WEBHOOK)
    values = {"url": target.url, "method": POST, "username": target.username, "password": target.password}
    switches = {name: name in EVENTS for name in template if name.startswith("on")}
    save_ours(client, WEBHOOK, {**template, "tags": []}, values, switches)


def try_webhook(client: ArrClient) -> bool:
    """Let the instance send a Test event to our webhook. Return False when there is none.

    Raises ArrRefused with the instance's message when it cannot reach Stalkeer.
    """
    return try_ours(client, WEBHOOK)


def remove_webhook(client: ArrClient) -> bool:
    """Remove our webhook. Return False when there was none."""
    return remove_ours(client, WEBHOOK)
