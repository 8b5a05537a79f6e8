"""Parse the options of a source."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from stalkeer.core.downloads.viewing import UseTimes

MOST_CONNECTIONS = 1_000


def size_of(given: str, option: str) -> int | None:
    from stalkeer.settings.units import parse_size

    try:
        return parse_size(given) or None if given else None
    except ValueError as error:
        raise typer.BadParameter(f"{option} {given!r} {error}") from error


def use_of(given: str) -> UseTimes:
    """Read `any`, `manual`, `night`, or hours as 01:00-07:00."""
    from stalkeer.jobs.sources.describe import read_use

    if given in ("any", "manual"):
        return read_use(given, "", "")
    start, _, end = given.partition("-")
    return read_use("hours", "", "") if given == "night" else read_use("hours", start, end or "?")


def cron_of(given: str) -> str:
    """Return the cron line, or an empty text for `off` and an empty value."""
    from stalkeer.settings.units import parse_cron

    try:
        return parse_cron(given)
    except ValueError as error:
        raise typer.BadParameter(f"--refresh {given!r} {error}") from error


def connections_of(given: str) -> int | None:
    """Return the maximum connections (0 is unlimited), or None for the account's limit."""
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
