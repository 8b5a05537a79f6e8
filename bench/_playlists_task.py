"""One measured task in a process of its own: prints its CPU seconds, wall seconds and largest memory as JSON."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

ROUNDS = 3


def floor(playlist: Path) -> None:
    for _line in open(playlist, "rb"):  # noqa: SIM115, PTH123 - the floor is defined by these very words
        pass


def read(playlist: Path) -> None:
    from stalkeer.playlists.m3u_entry import read_entries

    with playlist.open("rb") as stream:
        for _entry in read_entries(stream):
            pass


def ipytv(playlist: Path) -> None:
    from ipytv import playlist as theirs

    theirs.loadf(str(playlist))


def refresh(playlist: Path, database_url: str, folder: str) -> dict[str, float]:
    """A refresh of the one source `bench`, made at the first call."""
    from stalkeer.jobs.refresh import Outcome, Refresher, refresh_sources
    from stalkeer.jobs.reporting import QuietRun
    from stalkeer.secrets import open_secret_box
    from stalkeer.settings import Settings
    from stalkeer.settings.schema import CatalogueSettings
    from stalkeer.store import catalogue, sources
    from stalkeer.store.database import Database, open_database
    from stalkeer.store.tables import metadata

    data_dir = Path(folder)
    settings = Settings(data_dir=data_dir, catalogue=CatalogueSettings(archives=0))
    database = open_database(database_url)
    metadata.create_all(database.engine)
    box = open_secret_box(data_dir)
    now = datetime.now(UTC)
    with database.begin() as connection:
        new = sources.NewSource("bench", "m3u", sources.Credentials(path=str(playlist)))
        known = [row for row in sources.list_sources(connection) if row.slug == "bench"]
        if known:
            sources.change_source(connection, known[0], new, box)
            # the file has another name, and no other bytes: what is measured is the comparison
            connection.execute(sources.sources.update().values(content_hash=known[0].content_hash))
        else:
            sources.add_source(connection, new, box, now)
    locks: list[float] = [0.0]
    begin = Database.begin

    @contextmanager
    def timed(self: Database) -> Iterator[object]:
        with begin(self) as connection:
            since = time.monotonic()
            yield connection
        locks.append(time.monotonic() - since)

    Database.begin = timed  # type: ignore[method-assign, assignment]
    assert catalogue  # its `writing` goes through the same door
    tools = Refresher(database, box, lambda: settings, data_dir, lambda: datetime.now(UTC))
    begun, wall = time.process_time(), time.monotonic()
    report = refresh_sources(tools, QuietRun(), "bench").sources[0]
    spent = {"cpu": time.process_time() - begun, "wall": time.monotonic() - wall, "lock": max(locks)}
    assert report.outcome in (Outcome.REFRESHED, Outcome.UNCHANGED), report.message
    return spent


def measure(task: Callable[[Path], None], playlist: Path) -> dict[str, float]:
    task(playlist)  # imports, page cache
    best = float("inf")
    for _ in range(ROUNDS):
        begun = time.process_time()
        task(playlist)
        best = min(best, time.process_time() - begun)
    return {"cpu": best}


def main(name: str, playlist: str, *arguments: str) -> None:
    path = Path(playlist)
    if name == "refresh":
        spent = refresh(path, *arguments)
    else:
        spent = measure({"floor": floor, "read": read, "ipytv": ipytv}[name], path)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({**spent, "rss": memory}))


if __name__ == "__main__":
    main(*sys.argv[1:])
