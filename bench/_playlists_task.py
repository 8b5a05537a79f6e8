"""One measured task in a process of its own: prints its CPU seconds, wall seconds and largest memory as JSON."""

from __future__ import annotations

import gc
import json
import random
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stalkeer.store.db.database import Database

ROUNDS = 3
WARM_UP = 20
FEWEST_PAGES = 400


def floor(playlist: Path) -> None:
    for _line in open(playlist, "rb"):  # noqa: SIM115, PTH123 - the floor is defined by these very words
        pass


def read(playlist: Path) -> None:
    from stalkeer.adapters.playlists.m3u_entry import read_entries

    gc.set_threshold(200_000, 20, 100)  # as a refresh does
    with playlist.open("rb") as stream:
        for _entry in read_entries(stream):
            pass


def ipytv(playlist: Path) -> None:
    from ipytv import playlist as theirs

    theirs.loadf(str(playlist))


def refresh(playlist: Path, database_url: str, folder: str, slug: str = "bench") -> dict[str, float]:
    """A refresh of the source `slug`, made at the first call."""
    from stalkeer.jobs.journal.reporting import QuietRun
    from stalkeer.jobs.refresh.refresh import RefreshContext, RefreshOutcome, refresh_sources
    from stalkeer.model import SourceKind
    from stalkeer.secrets import open_secret_box
    from stalkeer.settings import Settings
    from stalkeer.settings.sections.jobs import CatalogueSettings
    from stalkeer.store.db import tables
    from stalkeer.store.db.database import Database, open_database
    from stalkeer.store.sources import sources
    from stalkeer.store.sources.description import Credentials, NewSource

    data_dir = Path(folder)
    settings = Settings(data_dir=data_dir, catalogue=CatalogueSettings(archives=0))
    database = open_database(database_url)
    tables.metadata.create_all(database.engine)
    box = open_secret_box(data_dir)
    now = datetime.now(UTC)
    with database.begin() as connection:
        new = NewSource(slug, SourceKind.M3U, Credentials(path=str(playlist)))
        known = [row for row in sources.list_sources(connection) if row.slug == slug]
        if known:
            sources.change_source(connection, known[0], new, box)
            # the file has another name, and no other bytes: what is measured is the comparison
            update = tables.sources.update().where(tables.sources.c.slug == slug)
            connection.execute(update.values(content_hash=known[0].content_hash))
        else:
            sources.add_source(connection, new, box, now)
    locks = _timed_transactions(Database)
    tools = RefreshContext(database, box, lambda: settings, data_dir, lambda: datetime.now(UTC))
    begun, wall = cpu_seconds(), time.monotonic()
    report = refresh_sources(tools, QuietRun(), slug).sources[0]
    spent = {"cpu": cpu_seconds() - begun, "wall": time.monotonic() - wall, "lock": max(locks)}
    assert report.outcome in (RefreshOutcome.REFRESHED, RefreshOutcome.UNCHANGED), report.message
    return spent


def _timed_transactions(database: type[Database]) -> list[float]:
    """How long each transaction held the write lock, from now on."""
    held: list[float] = [0.0]
    begin, begin_unchecked = database.begin, database.begin_unchecked

    def timed(enter: Callable[..., AbstractContextManager[object]]) -> Callable[..., AbstractContextManager[object]]:
        @contextmanager
        def entered(self: Database, *arguments: int) -> Iterator[object]:
            with enter(self, *arguments) as connection:
                since = time.monotonic()
                yield connection
            held.append(time.monotonic() - since)

        return entered

    database.begin = timed(begin)  # type: ignore[method-assign, assignment]
    database.begin_unchecked = timed(begin_unchecked)  # type: ignore[method-assign, assignment]
    return held


def pages(_playlist: Path, database_url: str, end: str) -> dict[str, float]:
    """The catalogue's page, read again and again until the file `end` is there: p95 of its milliseconds."""
    from stalkeer.store.catalogue.entries import EntrySearch, browse_entries
    from stalkeer.store.db.database import open_database

    database = open_database(database_url)
    chance = random.Random(7)
    times: list[float] = []
    while len(times) < WARM_UP + FEWEST_PAGES or not Path(end).exists():
        before = chance.randrange(100_000) if len(times) % 2 else None  # the first page, and one somewhere within
        since = time.perf_counter()
        with database.connect() as connection:
            browse_entries(connection, EntrySearch(), before=before)
        times.append((time.perf_counter() - since) * 1000)
        time.sleep(0.005)  # a person's browser does not ask without a pause
    counted = sorted(times[WARM_UP:])
    return {"p95": counted[len(counted) * 95 // 100], "pages": len(counted)}


def measure(task: Callable[[Path], None], playlist: Path) -> dict[str, float]:
    task(playlist)  # imports, page cache
    best = float("inf")
    for _ in range(ROUNDS):
        begun = cpu_seconds()
        task(playlist)
        best = min(best, cpu_seconds() - begun)
    return {"cpu": best}


def main(name: str, playlist: str, *arguments: str) -> None:
    path = Path(playlist)
    if name in ("refresh", "pages"):
        watched: Callable[..., dict[str, float]] = refresh if name == "refresh" else pages
        spent = watched(path, *arguments)
    else:
        spent = measure({"floor": floor, "read": read, "ipytv": ipytv}[name], path)
    print(json.dumps({**spent, "rss": largest_memory()}))


def cpu_seconds() -> float:
    """Of this process and of those it had: ipytv parses in several."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def largest_memory() -> float:
    """MB. Not `ru_maxrss`: that one begins with what the parent process had."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
