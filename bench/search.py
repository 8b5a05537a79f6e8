"""How fast a million entries are searched by words, on SQLite and PostgreSQL.

`python -m bench search [ENTRIES]`. One client in this process; a busy machine makes the times longer.
"""

from __future__ import annotations

import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from sqlalchemy import text

from bench._playlists_data import WORDS, write_playlist
from bench.rows import Row, at_most
from stalkeer.store.catalogue.entries import EntrySearch, browse_entries, search_entries
from stalkeer.store.db.database import Database, open_database

ENTRIES = 1_000_000
ROUNDS = 15
GOAL_MS = 200


def run(*arguments: str) -> list[Row]:
    from tests.doubles.postgres import PrivatePostgres, find_server_binaries

    entries = int(arguments[0]) if arguments else ENTRIES
    work = Path(tempfile.mkdtemp(prefix="stalkeer-bench-"))
    playlist = work / "list.m3u"
    try:
        write_playlist(playlist, entries)
        rows = _measure("SQLite", f"sqlite:///{work / 'stalkeer.db'}", playlist, work)
        binaries = find_server_binaries()
        if binaries is not None:
            with PrivatePostgres(binaries, work) as server, server.fresh_database() as url:
                rows += _measure("PostgreSQL", url, playlist, work)
        return rows
    finally:
        shutil.rmtree(work)


def _measure(name: str, url: str, playlist: Path, work: Path) -> list[Row]:
    command = [sys.executable, "-m", "bench._playlists_task", "refresh", str(playlist), url, str(work)]
    subprocess.run(command, check=True, capture_output=True)
    database = open_database(url)
    try:
        if not database.is_sqlite:
            with database.begin() as connection:
                connection.execute(text("ANALYZE"))  # as its autovacuum does
        return list(_rows(name, database))
    finally:
        database.close()


def _rows(name: str, database: Database) -> Iterator[Row]:
    chance = random.Random(5)
    everything: list[float] = []
    for kind, make in _QUERIES.items():
        times = [_time(database, make(chance)) for _ in range(ROUNDS)]
        everything += times
        yield Row(f"{name}: {kind}: p95", _p95(times), "ms")
    yield at_most(f"{name}: all searches: p95", _p95(everything), GOAL_MS, "ms")


def _time(database: Database, words: str) -> float:
    begun = time.perf_counter()
    with database.connect() as connection:
        browse_entries(connection, EntrySearch(words))
        search_entries(connection, EntrySearch(words))
    return (time.perf_counter() - begun) * 500  # of one of the two


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


def _some(chance: random.Random, count: int) -> str:
    return " ".join(chance.sample(WORDS, count))


_QUERIES: Mapping[str, Callable[[random.Random], str]] = {
    "one common word": lambda chance: _some(chance, 1),
    "two words in any order": lambda chance: _some(chance, 2),
    "three words": lambda chance: _some(chance, 3),
    "the beginning of a word": lambda chance: _some(chance, 1)[:3],
    "two letters": lambda chance: chance.choice(WORDS)[:2],
    "words and a year": lambda chance: f"{_some(chance, 2)} ({chance.randint(1950, 2026)})",
    "a prefix and words": lambda chance: f"EN - {_some(chance, 2)}",
    "words and an episode": lambda chance: f"{_some(chance, 2)} 2x0{chance.randint(1, 9)}",
    "a group and a word": lambda chance: f"srs {_some(chance, 2)}",
    "a group": lambda chance: f"VOD {chance.choice(WORDS)}",
    "a channel": lambda chance: f"{chance.choice(WORDS)} TV {chance.randint(950_000, 999_999)}",
    "only in names": lambda chance: chance.choice(("MULTI", "1080p", "4K-EN")),
    "nothing": lambda chance: f"{chance.choice(WORDS)}x{chance.randint(100, 999)}qq",
    "within a word": lambda chance: chance.choice(WORDS)[1:],
    "a whole name": lambda chance: f"FR - {_some(chance, 3).title()} S01 E04",
}
