"""Fill a database that holds a catalogue with a large household's wishes: instances, library, wanted, downloads."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table, select

from bench._playlists_data import WORDS
from stalkeer.secrets import SecretBox
from stalkeer.store.db import tables
from stalkeer.store.db.database import Database

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
FILMS, EPISODES, DOWNLOADS = 8_000, 12_000, 10_000
SERIES_LENGTH = 20
OWNED = 20_000  # films that are there already: rivals
MATCHES_EACH = 2
EVENTS_EACH = 5
# as a queue of ten thousand looks after some weeks: most are done
STATES = ("completed",) * 14 + ("queued",) * 3 + ("failed", "paused", "blocked")
EVIDENCE = {
    "reason": "the title and the year are the same",
    "findings": [
        {"name": name, "weight": 0.25, "text": f"{name} is the same on both sides, as read from the playlist's name"}
        for name in ("title", "year", "kind", "language")
    ],
}
Record = Mapping[str, Any]


def fill(database: Database, box: SecretBox) -> None:
    """20,000 wanted items with two matches each, 10,000 downloads with five events each."""
    chance = random.Random(11)
    with database.begin() as connection:
        _insert(connection, tables.instances, _instances(box))
        _insert(connection, tables.library, _library(chance))
        _insert(connection, tables.wanted, _wanted())
        entry_ids = list(connection.scalars(select(tables.entries.c.id).order_by(tables.entries.c.id)))
        source_id = connection.scalar(select(tables.sources.c.id))
        chosen = chance.sample(entry_ids, k=(FILMS + EPISODES) * MATCHES_EACH)
        _insert(connection, tables.matches, _matches(chosen, chance))
        _insert(connection, tables.downloads, _downloads(source_id, chosen, chance))
        _insert(connection, tables.download_items, _items())
        _insert(connection, tables.events, _events(source_id))
        _insert(connection, tables.runs, _runs())


def _insert(connection: Connection, table: Table, records: Iterable[Record]) -> None:
    left = iter(records)
    while some := list(islice(left, 5_000)):
        connection.execute(table.insert(), some)


def _instances(box: SecretBox) -> Iterator[Record]:
    for number, kind in enumerate(("radarr", "sonarr"), start=1):
        # nobody is asked: what is measured is what the database holds
        yield {
            "id": number, "slug": kind, "kind": kind, "origin": "ui", "enabled": False, "is_default": True,
            "url": f"http://{kind}.example:80", "api_key": box.encrypt("0" * 32), "options": {}, "failures": 0,
            "api_calls": 0, "profiles": [], "root_folders": [], "created_at": NOW,
        }  # fmt: skip


def _library(chance: random.Random) -> Iterator[Record]:
    for number in range(1, FILMS + OWNED + 1):
        yield _work(number, 1, "movie", chance, has_file=number > FILMS)
    for number in range(1, EPISODES // SERIES_LENGTH + 1):
        yield _work(FILMS + OWNED + number, 2, "series", chance, has_file=False)


def _work(number: int, instance: int, kind: str, chance: random.Random, *, has_file: bool) -> Record:
    return {
        "id": number, "instance_id": instance, "kind": kind, "arr_id": number,
        "title": " ".join(chance.choice(WORDS).title() for _ in range(3)), "year": chance.randint(1950, 2026),
        "tmdb_id": number, "monitored": True, "has_file": has_file, "tags": [], "synced_at": NOW,
    }  # fmt: skip


def _wanted() -> Iterator[Record]:
    for number in range(1, FILMS + EPISODES + 1):
        episode = number - FILMS - 1
        is_movie = episode < 0
        yield {
            "id": number,
            "instance_id": 1 if is_movie else 2,
            "library_id": number if is_movie else FILMS + OWNED + episode // SERIES_LENGTH + 1,
            "kind": "movie" if is_movie else "episode",
            "arr_id": number,
            "reason": "cutoff" if number % 10 == 0 else "missing",
            "title": "The Film" if is_movie else f"Episode {episode}",
            "season": None if is_movie else episode % SERIES_LENGTH // 10 + 1,
            "episode": None if is_movie else episode % 10 + 1,
            "air_date": (NOW - timedelta(days=number)).date().isoformat(),
            "skip": "its profile does not want it" if number % 7 == 0 else None,
            "monitored": True,
            "available": True,
            "first_seen": NOW - timedelta(minutes=number),
        }


def _matches(chosen: list[int], chance: random.Random) -> Iterator[Record]:
    decisions = ("confirm", "confirm", "review", "rejected")
    for number, entry_id in enumerate(chosen):
        yield {
            "wanted_id": number // MATCHES_EACH + 1, "entry_id": entry_id, "score": round(chance.random(), 2),
            "decision": chance.choice(decisions), "decided_by": "auto", "evidence": EVIDENCE, "matched_at": NOW,
        }  # fmt: skip


def _downloads(source_id: int | None, chosen: list[int], chance: random.Random) -> Iterator[Record]:
    for number in range(1, DOWNLOADS + 1):
        state = STATES[number % len(STATES)]
        size = 2_000_000_000
        yield {
            "id": number, "entry_id": chosen[number * MATCHES_EACH], "source_id": source_id, "entry_key": f"m:{number}",
            "name": f"EN - Film {number}", "title": f"Film {number} (2026)", "kind": "movie", "state": state,
            "priority": chance.choice((0, 0, 0, 1)), "rank": float(number), "host": "provider.example", "total": size,
            "durable_offset": size if state == "completed" else 0, "offset": size if state == "completed" else 0,
            "bytes_fetched": size, "created_at": NOW - timedelta(hours=number), "updated_at": NOW,
            "finished_at": NOW if state in ("completed", "failed") else None,
        }  # fmt: skip


def _items() -> Iterator[Record]:
    for number in range(1, DOWNLOADS + 1):
        state = STATES[number % len(STATES)]
        yield {
            "download_id": number, "wanted_id": number, "instance_id": 1, "arr_id": number,
            "state": "imported" if state == "completed" else "waiting", "active": state not in ("completed", "failed"),
        }  # fmt: skip


def _events(source_id: int | None) -> Iterator[Record]:
    kinds = ("download.queued", "download.started", "download.interrupted", "download.fetched", "download.completed")
    for number in range(DOWNLOADS * EVENTS_EACH):
        download = number // EVENTS_EACH + 1
        yield {
            "at": NOW - timedelta(hours=DOWNLOADS - download), "kind": kinds[number % EVENTS_EACH], "level": "info",
            "message": f"Film {download} (2026) went on", "download_id": download, "wanted_id": download,
            "source_id": source_id, "instance_id": 1, "data": {"bytes": 2_000_000_000},
        }  # fmt: skip


def _runs() -> Iterator[Record]:
    for number in range(2_000):
        at = NOW - timedelta(hours=2_000 - number)
        yield {
            "job": ("refresh", "scan", "match", "download")[number % 4], "state": "done", "report": {"entries": number},
            "started_at": at, "finished_at": at,
        }  # fmt: skip
