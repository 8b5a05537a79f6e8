"""Read `sortKey` and `sortDirection`. A list offers only the orders that its database reads from an index."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from typing import TypeVar

from fastapi import Query

from stalkeer.faces.http.queries import BadQuery

Order = TypeVar("Order")


class Direction(StrEnum):
    ASCENDING = "ascending"
    DESCENDING = "descending"


def sorted_by(orders: Mapping[tuple[str, Direction], Order]) -> Callable[..., Awaitable[Order]]:
    """Return the dependency that reads the order of a list. The first order is the default.

    A key without a direction has the direction that stands first for it.
    """
    keys = list(dict.fromkeys(key for key, _ in orders))
    accepted = ", ".join(f"{key} {direction}" for key, direction in orders)

    # as defaults, because postponed annotations cannot see local names
    async def read(
        key: str = Query(
            keys[0], alias="sortKey", json_schema_extra={"enum": keys}, description=f"Accepted: {accepted}."
        ),
        direction: str | None = Query(
            None,
            alias="sortDirection",
            json_schema_extra={"enum": [*Direction, None]},
            description="Without it, the direction that fits the key.",
        ),
    ) -> Order:
        found = [order for (of, towards), order in orders.items() if of == key and direction in (None, towards)]
        if not found:
            given = key if direction is None else f"{key} {direction}"
            raise BadQuery(f"The list cannot be sorted by {given!r}; accepted: {accepted}")
        return found[0]

    return read
