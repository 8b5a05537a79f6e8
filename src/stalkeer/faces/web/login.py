"""Serve login and logout."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from stalkeer.core.security.callers import COOKIE
from stalkeer.faces.http.cookies import clear_session_cookie, set_session_cookie
from stalkeer.faces.http.statuses import headers_of, status_of
from stalkeer.faces.web.frame import app_of, base_of
from stalkeer.faces.web.guard import OwnPageGuard, security_of
from stalkeer.faces.web.render import page
from stalkeer.jobs.system.rate_limits import TooManyRequests
from stalkeer.jobs.system.sessions import LoginRefused

router = APIRouter(include_in_schema=False)


def safe_next(path: str) -> str:
    """Return the page to open after the login. It is never on another site."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) and ":" not in path else "/"


@router.get("/login")
def get_login(request: Request, next: str = "/") -> Response:  # noqa: A002 - the name of the parameter in the address
    if security_of(request).sessions.needs_setup():
        return RedirectResponse(f"{base_of(request)}/setup", status_code=303)
    return show_login(request, "", "", next)


def show_login(request: Request, name: str, error: str, next_page: str, status: int = 200) -> Response:
    hint = security_of(request).proxy_hint(request.state.origin)
    return page(
        request, "login.html", status=status, name=name, error=error, next=safe_next(next_page), proxy_hint=hint
    )


@router.post("/login", dependencies=[OwnPageGuard])
def post_login(
    request: Request,
    name: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=2000)] = "",
    next: Annotated[str, Form(max_length=500)] = "/",  # noqa: A002
) -> Response:
    """Log in and open the next page. An error is shown in the form."""
    security = security_of(request)
    try:
        token = security.sessions.sign_in(name, password, request.state.origin.household)
    except (LoginRefused, TooManyRequests) as error:
        answer = show_login(request, name, str(error), next, status_of(error))
        answer.headers.update(headers_of(error))
        return answer
    response = RedirectResponse(base_of(request) + safe_next(next), status_code=303)
    set_session_cookie(request, response, token, app_of(request).settings.security.session_lifetime)
    return response


@router.post("/logout", dependencies=[OwnPageGuard])
def post_logout(request: Request) -> Response:
    token = request.cookies.get(COOKIE)
    if token:
        security_of(request).sessions.sign_out(token)
    response = RedirectResponse(f"{base_of(request)}/login", status_code=303)
    clear_session_cookie(request, response)
    return response
