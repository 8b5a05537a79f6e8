"""How fast the indexer answers over a million entries and 20,000 wanted items, and what four polling instances cost.

`python -m bench native [ENTRIES]`. The catalogue is written straight into the database, and every wanted item has two
entries of its own, each a release.
"""

from __future__ import annotations

import json
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table

from bench._playlists_data import WORDS
from bench.api import Client, memory_of, serving
from bench.rows import Row, at_most
from stalkeer.core.security.scopes import Scope
from stalkeer.core.titles import title_key
from stalkeer.jobs.system.api_keys import make_key
from stalkeer.secrets import SecretBox, open_secret_box
from stalkeer.store.db import tables
from stalkeer.store.db.database import Database, open_database
from stalkeer.store.db.migrate import migrate

ENTRIES = 1_000_000
INSTANCES = ("radarr", "radarr-4k", "sonarr", "sonarr-anime")
MOVIES, EPISODES, SERIES_LENGTH = 5_000, 5_000, 20  # of each instance of its program: 20,000 items in all
ENTRIES_EACH = 2
ASKED = 200
LAST_PAGE = 2_900  # both programs read thirty pages at most
WALKS = 8
POLLS = 60  # of every instance
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
DAY_OF_FIRST_OFFER = NOW - timedelta(days=30)


def run(*arguments: str) -> list[Row]:
    work = Path(tempfile.mkdtemp(prefix="stalkeer-bench-"))
    try:
        return _measure(work, int(arguments[0]) if arguments else ENTRIES)
    finally:
        shutil.rmtree(work)


def _measure(work: Path, entries: int) -> list[Row]:
    box = open_secret_box(work)
    database = open_database(f"sqlite:///{work / 'stalkeer.db'}")
    migrate(database, work / "backups")
    _fill(database, box, entries)
    keys = {slug: make_key(database, box, f"bench {slug}", Scope.BRIDGE, slug, NOW) for slug in INSTANCES}
    database.close()
    with serving(work) as (port, pid):
        client = Client(port, "")
        begun = _cpu_s(pid)
        searches = _searches(client, keys)
        middle = _cpu_s(pid)
        feeds = _feeds(client, keys)
        cost = (
            Row("a search: CPU on average", (middle - begun) / ASKED / 3 * 1000, "ms"),
            Row("a page of the feed: CPU on average", (_cpu_s(pid) - middle) / (ASKED * 2 + WALKS * 30) * 1000, "ms"),
        )
        polling = _polling(port, keys, pid)
        return [*searches, *feeds, *cost, polling, at_most("memory after all of it", memory_of(pid), 200, "MB")]


def _searches(client: Client, keys: Mapping[str, str]) -> list[Row]:
    chance, movies, episodes, texts = random.Random(3), [], [], []
    for _ in range(ASKED):
        number = chance.randint(1, MOVIES)
        movies.append(_ask(client, f"t=movie&cat=2000,2040&tmdbid={number}&offset=0&limit=100&apikey={keys['radarr']}"))
        series, place = divmod(chance.randrange(EPISODES), SERIES_LENGTH)
        query = f"t=tvsearch&cat=5030,5040&tvdbid={series + 1}&season=1&ep={place + 1}&offset=0&limit=100"
        episodes.append(_ask(client, f"{query}&apikey={keys['sonarr']}"))
        title = _title("movie", number).replace(" ", "+")
        texts.append(_ask(client, f"t=search&q={title}+2020&cat=2000,2040&limit=100&apikey={keys['radarr']}"))
    named = (("movie by id", movies), ("episode by id", episodes), ("movie by title", texts))
    return [at_most(f"search, {name}: p95", _p95(times), 300, "ms") for name, times in named]


