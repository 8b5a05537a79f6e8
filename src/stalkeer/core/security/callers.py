"""Describe callers by API key, session, trusted proxy or local address, and check the page that sent a request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from stalkeer.core.security.addresses import RequestOrigin
from stalkeer.core.security.scopes import Scope

_OWN_BEARER = re.compile(r"bearer +([0-9a-f]{32})", re.IGNORECASE)
COOKIE = "stalkeer_session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class CallerKind(StrEnum):
    KEY = "key"
    SESSION = "session"
    EXTERNAL = "external"
    LOCAL = "local"


@dataclass(frozen=True)
class Caller:
    """Describe a person or program with access. A browser sends all credentials except a key on behalf of any page."""

    kind: CallerKind
    name: str
    scope: Scope = Scope.ADMIN
    instance: str | None = None  # of a bridge key

    @property
    def may_be_borrowed(self) -> bool:
        return self.kind is not CallerKind.KEY


@dataclass(frozen=True)
class CallerCredentials:
    """Hold the credentials that a request carries."""

    key: str | None
    session: str | None
    headers: Mapping[str, str]  # lower-case names


def bearer_key(authorization: str) -> str | None:
    """Return the API key of `Authorization: Bearer KEY`; None for the token of another program, which a proxy may leave
    there.
    """
    found = _OWN_BEARER.fullmatch(authorization.strip())
    return found[1] if found else None


def is_own_page(headers: Mapping[str, str], origin: RequestOrigin) -> bool:
    """Tell whether our own page sent this request, by Sec-Fetch-Site or Origin. Return False without either."""
    site = headers.get("sec-fetch-site")
    if site is not None and site != "same-origin":
        return False
    sender = headers.get("origin")
    if sender is None:
        return site == "same-origin"
    try:
        place = urlsplit(sender).netloc
    except ValueError:  # `http://[`
        return False
    return bool(place) and place.lower() == origin.host.lower()
