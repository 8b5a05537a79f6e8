"""Build the answers that the demo's Radarr and Sonarr give alike: times, errors, filtered lists."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from stalkeer.demo.http import Answer, ApiRequest, Response

PAGED = {"page": "int", "pageSize": "int", "sortKey": "str", "sortDirection": "direction"}
SortKeys = Mapping[str, Callable[[dict[str, Any]], Any]]


def without_names(value: Any, names: Collection[str]) -> Any:
    """Remove these fields at any depth."""
    if isinstance(value, dict):
        return {name: without_names(part, names) for name, part in value.items() if name not in names}
    return [without_names(part, names) for part in value] if isinstance(value, list) else value


def moment() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def invalid(field: str, message: str, attempted: object = None) -> Answer:
    """Make a validation error: 400 with an array, unlike every other error."""
    error = {
        "propertyName": field,
        "errorMessage": message,
        "attemptedValue": attempted,
        "severity": "error",
        "isWarning": False,
    }
    return Answer(Response(400, [error]))


def not_found(what: str, identity: object) -> Answer:
    return Answer(Response(404, {"message": f"{what} with ID {identity} does not exist", "description": ""}))


def apply_tags(held: list[int], given: Sequence[int], how: str) -> list[int]:
    if how == "replace":
        return list(given)
    if how == "remove":
        return [tag for tag in held if tag not in given]
    return [*held, *(tag for tag in given if tag not in held)]


def filtered_history(
    rows: list[dict[str, Any]], request: ApiRequest, events: Mapping[int, str], *, takes_numbers_only: bool = False
) -> list[dict[str, Any]]:
    """Filter the history by `eventType`.

    Requests give it as a number (or a name, in later versions), answers as a name.
    """
    asked = request.query.get("eventType")
    if takes_numbers_only and asked and not asked.isdigit():
        raise Answer(Response(500, {"message": "Input string was not in a correct format.", "description": ""}))
    name = events.get(int(asked), "") if asked and asked.isdigit() else asked
    download = request.query.get("downloadId")
    return [
        row
        for row in rows
        if (not name or row["eventType"] == name) and (not download or row.get("downloadId") == download)
    ]


def fits_kind(kind: str, value: str) -> bool:
    if kind == "int":
        return value.lstrip("-").isdigit()
    if kind == "ints":
        return all(part.strip().isdigit() for part in value.split(",") if part)
    if kind == "bool":
        return value.casefold() in ("true", "false")
    if kind == "direction":
        return value.casefold() in ("default", "ascending", "descending")
    return True
