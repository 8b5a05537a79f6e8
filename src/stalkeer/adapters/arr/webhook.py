"""Add, find and remove our webhook in an instance. On saving, the instance sends a Test event at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter

from stalkeer.adapters.arr.answers import Resource, Rows
from stalkeer.adapters.arr.client import ArrClient
from stalkeer.adapters.arr.versions import EVENTS
from stalkeer.errors import ArrTooOld

NAME = "Stalkeer"
POST = 1


@dataclass(frozen=True)
class WebhookTarget:
    """Describe the address for the instance's events. The secret is sent as basic auth, because URLs are logged."""

    url: str
    username: str
    password: str = field(repr=False)


class NotificationResource(Resource):
    id: int = 0
    name: str = ""
    implementation: str = ""


_NOTIFICATIONS = TypeAdapter(Rows[NotificationResource])
_ROWS = TypeAdapter(tuple[dict[str, Any], ...])
_TEMPLATES = TypeAdapter(tuple[dict[str, Any], ...])
_ANYTHING = TypeAdapter(dict[str, Any])


def find_webhook(client: ArrClient) -> int | None:
    """Return the id of our webhook in the instance."""
    for row in client.get(_NOTIFICATIONS, "notification"):
        if row.implementation == "Webhook" and row.name == NAME:
            return row.id
    return None


def register_webhook(client: ArrClient, target: WebhookTarget) -> None:
    """Create or update our webhook. Raises ArrRefused with the instance's message when it cannot reach Stalkeer."""
    body = _filled(_template(client), target)
    present = find_webhook(client)
    if present is None:
        client.post(_ANYTHING, "notification", body)
    else:
        client.put(f"notification/{present}", {**body, "id": present})


def try_webhook(client: ArrClient) -> bool:
    """Let the instance send a Test event to our webhook. Return False when there is none.

    Raises ArrRefused with the instance's message when it cannot reach Stalkeer.
    """
    own = next((row for row in client.get(_ROWS, "notification") if row.get("name") == NAME), None)
    if own is None:
        return False
    client.post(_ANYTHING, "notification/test", own)
    return True


def remove_webhook(client: ArrClient) -> bool:
    """Remove our webhook. Return False when there was none."""
    present = find_webhook(client)
    if present is None:
        return False
    client.delete(f"notification/{present}")
    return True


def _template(client: ArrClient) -> dict[str, Any]:
    """Return the instance's own webhook form. Its switches and fields differ between versions."""
    for template in client.get(_TEMPLATES, "notification/schema"):
        if template.get("implementation") == "Webhook":
            return template
    raise ArrTooOld(f"{client.address.label} offers no webhooks; update it.")


def _filled(template: dict[str, Any], target: WebhookTarget) -> dict[str, Any]:
    values = {"url": target.url, "method": POST, "username": target.username, "password": target.password}
    fields = [
        {**field, "value": values[field["name"]]} if field.get("name") in values else field
        for field in template.get("fields", ())
    ]
    switches = {name: name in EVENTS for name in template if name.startswith("on")}
    return {**template, **switches, "name": NAME, "fields": fields, "tags": [], "presets": None}
