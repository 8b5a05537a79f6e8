"""Identify the caller of a request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from stalkeer.core.security.addresses import RequestOrigin, is_local_name, is_within, networks
from stalkeer.core.security.callers import Caller, CallerCredentials, CallerKind
from stalkeer.jobs.system.api_keys import ApiKeys
from stalkeer.jobs.system.rate_limits import RateLimits
from stalkeer.jobs.system.sessions import Sessions
from stalkeer.settings import Settings
from stalkeer.settings.sections.program import AuthMode, SecuritySettings


@dataclass(frozen=True)
class Security:
    """Hold the keys, sessions and rate limits of a running server."""

    settings: Callable[[], Settings]
    keys: ApiKeys
    sessions: Sessions
    limits: RateLimits

    def identify(self, credentials: CallerCredentials, origin: RequestOrigin) -> Caller | None:
        """Return the caller, or None for a stranger.

        A request with a wrong key is a stranger's, even with a valid session.
        """
        if credentials.key is not None:
            key = self.keys.find(credentials.key)
            return Caller(CallerKind.KEY, key.name, key.scope, key.instance) if key else None
        if credentials.session and (user := self.sessions.user_of(credentials.session)):
            return Caller(CallerKind.SESSION, user)
        security = self.settings().security
        if security.mode is AuthMode.EXTERNAL and origin.is_peer_trusted:
            user = credentials.headers.get(security.user_header.lower(), "")
            return Caller(CallerKind.EXTERNAL, user[:64]) if user else None
        if security.mode is AuthMode.LOCAL and self.is_local(origin):
            return Caller(CallerKind.LOCAL, str(origin.client))
        return None

    def is_local(self, origin: RequestOrigin) -> bool:
        """Tell whether the request comes from a local network; see `is_local_origin`."""
        return is_local_origin(origin, self.settings().security)

    def proxy_hint(self, origin: RequestOrigin) -> str:
        """Explain to a caller behind a proxy why it is unknown, where access depends on the origin.

        Otherwise return an empty text.
        """
        asks = self.settings().security.mode is not AuthMode.FORMS or self.sessions.needs_setup()
        return origin.proxy_hint if asks else ""

    def needs_setup_token(self, origin: RequestOrigin) -> bool:
        return not self.is_local(origin)


def is_local_origin(origin: RequestOrigin, security: SecuritySettings) -> bool:
    """Tell whether a request comes from a local network, under a name that no public DNS resolves (rebinding).

    A request through a proxy is not local, unless `trusted_proxies` names the proxy and the proxy names the client.
    """
    if origin.is_client_unknown:
        return False
    return is_within(origin.client, networks(security.local_networks)) and is_local_name(
        origin.host, security.allowed_hosts
    )
