"""Set the session cookie: scripts cannot read it, forms of other sites do not send it, and it is limited to https where
the page uses https.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from stalkeer.core.security.callers import COOKIE


def set_session_cookie(request: Request, response: Response, token: str, lifetime_s: float) -> None:
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(lifetime_s),
        path=_path(request),
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def clear_session_cookie(request: Request, response: Response) -> None:
    response.delete_cookie(COOKIE, path=_path(request), httponly=True, samesite="lax")


def _path(request: Request) -> str:
    return str(request.scope.get("root_path") or "/")
