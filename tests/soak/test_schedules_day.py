"""A day of schedules in a few minutes: `serve` with the demo's servers, whose idle hours are skipped.

The program's clock is the real one and what was skipped. Whatever is due by its own schedules is started at its time,
the pages are looked at every hour, and the provider and Radarr have something new each time.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection as Pipe
from multiprocessing.process import BaseProcess
from pathlib import Path

import httpx2
import psutil
import pytest

from stalkeer.app import Start, build_app
from stalkeer.app.serve import run_server
from stalkeer.demo.filler import Line, playlist_text
from stalkeer.demo.media import MOVIE_90, media
from stalkeer.demo.scenario import World
from stalkeer.faces.cli.demo_stage import open_stage
from stalkeer.model import DownloadState
from stalkeer.store.db.database import Database, open_database, sqlite_url
from stalkeer.store.downloads.downloads import count_by_state
from stalkeer.store.journal.runs import list_runs, list_unfollowed
from tests.doubles.house import eventually
from tests.doubles.ports import free_port
from tests.engine.processes import CONTEXT
from tests.soak.usage import Usage

HOURS = int(os.environ.get("HOURS", "24"))
PATIENCE_S = 300.0
RATE = 50_000_000  # bytes a second of each transfer
PAGES = ("/", "/wanted", "/catalogue", "/matches", "/activity", "/activity/history", "/system", "/metrics")
OUR_PAGE = {"Sec-Fetch-Site": "same-origin"}  # in local mode, changes come from the pages of the program
SETTLED = frozenset({DownloadState.COMPLETED, DownloadState.FAILED, DownloadState.CANCELLED, DownloadState.BLOCKED})


@dataclass
class SkippingClock:
    """The real time, and the seconds that were skipped. Each number that comes through the pipe skips as many."""

    skipped: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.skipped

    def follow(self, pipe: Pipe) -> None:
        while True:
            self.skipped += timedelta(seconds=pipe.recv())
            pipe.send(self.skipped.total_seconds())


def live(config: Path, port: int, pipe: Pipe) -> None:
    """Be `stalkeer serve` with a clock that skips."""
    clock = SkippingClock()
    threading.Thread(target=clock.follow, args=(pipe,), daemon=True).start()
    app = build_app(Start(config=config, role="serve", overrides={"server.port": port}), clock)
    run_server(app)
    os._exit(0)


@dataclass
class Day:
    """Drives the program through its schedules. `now` is the time of the program."""

    client: httpx2.Client
    database: Database
    pipe: Pipe
    world: World
    skipped_s: float = 0.0
    jobs: Counter[str] = field(default_factory=Counter)
    titles: list[str] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.skipped_s)

    def skip_to(self, moment: datetime) -> None:
        seconds = (moment - self.now).total_seconds()
        if seconds > 0:
            self.pipe.send(seconds)
            self.skipped_s = self.pipe.recv()

    def live_until(self, moment: datetime) -> None:
        """Start each job at its time, and wait until all that follows is done."""
        while True:
            times = {one["job"]: datetime.fromisoformat(one["nextAt"]) for one in self._schedules()}
            due = min([moment, *times.values()])
            self.skip_to(due)
            for job, at in times.items():
                if at <= self.now:
                    name, _, subject = job.partition(":")
                    self.client.post("/api/v1/jobs", json={"job": name, "subject": subject or None}).raise_for_status()
                    self.jobs[job] += 1
            eventually(self._is_idle, f"all is done at {due}", PATIENCE_S)
            if due == moment:
                return

    def _schedules(self) -> list[dict[str, str]]:
        return [one for one in self.client.get("/api/v1/schedules").json()["records"] if one["nextAt"]]

    def _is_idle(self) -> bool:
        with self.database.connect() as connection:
            if list_runs(connection, open_only=True, limit=1) or list_unfollowed(connection):
                return False
            counts = count_by_state(connection).by_state
        return all(state in SETTLED for state, count in counts.items() if count)

    def look_around(self) -> None:
        for page in PAGES:
            assert self.client.get(page).status_code == 200, page

    def add_film(self, number: int) -> None:
        """The provider has a new film, and Radarr wants it."""
        title = f"Soaking Meadow {number}"
        self.titles.append(title)
        key = f"/movie/{70_000 + number}.mkv"
        self.world.provider.add(key, media(MOVIE_90, 2_000_000 + number, 70_000 + number))
        self.world.lines.append(Line(f"EN - {title} (2021)", key, "MOVIES"))
        account = self.world.account
        self.world.provider.playlist = playlist_text(
            self.world.lines, lambda key: self.world.provider.media_url(key, account)
        )
        self.world.radarr.add_movie(title, 2021, runtime_min=MOVIE_90.minutes)

    def imported(self) -> list[str]:
        return [movie.title for movie in self.world.radarr.movies.values() if movie.title in self.titles and movie.file]


@contextmanager
def program(config: Path, port: int) -> Iterator[tuple[BaseProcess, Pipe]]:
    ours, theirs = CONTEXT.Pipe()
    process = CONTEXT.Process(target=live, args=(config, port, theirs), daemon=False)
    process.start()
    try:
        yield process, ours
    finally:
        process.terminate()
        process.join(20)
        if process.is_alive():
            process.kill()
            process.join(10)


def is_up(client: httpx2.Client) -> bool:
    try:
        return client.get("/ping").status_code == 200
    except httpx2.TransportError:
        return False


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_a_day_of_schedules_leaves_memory_threads_and_files_level(tmp_path):
    port, usage = free_port(), Usage()
    began = time.monotonic()
    with (
        open_stage(tmp_path / "stage", rate=RATE, fresh=True) as stage,
        program(stage.config, port) as (process, pipe),
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", headers=OUR_PAGE, timeout=60) as client,
    ):
        eventually(lambda: is_up(client), "serve answers", PATIENCE_S)
        database = open_database(sqlite_url(stage.folder / "data" / "stalkeer.db"))
        day = Day(client, database, pipe, stage.world)
        start = day.now
        day.live_until(start + timedelta(minutes=5))
        for hour in range(1, HOURS + 1):
            day.add_film(hour)
            day.live_until(start + timedelta(hours=hour))
            day.look_around()
            usage.sample(psutil.Process(process.pid))
        imported = day.imported()
        database.close()
    lines = [
        f"{HOURS} h in {time.monotonic() - began:.0f} s: {dict(day.jobs)}",
        f"{len(imported)} of {HOURS} new films imported",
        *(f"{name}: {usage.course(name)} ({usage.growth(name):+.1%})" for name in ("memory", "threads", "files")),
    ]
    sys.stdout.write("\n" + "\n".join(lines) + "\n")

    assert len(imported) >= HOURS - 7  # refresh and scan come every six hours: the next ones find the last films
    assert usage.growth("memory") <= 0.03
    assert usage.growth("threads") <= 0.02 and usage.growth("files") <= 0.02
