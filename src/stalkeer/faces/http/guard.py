"""Guard the routes: a request under /api needs a known caller, and a session counts only for requests of Stalkeer's own
pages.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.security import APIKeyHeader, APIKeyQuery, HTTPBearer

from stalkeer.core.security.callers import (
    COOKIE,
    SAFE_METHODS,
    Caller,
    CallerCredentials,
    CallerKind,
    bearer_key,
    is_own_page,
)
from stalkeer.core.security.scopes import may_ask
from stalkeer.faces.http.security import Security
from stalkeer.jobs.system.rate_limits import TooManyRequests

_header = APIKeyHeader(name="X-Api-Key", auto_error=False, description="The API key: `stalkeer api-key show`.")
_query = APIKeyQuery(name="apikey", auto_error=False, description="The same key, for clients that cannot set headers.")

_bearer = HTTPBearer(auto_error=False, description="The same key, as a bearer token.")


def find_caller(request: Request) -> Caller | None:
    """Identify the sender of this request, for API and pages. Return None for a stranger."""
    security: Security = request.app.state.security
    key = key_of(request)
    credentials = CallerCredentials(key=key, session=request.cookies.get(COOKIE), headers=request.headers)
    return security.identify(credentials, request.state.origin)


def key_of(request: Request) -> str | None:
    """Return the API key of a request: from `X-Api-Key`, a bearer token, or `?apikey=`."""
    bearer = bearer_key(request.headers.get("authorization", ""))
    return request.headers.get("x-api-key", bearer if bearer is not None else request.query_params.get("apikey"))


def check_scope(request: Request, caller: Caller) -> None:
    """Refuse a key whose scope does not allow this request with 403."""
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    if not may_ask(caller.scope, request.method, path):
        raise HTTPException(
            403,
            f"The API key {caller.name!r} has the scope {caller.scope}, which is not for {request.method} {path}; "
            "make one with the scope that is needed: stalkeer api-key add NAME --scope admin",
        )


def look_again_at_keys(request: Request) -> None:
    """Read the keys again at the next request, after a key was made, replaced or revoked."""
    security: Security = request.app.state.security
    security.keys.look_again()


def check_own_page(request: Request, caller: Caller | None) -> None:
    """Refuse a change that a page of another site may have sent with 403 (cross-site request forgery)."""
    if request.method in SAFE_METHODS or (caller is not None and not caller.may_be_borrowed):
        return
    if not is_own_page(request.headers, request.state.origin):
        raise HTTPException(403, "This request did not come from a page of Stalkeer; programs send the API key instead")


def require_access(
    request: Request,
    _by_header: Annotated[str | None, Depends(_header)] = None,
    _by_query: Annotated[str | None, Depends(_query)] = None,
    _by_bearer: Annotated[object, Depends(_bearer)] = None,
) -> Caller:
    """Refuse a stranger with 401, a key of another scope with 403, and a key above its rate limit with 429.

    The parameters describe the ways to send a key in the OpenAPI document. The decision is made once for each request,
    before its body is read (`doorstep`).
    """
    admitted: Caller | None = getattr(request.state, "admitted", None)
    if admitted is None:
        admitted = request.state.admitted = _admit(request)
    return admitted


def _admit(request: Request) -> Caller:
    caller = find_caller(request)
    if caller is None:
        is_wrong = key_of(request) is not None
        what = "The API key is wrong" if is_wrong else "An API key is needed, in the header X-Api-Key"
        security: Security = request.app.state.security
        hint = security.proxy_hint(request.state.origin)
        detail = f"{what}; `stalkeer api-key show` prints it" + (f". {hint}" if hint else "")
        raise HTTPException(401, detail, {"WWW-Authenticate": "ApiKey"})
    check_own_page(request, caller)
    check_scope(request, caller)
    if caller.kind is CallerKind.KEY:
        _spend(request, caller)
    return caller


def _spend(request: Request, caller: Caller) -> None:
    security: Security = request.app.state.security
    limit = security.settings().security.api_limit
    left = security.limits.spend("key", caller.name, limit, request.app.state.app.clock().timestamp())
    request.state.allowances.append(left)
    if not left.is_allowed:
        raise TooManyRequests(f"More than {limit} requests a minute with this key (security.api_limit)", left.reset_s)


AccessGuard = Depends(require_access)
