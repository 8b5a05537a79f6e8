"""Read the state of wanted items for the calendar."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from stalkeer.model import Decision, WantedId
from stalkeer.store.db.tables import instances, wanted
from stalkeer.store.library.visible import IS_WANTED, is_downloading, read_counted_matches


@dataclass(frozen=True)
class CalendarState:
    """Hold the progress of a wanted item."""

    wanted_id: WantedId
    is_found: bool
    is_downloading: bool


def calendar_states(connection: Connection) -> dict[tuple[str, str, int], CalendarState]:
    """Return the states by instance, kind (movie, episode) and the instance's own id."""
    found = read_counted_matches(connection).has(Decision.CONFIRM).label("found")
    fetched = is_downloading().label("fetched")
    query = (
        select(instances.c.slug, wanted.c.kind, wanted.c.arr_id, wanted.c.id, found, fetched)
        .join(instances, instances.c.id == wanted.c.instance_id)
        .where(IS_WANTED)
    )
    return {
        (row.slug, row.kind, row.arr_id): CalendarState(WantedId(row.id), bool(row.found), bool(row.fetched))
        for row in connection.execute(query)
    }
