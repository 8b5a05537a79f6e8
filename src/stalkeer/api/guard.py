"""The key that every request under /api needs."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, HTTPException, Request, Security
from fastapi.security import APIKeyHeader, APIKeyQuery

from stalkeer.security.keys import ApiKeys

_header = APIKeyHeader(name="X-Api-Key", auto_error=False, description="The API key: `stalkeer api-key show`.")
_query = APIKeyQuery(name="apikey", auto_error=False, description="The same key, for clients that cannot set headers.")


def require_access(
    request: Request,
    header: Annotated[str | None, Security(_header)] = None,
    query: Annotated[str | None, Security(_query)] = None,
) -> None:
    """Answer 401 unless the request carries an API key of ours."""
    keys: ApiKeys = request.app.state.keys
    offered = header or query
    if offered is None or keys.name_of(offered) is None:
        what = "The API key is wrong" if offered else "An API key is needed, in the header X-Api-Key"
        raise HTTPException(401, f"{what}; `stalkeer api-key show` prints it", {"WWW-Authenticate": "ApiKey"})


AccessGuard = Depends(require_access)
