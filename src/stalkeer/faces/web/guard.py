"""Admit known callers to the pages. Send others to the login, or to the setup wizard before the first user exists."""

from __future__ import annotations

from fastapi import Depends, Request
from fastapi.responses import RedirectResponse, Response

from stalkeer.core.security.callers import CallerKind
from stalkeer.faces.http.guard import check_own_page, check_scope, find_caller
from stalkeer.faces.http.security import Security
from stalkeer.faces.web.frame import base_of
from stalkeer.faces.web.live import board_of


class NeedsLogin(Exception):
    """Report an unknown caller. The answer leads to the login."""


def security_of(request: Request) -> Security:
    security: Security = request.app.state.security
    return security


def require_user(request: Request) -> None:
    """Admit a known caller and store the name for the page. Changes must come from our own pages.

    Store the marks of the last live document before the page reads anything, so that no later change is missed.
    Decide once for each request, before its body is read (`http.doorstep`).
    """
    if hasattr(request.state, "user"):
        return
    caller = find_caller(request)
    if caller is None:
        raise NeedsLogin
    check_scope(request, caller)
    check_own_page(request, caller)
    request.state.user = caller.name if caller.kind in (CallerKind.SESSION, CallerKind.EXTERNAL) else ""
    request.state.live_marks = board_of(request).last_marks


def require_own_page(request: Request) -> None:
    """Admit an unknown caller who logs in or creates the first user from our own pages."""
    check_own_page(request, None)


UserGuard = Depends(require_user)
OwnPageGuard = Depends(require_own_page)


def lead_to_login(request: Request) -> Response:
    """Redirect to the login and back to this page, or to the setup wizard before the first user exists."""
    base = base_of(request)
    security = security_of(request)
    target = f"{base}/setup" if security.sessions.needs_setup() else f"{base}/login"
    path = request.url.path
    if target.endswith("/login") and request.method == "GET" and "HX-Request" not in request.headers:
        target += f"?next={path.removeprefix(base)}" if path.removeprefix(base) not in ("", "/") else ""
    if request.headers.get("HX-Request") == "true":
        return Response(status_code=401, headers={"HX-Redirect": target})
    return RedirectResponse(target, status_code=303)
