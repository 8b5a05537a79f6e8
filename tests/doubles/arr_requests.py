"""The requests that reached a Radarr or a Sonarr, demo or real, compared with the table of what we use of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from stalkeer.adapters.arr.versions import find_usage
from stalkeer.demo.http import ApiRequest
from stalkeer.model import InstanceKind

# the instance's own forms, filled in and sent back
OPAQUE = tuple(
    f"{method} {form}" for form in ("notification", "indexer", "downloadclient") for method in ("POST", "PUT")
) + ("POST notification/test", "PUT notification/{id}", "PUT indexer/{id}", "PUT downloadclient/{id}")
NESTED = ("quality", "languages", "fields")  # the instance's own objects, sent back unchanged


@dataclass(frozen=True)
class Sent:
    """A request: `path` is below /api/v3."""

    method: str
    path: str
    query: frozenset[str]
    body: object

    @classmethod
    def to_double(cls, request: ApiRequest) -> Sent:
        path = request.path.partition("/api/v3/")[2]
        return cls(request.method, path, frozenset(request.query), json.loads(request.body) if request.body else None)

    @classmethod
    def recorded(cls, method: str, target: str, body: str | None) -> Sent:
        parts = urlsplit(target)
        names = frozenset(name for name, _ in parse_qsl(parts.query, keep_blank_values=True))
        return cls(method, parts.path.partition("/api/v3/")[2], names, json.loads(body) if body else None)


def unlisted(kind: InstanceKind, sent: Sent) -> list[str]:
    """Everything in a request that the table does not have."""
    usage = find_usage(kind, sent.method, sent.path)
    shown = f"{kind}: {sent.method} {sent.path}"
    if usage is None:
        return [f"{shown}: the request is not in the table"]
    missing = [f"{shown}: parameter {name}" for name in sorted(sent.query - set(usage.query))]
    if usage.endpoint in OPAQUE:
        return missing
    return missing + [f"{shown}: field {name}" for name in sorted(set(_names(sent.body)) - set(usage.body))]


def _names(body: object) -> Iterator[str]:
    if isinstance(body, list):
        for part in body:
            yield from _names(part)
    elif isinstance(body, dict):
        for name, value in body.items():
            yield name
            if name not in NESTED:
                yield from _names(value)