def _feeds(client: Client, keys: Mapping[str, str]) -> list[Row]:
    first, alone, walked = [], [], []
    for number in range(ASKED):
        url = _feed_url(INSTANCES[number % len(INSTANCES)], keys)
        first.append(_ask(client, f"{url}&offset=0"))
        alone.append(_ask(client, f"{url}&offset={LAST_PAGE}"))
    for number in range(WALKS):
        url = _feed_url(INSTANCES[number % len(INSTANCES)], keys)
        walked += [_ask(client, f"{url}&offset={offset}") for offset in range(0, LAST_PAGE + 1, 100)]
    return [
        at_most("feed, first page: p95", _p95(first), 200, "ms"),
        at_most("feed, every page of a walk over thirty: p95", _p95(walked), 200, "ms"),
        at_most("feed, thirtieth page by itself: p95", _p95(alone), 200, "ms"),
    ]


def _feed_url(slug: str, keys: Mapping[str, str]) -> str:
    function = "movie" if slug.startswith("radarr") else "tvsearch"
    return f"t={function}&extended=1&limit=100&apikey={keys[slug]}"


def _polling(port: int, keys: Mapping[str, str], pid: int) -> Row:
    """What a minute of four instances costs: queue and history each minute, the feed each half hour."""
    begun = _cpu_s(pid)
    time.sleep(5.0)
    idle_s = (_cpu_s(pid) - begun) / 5.0
    client = Client(port, "")  # the other connection was closed meanwhile
    begun, at = _cpu_s(pid), time.monotonic()
    for number in range(POLLS):
        for slug in INSTANCES:
            key = keys[slug]
            client.ask(f"/sabnzbd/api?mode=queue&start=0&limit=0&apikey={key}&output=json")
            client.ask(f"/sabnzbd/api?mode=history&start=0&limit=60&category={slug}&apikey={key}&output=json")
            if number % 30 == 0:
                function = "movie" if slug.startswith("radarr") else "tvsearch"
                _ask(client, f"t={function}&offset=0&limit=100&apikey={key}")
    used = _cpu_s(pid) - begun - idle_s * (time.monotonic() - at)
    return at_most("four instances poll each minute: of a core", used / POLLS / 60 * 100, 0.5, "%")


def _ask(client: Client, query: str) -> float:
    taken, answer = client.ask(f"/newznab/api?{query}")
    if b"<item>" not in answer or b"placeholder" in answer:
        raise RuntimeError(f"nothing was found: {query.partition('apikey')[0]} {answer[:300]!r}")
    return taken


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


# --- the data


def _fill(database: Database, box: SecretBox, entries: int) -> None:
    with database.begin() as connection:
        _insert(connection, tables.sources, iter([_source()]))
        _insert(connection, tables.instances, _instances(box))
        _insert(connection, tables.entries, _entries(entries))
        for number, slug in enumerate(INSTANCES):
            _insert(connection, tables.library, _library(number, slug))
            _insert(connection, tables.library_titles, _titles(number, slug))
            _insert(connection, tables.wanted, _wanted(number, slug))
        _insert(connection, tables.matches, _matches())
        _insert(connection, tables.offers, _offers())
        _insert(connection, tables.offer_entries, _offer_entries())


def _insert(connection: Connection, table: Table, records: Iterator[Mapping[str, Any]]) -> None:
    while some := list(islice(records, 5_000)):
        connection.execute(table.insert(), some)


def _source() -> dict[str, Any]:
    return {"id": 1, "slug": "bench", "kind": "m3u", "origin": "ui", "credentials": "{}", "generation": 1,
            "created_at": NOW, "options": {}}  # fmt: skip


def _instances(box: SecretBox) -> Iterator[dict[str, Any]]:
    for number, slug in enumerate(INSTANCES, start=1):
        yield {
            "id": number, "slug": slug, "kind": slug.partition("-")[0], "origin": "ui", "enabled": True,
            "is_default": number in (1, 3), "url": "http://127.0.0.1:9", "api_key": box.encrypt("0" * 32),
            "options": {"drive": "native"}, "failures": 0, "api_calls": 0, "profiles": [], "root_folders": [],
            "created_at": NOW,
        }  # fmt: skip


def _items_of(slug: str) -> int:
    return MOVIES if slug.startswith("radarr") else EPISODES


