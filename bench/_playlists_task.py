"""One measured task in a process of its own: prints its CPU seconds, wall seconds and largest memory as JSON."""

from __future__ import annotations

import gc
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

    gc.set_threshold(200_000, 20, 100)  # as a refresh does
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
    begun, wall = cpu_seconds(), time.monotonic()
    report = refresh_sources(tools, QuietRun(), "bench").sources[0]
    spent = {"cpu": cpu_seconds() - begun, "wall": time.monotonic() - wall, "lock": max(locks)}
    assert report.outcome in (Outcome.REFRESHED, Outcome.UNCHANGED), report.message
    return spent


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
    if name == "refresh":
        spent = refresh(path, *arguments)
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
