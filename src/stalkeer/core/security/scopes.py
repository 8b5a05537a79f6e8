"""Define the scopes of API keys, and the requests that each may send."""

from __future__ import annotations

import re
from enum import StrEnum

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ -]{0,63}")


class Scope(StrEnum):
    """Define the scopes.

    `bridge` belongs to an instance and allows only that instance's routes, which are not under /api/v1.
    """

    ADMIN = "admin"
    READ = "read"
    BRIDGE = "bridge"


# What a dashboard or a phone shows: no setting, log, backup or bundle, no key and no user. Below each, everything.
READABLE = (
    "/metrics",
    "/api/v1/blocklist",
    "/api/v1/calendar",
    "/api/v1/downloads",
    "/api/v1/entries",
    "/api/v1/events",
    "/api/v1/explain",
    "/api/v1/filters",
    "/api/v1/health",
    "/api/v1/history",
    "/api/v1/instances",
    "/api/v1/jobs",
    "/api/v1/matches",
    "/api/v1/missing",
    "/api/v1/rules",
    "/api/v1/schedules",
    "/api/v1/sources",
    "/api/v1/stats",
    "/api/v1/system/status",
    "/api/v1/widget",
)


def may_ask(scope: Scope, method: str, path: str) -> bool:
    """Tell whether a key of this scope may send this request to the API; `path` is without the URL base."""
    if scope is Scope.ADMIN:
        return True
    if scope is Scope.READ and method in ("GET", "HEAD"):
        return any(path == prefix or path.startswith(f"{prefix}/") for prefix in READABLE)
    return False


def is_key_name(name: str) -> bool:
    return NAME.fullmatch(name) is not None
