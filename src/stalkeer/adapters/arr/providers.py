"""Find, save and remove Stalkeer's webhook, indexer and download client in an instance.

The instance tests each when it is saved: it calls our server while our request is under way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from stalkeer.adapters.arr.answers import Resource, Rows
from stalkeer.adapters.arr.client import ArrClient
from stalkeer.errors import ArrTooOld

NAME = "Stalkeer"


@dataclass(frozen=True)
class ProviderKind:
    """Name a list of the instance, and the implementation of which one row is ours."""

    path: str
    implementation: str


WEBHOOK = ProviderKind("notification", "Webhook")
INDEXER = ProviderKind("indexer", "Newznab")
CLIENT = ProviderKind("downloadclient", "Sabnzbd")


class FieldResource(Resource):
    name: str = ""
    value: object = None


class ProviderResource(Resource):
    id: int = 0
    name: str = ""
    implementation: str = ""
    fields: tuple[FieldResource, ...] = ()


class SavedResource(Resource):
    id: int = 0


_PROVIDERS = TypeAdapter(Rows[ProviderResource])
_ROWS = TypeAdapter(tuple[dict[str, Any], ...])
_SAVED = TypeAdapter(SavedResource)
_ANYTHING = TypeAdapter(dict[str, Any])


def find_ours(client: ArrClient, kind: ProviderKind) -> ProviderResource | None:
    """Return our row in the instance."""
    rows = client.get(_PROVIDERS, kind.path)
    return next((row for row in rows if row.implementation == kind.implementation and row.name == NAME), None)


def read_template(client: ArrClient, kind: ProviderKind) -> dict[str, Any]:
    """Return the instance's own form. Its switches and fields differ between versions."""
    for template in client.get(_ROWS, f"{kind.path}/schema"):
        if template.get("implementation") == kind.implementation:
            return template
    raise ArrTooOld(f"{client.address.label} knows no {kind.implementation}; update it.")


def save_ours(
    client: ArrClient,
    kind: ProviderKind,
    template: Mapping[str, Any],
    values: Mapping[str, object],
    switches: Mapping[str, object],
) -> int:
    """Create or repair our row from the instance's form; return its id. Switches that its version lacks are left out.

    Raises ArrRefused with the message of the instance's test.
    """
    fields = [
        {**field, "value": values[field["name"]]} if field.get("name") in values else field
        for field in template.get("fields", ())
    ]
    known = {name: value for name, value in switches.items() if name in template}
    body = {**template, **known, "name": NAME, "fields": fields, "presets": None}
    present = find_ours(client, kind)
    if present is None:
        return client.post(_SAVED, kind.path, body).id
    client.put(f"{kind.path}/{present.id}", {**body, "id": present.id})
    return present.id


def try_ours(client: ArrClient, kind: ProviderKind) -> bool:
    """Let the instance test our row as it is stored there. Return False when there is none.

    Raises ArrRefused with the instance's message.
    """
    rows = client.get(_ROWS, kind.path)
    own = (row for row in rows if row.get("name") == NAME and row.get("implementation") == kind.implementation)
    row = next(own, None)
    if row is None:
        return False
    client.post(_ANYTHING, f"{kind.path}/test", row)
    return True


def remove_ours(client: ArrClient, kind: ProviderKind) -> bool:
    """Remove our row. Return False when there was none."""
    present = find_ours(client, kind)
    if present is None:
        return False
    client.delete(f"{kind.path}/{present.id}")
    return True
