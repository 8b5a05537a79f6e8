"""Long lists are read along an index: the same rows in the same order as if all of them were sorted."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, insert

from stalkeer.model import Decision, LibraryId
from stalkeer.store.db.tables import download_items, downloads, entries, instances, library, matches, sources, wanted
from stalkeer.store.downloads.downloads import DownloadFilter, get_download, list_downloads
from stalkeer.store.library.wanted_list import MANY, BestMatch, Slice, WantedFilter, WantedOrder, page_wanted
from stalkeer.store.library.wanted_series import count_wanted_series, list_wanted_series
from stalkeer.store.matching.matches import count_by_decision

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
FILMS, SERIES, EPISODES = MANY - 300, 40, 10
WORDS = ("amber", "Amber", "birch", "Cedar", "dogwood", "ELM", "fir")


@pytest.fixture
def long(any_database):
    with any_database.begin() as connection:
        fill(connection)
    return any_database


def fill(connection: Connection) -> None:
    chance = random.Random(3)
    add(connection, instances, [instance(1, "radarr"), instance(2, "sonarr"), instance(3, "former", removed_at=NOW)])
    works = [work(number, chance.choice(WORDS)) for number in range(1, FILMS + SERIES + 1)]
    add(connection, library, works)
    items = [item(number, number) for number in range(1, FILMS + 1)]
    for series in range(FILMS + 1, FILMS + SERIES + 1):
        first = len(items)
        items += [item(first + episode, series, episode) for episode in range(1, EPISODES + 1)]
    items[1]["gone_at"] = NOW
    items[2]["instance_id"] = 3
    add(connection, wanted, items)
    source = {"id": 1, "slug": "one", "kind": "m3u", "origin": "ui", "credentials": "{}", "created_at": NOW}
    add(connection, sources, [source])
    row = {"source_id": 1, "key": "m:1", "kind": "movie", "name": "Film", "url": "{base}/1", "added_gen": 0}
    add(connection, entries, [{"id": 1, **row, "first_seen": NOW}])
    add(connection, matches, [match(number) for number in range(1, FILMS + 1, 3)])


def add(connection, table, rows):
    connection.execute(insert(table), rows)


def instance(number, slug, removed_at=None):
    return {
        "id": number, "slug": slug, "kind": "radarr", "origin": "ui", "url": "http://127.0.0.1", "api_key": "x",
        "removed_at": removed_at, "created_at": NOW,
    }  # fmt: skip


def work(number, word):
    is_film = number <= FILMS
    return {
        "id": number, "instance_id": 1 if is_film else 2, "kind": "movie" if is_film else "series", "arr_id": number,
        "title": f"{word} {number % 50}", "synced_at": NOW,
    }  # fmt: skip


def item(number, library_id, episode=None):
    return {
        "id": number, "instance_id": 1 if episode is None else 2, "library_id": library_id, "arr_id": number,
        "kind": "movie" if episode is None else "episode", "reason": "missing", "title": "T", "episode": episode,
        "season": None if episode is None else 1, "first_seen": NOW, "gone_at": None,
    }  # fmt: skip


def match(wanted_id):
    decision = Decision.REVIEW if wanted_id % 2 else Decision.CONFIRM
    return {
        "wanted_id": wanted_id, "entry_id": 1, "score": 0.5, "decision": decision.value, "decided_by": "auto",
        "evidence": {}, "matched_at": NOW,
    }  # fmt: skip


def pages(connection, chosen, order=WantedOrder.TITLE, size=500):
    """Every row of a list by its cursor, and the total that each page tells."""
    rows, totals, after = [], set(), None
    while True:
        part, total = page_wanted(connection, chosen, order, Slice(size, after=after))
        totals.add(total)
        if not part:
            return rows, totals
        rows += part
        after = part[-1].id


def by_title(row):
    return (row.title.lower(), row.library_id, row.season or -1, row.episode or -1, row.id)


def test_a_long_wanted_list_comes_by_title_page_by_page_and_whole(long):
    with long.connect() as connection:
        rows, totals = pages(connection, WantedFilter())
        by_number, _ = page_wanted(connection, WantedFilter(), part=Slice(60, offset=1900))

    assert totals == {len(rows)} == {FILMS + SERIES * EPISODES - 2}
    assert len(rows) >= MANY
    if long.is_sqlite:  # PostgreSQL's collation ignores spaces
        assert rows == sorted(rows, key=by_title)
    assert len({row.id for row in rows}) == len(rows)
    assert by_number == rows[1900:1960]


def test_a_filter_of_a_long_list_counts_and_pages_what_it_selects(long):
    with long.connect() as connection:
        in_doubt, totals = pages(connection, WantedFilter(found=BestMatch.REVIEW), size=100)
        newest, newest_totals = pages(connection, WantedFilter(), WantedOrder.NEWEST)
        counts = count_by_decision(connection)

    expected = {number for number in range(1, FILMS + 1, 3) if number % 2 and number != 3}
    assert {row.id for row in in_doubt} == expected
    assert totals == {len(expected)}
    assert [row.id for row in newest] == sorted((row.id for row in newest), reverse=True)
    assert newest_totals == {len(newest)}
    assert counts[Decision.REVIEW] == len(expected)


def test_series_of_a_long_list_come_by_title(long):
    with long.connect() as connection:
        whole = list_wanted_series(connection, WantedFilter(), limit=100)
        later = list_wanted_series(connection, WantedFilter(), after=LibraryId(whole[24].library_id))
        with_text = list_wanted_series(connection, WantedFilter(text="amber"))
        total = count_wanted_series(connection, WantedFilter())

    assert total == len(whole) == SERIES
    assert later == whole[25:]
    assert {series.missing for series in whole} == {EPISODES}
    assert with_text == [series for series in whole if "amber" in series.title.lower()]


def test_the_queue_comes_by_priority_then_rank_at_any_depth(long):
    ranks = (3.0, 1.0, 2.0, 2.0)
    places = [(number % 3, ranks[number % 4]) for number in range(60)]
    common = {"entry_id": 1, "source_id": 1, "entry_key": "m:1", "name": "F", "title": "F", "kind": "movie"}
    times = {"created_at": NOW, "updated_at": NOW}
    queue = [
        {"id": number, "priority": priority, "rank": rank, "state": "queued", "removed_at": None, **common, **times}
        for number, (priority, rank) in enumerate(places, start=1)
    ]
    queue[4]["removed_at"] = NOW
    items = [{"download_id": 7, "wanted_id": 7, "instance_id": 1, "arr_id": 7, "state": "waiting", "active": True}]
    with long.begin() as connection:
        add(connection, downloads, queue)
        add(connection, download_items, items)

    with long.connect() as connection:
        whole = list_downloads(connection, DownloadFilter(), limit=100)
        paged = list_downloads(connection, limit=7)
        while page := list_downloads(connection, limit=7, after=get_download(connection, paged[-1].id)):
            paged += page

    expected = sorted(queue, key=lambda row: (-row["priority"], row["rank"], row["id"]))
    assert [row.id for row in whole] == [row["id"] for row in expected if row["removed_at"] is None]
    assert paged == whole
    assert [len(row.items) for row in whole if row.id == 7] == [1]
