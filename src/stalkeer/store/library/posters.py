"""Find the instance that has the poster of a wanted item."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from stalkeer.model import WantedId
from stalkeer.store.db.tables import instances, library, wanted
from stalkeer.store.library.wanted_list import ITEMS


@dataclass(frozen=True)
class PosterPlace:
    """The instance with the picture, and its id of the movie or series."""

    instance: str
    arr_id: int


def poster_place(connection: Connection, wanted_id: WantedId) -> PosterPlace | None:
    query = select(instances.c.slug, library.c.arr_id).select_from(ITEMS)
    query = query.where(wanted.c.id == wanted_id, library.c.poster.is_not(None))
    row = connection.execute(query).one_or_none()
    return None if row is None else PosterPlace(row.slug, row.arr_id)
