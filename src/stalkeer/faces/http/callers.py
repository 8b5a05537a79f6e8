"""Who asks: an API key, a session, a user named by a trusted proxy, or a local address; and from which page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from stalkeer.core.security.addresses import Origin, is_local_name, is_within, networks
from stalkeer.jobs.system.api_keys import ApiKeys
from stalkeer.jobs.system.rate_limits import RateLimits
from stalkeer.jobs.system.sessions import Sessions
from stalkeer.settings import Settings
from stalkeer.settings.schema import AuthMode

COOKIE = "stalkeer_session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class CallerKind(StrEnum):
    KEY = "key"
    SESSION = "session"
    EXTERNAL = "external"
    LOCAL = "local"


@dataclass(frozen=True)
class Caller:
    """Somebody who may use the program. A browser sends everything but a key by itself, whoever's page asks it to."""

    kind: CallerKind
    name: str

    @property
    def may_be_borrowed(self) -> bool:
        return self.kind is not CallerKind.KEY


@dataclass(frozen=True)
class Credentials:
    """What a request carries."""

    key: str | None
    session: str | None
    headers: Mapping[str, str]  # lower-case names


@dataclass(frozen=True)
class Security:
    """The guards of one running server."""

    settings: Callable[[], Settings]
    keys: ApiKeys
    sessions: Sessions
    limits: RateLimits

    def identify(self, credentials: Credentials, origin: Origin) -> Caller | None:
        """The caller, or None for a stranger. A wrong key is a stranger, whatever else the request carries."""
        if credentials.key is not None:
            name = self.keys.name_of(credentials.key)
            return Caller(CallerKind.KEY, name) if name else None
        if credentials.session and (user := self.sessions.user_of(credentials.session)):
            return Caller(CallerKind.SESSION, user)
        security = self.settings().security
        if security.mode is AuthMode.EXTERNAL and origin.is_peer_trusted:
            user = credentials.headers.get(security.user_header.lower(), "")
            return Caller(CallerKind.EXTERNAL, user[:64]) if user else None
        if security.mode is AuthMode.LOCAL and self.is_local(origin):
            return Caller(CallerKind.LOCAL, str(origin.client))
        return None

    def is_local(self, origin: Origin) -> bool:
        """From a local network and under a name that no foreign DNS answers for (rebinding).

        What a proxy brings that is not in `trusted_proxies` is not local, however near the proxy stands.
        """
        if origin.is_behind_unknown_proxy:
            return False
        security = self.settings().security
        return is_within(origin.client, networks(security.local_networks)) and is_local_name(
            origin.host, security.allowed_hosts
        )

    def needs_setup_token(self, origin: Origin) -> bool:
        return not self.is_local(origin)


def is_own_page(headers: Mapping[str, str], origin: Origin) -> bool:
    """Whether a page of ours sent this request. A browser tells by Sec-Fetch-Site or Origin; silence is no."""
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
