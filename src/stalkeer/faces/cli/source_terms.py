"""What of a source is typed and shown on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from stalkeer.store.sources.sources import SourceRow

MOST_CONNECTIONS = 1_000


def document_of(row: SourceRow) -> dict[str, object]:
    """A source for programs: nothing of its address or login."""
    return {
        "name": row.slug,
        "kind": row.kind,
        "origin": row.origin,
        "enabled": row.enabled,
        "priority": row.priority,
        "generation": row.generation,
        "entries": row.entries,
        "kinds": row.kinds,
        "lastRefreshAt": row.last_refresh_at,
        "lastSuccessAt": row.last_success_at,
        "lastError": row.last_error,
        "failures": row.failures,
        "guard": dict(row.guard) if row.guard else None,
        "account": {
            "status": row.account_status,
            "expiresAt": row.account_expires_at,
            "active": row.account_active,
            "max": row.account_max,
            "message": row.account_message,
            "checkedAt": row.account_checked_at,
        },
    }


def size_of(given: str, option: str) -> int | None:
    from stalkeer.settings.units import parse_size

    try:
        return parse_size(given) or None if given else None
    except ValueError as error:
        raise typer.BadParameter(f"{option} {given!r} {error}") from error


def cron_of(given: str) -> str:
    """A cron line as it is kept; empty where `off` or nothing was given."""
    from stalkeer.settings.units import parse_cron

    try:
        return parse_cron(given)
    except ValueError as error:
        raise typer.BadParameter(f"--refresh {given!r} {error}") from error


def connections_of(given: str) -> int | None:
    """How many connections are allowed at once, 0 for any number; None for what the account says."""
    if given == "account":
        return None
    if not given.isdecimal() or int(given) > MOST_CONNECTIONS:
        raise typer.BadParameter(
            f"--max-connections {given!r} is neither a number up to {MOST_CONNECTIONS} nor `account`"
        )
    return int(given)


def headers_of(given: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for header in given:
        name, colon, value = header.partition(":")
        if not colon or not name.strip():
            raise typer.BadParameter(f"--header {header!r} is not NAME:VALUE")
        headers[name.strip()] = value.strip()
    return headers
