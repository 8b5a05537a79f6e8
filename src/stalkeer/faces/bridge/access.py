"""Find the caller of a request of Radarr, Sonarr, Prowlarr or a phone, by an API key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from starlette.requests import Request

from stalkeer.core.security.callers import Caller, CallerCredentials
from stalkeer.core.security.scopes import Scope
from stalkeer.errors import StalkeerError
from stalkeer.faces.http.guard import key_of
from stalkeer.faces.http.security import Security
from stalkeer.jobs.system.rate_limits import TooManyRequests
from stalkeer.runtime import App
from stalkeer.store.library.instances import InstanceRow, find_instance

NONE: Mapping[str, str] = MappingProxyType({})


class BridgeRefused(StalkeerError):
    """Report a request without a key, with a wrong key, or with a key of another scope."""


@dataclass(frozen=True)
class BridgeCaller:
    """Describe a program with a key. A bridge key belongs to an instance; `instance` is None for every other key."""

    scope: Scope
    name: str
    instance: InstanceRow | None


def app_of(request: Request) -> App:
    found: App = request.app.state.app
    return found


def offered_key(request: Request, values: Mapping[str, str]) -> str | None:
    """Return the key of a request. With SABnzbd's user and password, the password is the key."""
    asked = values or request.query_params
    return asked.get("apikey") or key_of(request) or asked.get("ma_password")


def find_bridge_caller(request: Request, values: Mapping[str, str] = NONE) -> BridgeCaller:
    """Return the caller.

    `values` are the parameters, including those of a form. Raises BridgeRefused for a stranger, and TooManyRequests
    after too many attempts. Sessions and local addresses give no access here, so that a page in a browser cannot use
    these routes.
    """
    key = offered_key(request, values)
    if not key:
        _spend(request)
        raise BridgeRefused("API Key Required")
    security: Security = request.app.state.security
    caller = security.identify(CallerCredentials(key, None, request.headers), request.state.origin)
    if caller is None:
        _spend(request)
        raise BridgeRefused("API Key Incorrect")
    request.state.admitted = caller
    return BridgeCaller(caller.scope, caller.name, _instance_of(request, caller))


def _instance_of(request: Request, caller: Caller) -> InstanceRow | None:
    """Return the instance of a bridge key. Raises BridgeRefused when it was removed or is disabled."""
    if caller.instance is None:
        return None
    with app_of(request).database.connect() as connection:
        row = find_instance(connection, caller.instance)
    if row is None or row.removed_at is not None or not row.enabled:
        raise BridgeRefused(f"{caller.instance} is removed from Stalkeer or disabled")
    return row


def _spend(request: Request) -> None:
    """Count a stranger's request against its address."""
    security: Security = request.app.state.security
    limit = security.settings().security.api_limit
    address = request.state.origin.household
    left = security.limits.spend("bridge", address, limit, app_of(request).clock().timestamp())
    request.state.allowances.append(left)
    if not left.is_allowed:
        raise TooManyRequests(f"More than {limit} requests a minute from {address} (security.api_limit)", left.reset_s)
