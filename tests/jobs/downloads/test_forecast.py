"""What of what is missing can be had now: judged by each item's profile, sizes told or estimated."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select

from stalkeer.demo.radarr import Radarr
from stalkeer.jobs.downloads.forecast import TYPICAL, read_answer
from stalkeer.jobs.downloads.queue import queue_confirmed
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.wanted.scan import Scanner, scan_missing
from stalkeer.settings import load_settings
from stalkeer.store.db.tables import entries, matches, sources, wanted
from tests.doubles.instances import clients, know

MINUTES = 100
GB = 1_000_000_000


@pytest.fixture
def house(database, clock, tmp_path):
    """Ten missing films of a profile that takes everything up to 1080p."""
    with Radarr(tmp_path / "movies", strict=True) as radarr:
        for number in range(10):
            radarr.add_movie(f"Film {number}", 2020, runtime_min=MINUTES)
        settings = load_settings(None, {}, {"data_dir": str(tmp_path / "data")}, {}).settings
        parts = Scanner(database, clients(database, clock), settings, lambda where, run: None)
        know(parts.arrs, radarr)
        scan_missing(parts, QuietRun())
    with database.begin() as connection:
        source = {"slug": "main", "kind": "m3u", "origin": "config", "credentials": "", "generation": 1}
        connection.execute(insert(sources).values(**source, created_at=clock()))
    return Finder(database, clock)


class Finder:
    """Puts entries of the items on the playlist."""

    def __init__(self, database, clock) -> None:
        self.database, self.clock = database, clock
        with database.connect() as connection:
            self.items = list(connection.execute(select(wanted.c.id).order_by(wanted.c.id)).scalars())

    def find(self, number: int, lines: int | None, size: int | None = None, decision: str = "confirm") -> None:
        now = self.clock()
        with self.database.begin() as connection:
            key = f"{number}-{lines}-{decision}"
            entry = {"kind": "film", "url": "u", "added_gen": 1, "resolution": lines, "size": size, "source_id": 1}
            entry_id = connection.execute(
                insert(entries).values(key=key, name=key, first_seen=now, **entry).returning(entries.c.id)
            ).scalar_one()
            decided = {"score": 1.0, "decision": decision, "decided_by": "auto", "evidence": [], "matched_at": now}
            connection.execute(insert(matches).values(wanted_id=self.items[number], entry_id=entry_id, **decided))

    def answer(self):
        with self.database.connect() as connection:
            return read_answer(connection, self.clock())


def test_items_are_counted_once_by_the_best_that_can_be_said_of_them(house):
    house.find(0, 1080)
    house.find(0, 2160)
    house.find(1, 2160)
    house.find(2, 1080, decision="review")
    house.find(1, 1080, decision="review")

    answer = house.answer()

    assert (answer.missing, answer.sure, answer.refused, answer.review) == (10, 1, 1, 1)
    assert (answer.found, answer.nothing) == (3, 7)


def test_what_is_being_fetched_is_found_but_not_started_again(house):
    house.find(0, 1080, size=GB)
    queue_confirmed(house.database, house.clock)

    answer = house.answer()

    assert (answer.sure, answer.under_way, answer.found, answer.size) == (0, 1, 1, 0)


def test_a_size_that_is_not_told_is_estimated_by_what_is_usual(house):
    house.find(0, 1080)

    answer = house.answer()

    assert (answer.size, answer.estimated) == (TYPICAL[1080] * MINUTES, 1)


def test_the_sizes_of_the_own_lists_say_more_than_what_is_usual(house):
    for number, size in enumerate((2 * GB, 3 * GB, 9 * GB)):
        house.find(number, 1080, size)
    house.find(3, 1080)
    house.find(4, 720)

    answer = house.answer()

    assert answer.size == (2 + 3 + 9 + 3) * GB + TYPICAL[720] * MINUTES
    assert answer.estimated == 2