def _first(instance: int) -> int:
    """Return the number of an instance's first item, from 0."""
    return sum(_items_of(slug) for slug in INSTANCES[:instance])


def _title(kind: str, number: int) -> str:
    chance = random.Random(f"{kind}{number}")
    return " ".join(chance.choice(WORDS).title() for _ in range(3)) + f" {number}"


def _works(number: int, slug: str) -> Iterator[tuple[int, int]]:
    """Yield the id in the library and the number of each movie or series."""
    is_movie = slug.startswith("radarr")
    count = MOVIES if is_movie else EPISODES // SERIES_LENGTH
    for work in range(1, count + 1):
        yield number * 10_000 + work, work


def _library(number: int, slug: str) -> Iterator[dict[str, Any]]:
    kind = "movie" if slug.startswith("radarr") else "series"
    own_id = "tmdb_id" if kind == "movie" else "tvdb_id"
    for library_id, work in _works(number, slug):
        yield {
            "id": library_id, "instance_id": number + 1, "kind": kind, "arr_id": work, "title": _title(kind, work),
            "year": 2020, own_id: work, "monitored": True, "tags": [], "synced_at": NOW,
        }  # fmt: skip


def _titles(number: int, slug: str) -> Iterator[dict[str, Any]]:
    kind = "movie" if slug.startswith("radarr") else "series"
    for library_id, work in _works(number, slug):
        title = _title(kind, work)
        yield {"library_id": library_id, "title": title, "key": title_key(title), "origin": "title"}


def _wanted(number: int, slug: str) -> Iterator[dict[str, Any]]:
    is_movie = slug.startswith("radarr")
    for item in range(_items_of(slug)):
        work = item + 1 if is_movie else item // SERIES_LENGTH + 1
        yield {
            "id": _first(number) + item + 1, "instance_id": number + 1, "library_id": number * 10_000 + work,
            "kind": "movie" if is_movie else "episode", "arr_id": item + 1, "reason": "missing", "title": "It",
            "season": None if is_movie else 1, "episode": None if is_movie else item % SERIES_LENGTH + 1,
            "monitored": True, "available": True, "first_seen": NOW,
        }  # fmt: skip


def _entries(count: int) -> Iterator[dict[str, Any]]:
    for number in range(1, count + 1):
        yield {
            "id": number, "source_id": 1, "key": f"k{number}", "kind": "film", "name": f"Film {number}",
            "url": f"{{base}}/{number}.mkv", "resolution": (1080, 720, 2160)[number % 3], "size": number * 1000,
            "quality": json.dumps({"codec": "h264"}), "added_gen": 1, "first_seen": NOW,
        }  # fmt: skip


def _pairs() -> Iterator[tuple[int, int]]:
    for item in range(1, _first(len(INSTANCES)) + 1):
        for place in range(ENTRIES_EACH):
            yield item, item * 20 + place


def _matches() -> Iterator[dict[str, Any]]:
    for item, entry in _pairs():
        yield {"wanted_id": item, "entry_id": entry, "score": 1.0, "decision": "confirm", "decided_by": "auto",
               "evidence": {}, "matched_at": NOW}  # fmt: skip


def _offers() -> Iterator[dict[str, Any]]:
    for number, (item, entry) in enumerate(_pairs(), start=1):
        instance = next(n for n in range(len(INSTANCES)) if item <= _first(n + 1))
        yield {
            "id": number, "instance_id": instance + 1, "kind": "movie" if instance < 2 else "episode",
            "release": f"Some.Release.{item}.2020.{(1080, 720, 2160)[entry % 3]}p.WEB-DL-STALKEER",
            "item_key": f"item:{item}", "guid": f"stalkeer-{number:024x}", "checked_at": NOW,
            "pub_date": DAY_OF_FIRST_OFFER + timedelta(seconds=number),
        }  # fmt: skip


def _offer_entries() -> Iterator[dict[str, Any]]:
    for number, (item, entry) in enumerate(_pairs(), start=1):
        yield {"offer_id": number, "wanted_id": item, "source_id": 1, "entry_key": f"k{entry}"}
