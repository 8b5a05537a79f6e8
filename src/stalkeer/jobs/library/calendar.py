"""Merge the calendars of all instances."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from stalkeer.adapters.arr.calendar import Premiere, read_calendar
from stalkeer.errors import ArrError
from stalkeer.jobs.library.clients import Arrs
from stalkeer.store.library.instances import InstanceRow, list_instances


@dataclass(frozen=True)
class Calendar:
    """Hold releases in order of time, each with its instance. `errors` has the failures by instance name."""

    premieres: tuple[tuple[str, Premiere], ...]
    errors: dict[str, str]


def gather_calendar(arrs: Arrs, start: datetime, end: datetime) -> Calendar:
    with arrs.database.connect() as connection:
        rows = [row for row in list_instances(connection) if row.enabled]

    def ask(row: InstanceRow) -> tuple[Sequence[Premiere], str]:
        try:
            with arrs.client(row) as client:
                return read_calendar(client, start, end), ""
        except ArrError as error:
            return (), str(error)

    with ThreadPoolExecutor(max_workers=max(1, len(rows))) as together:  # a slow instance must not delay the others
        answers = [(row.slug, *answer) for row, answer in zip(rows, together.map(ask, rows), strict=True)]
    errors = {slug: error for slug, _, error in answers if error}
    found = [(slug, premiere) for slug, premieres, _ in answers for premiere in premieres]
    return Calendar(tuple(sorted(found, key=lambda pair: (pair[1].at, pair[0], pair[1].arr_id))), errors)
