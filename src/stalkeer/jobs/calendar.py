"""The calendars of all instances in one: what comes out when, and what we have of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from stalkeer.arr.calendar import Premiere, read_calendar
from stalkeer.errors import ArrError
from stalkeer.jobs.instances import Arrs
from stalkeer.store.instances import list_instances


@dataclass(frozen=True)
class Calendar:
    """In order of time, each with its instance; `errors` of those that could not be asked, by name."""

    premieres: tuple[tuple[str, Premiere], ...]
    errors: dict[str, str]


def gather_calendar(arrs: Arrs, start: datetime, end: datetime) -> Calendar:
    with arrs.database.connect() as connection:
        rows = [row for row in list_instances(connection) if row.enabled]
    found: list[tuple[str, Premiere]] = []
    errors: dict[str, str] = {}
    for row in rows:
        try:
            with arrs.client(row) as client:
                found += [(row.slug, premiere) for premiere in read_calendar(client, start, end)]
        except ArrError as error:
            errors[row.slug] = str(error)
    return Calendar(tuple(sorted(found, key=lambda pair: (pair[1].at, pair[0], pair[1].arr_id))), errors)
