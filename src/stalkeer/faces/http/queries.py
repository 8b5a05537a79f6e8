"""Refuse query parameters that a route does not know. A misspelt filter would otherwise answer with every row.

What only reads the query is `async`, here and in the other dependencies: FastAPI gives a thread to each that is not,
and a request would wait for the interpreter once more.
"""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant

from stalkeer.errors import InvalidInput

KEY_PARAMETER = "apikey"  # every route takes it


class BadQuery(InvalidInput):
    """Report a query that cannot be read, answered with 400."""


async def check_query(request: Request) -> None:
    """Refuse unknown query parameters with 400, and name the known ones."""
    known = sorted({*names_of(request.scope["route"].dependant), KEY_PARAMETER})
    unknown = sorted(set(request.query_params.keys()) - set(known))
    if unknown:
        accepted = ", ".join(name for name in known if name != KEY_PARAMETER) or "none"
        raise BadQuery(f"There is no query parameter {', '.join(map(repr, unknown))} here; accepted: {accepted}")


def names_of(dependant: Dependant) -> Iterator[str]:
    """Yield the query parameters of a route and of its dependencies."""
    yield from (parameter.alias for parameter in dependant.query_params)
    for dependency in dependant.dependencies:
        yield from names_of(dependency)


QueryGuard = Depends(check_query)
