"""A provider's day in a few minutes: hundreds of films, every fault at the rate at which providers show it.

The worker has a process of its own, so that what is measured is the program's and not the provider's or the test's.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from sqlalchemy import func, select, update

from stalkeer.demo.content import sha256
from stalkeer.demo.exchange import Exchange, MediaRequest
from stalkeer.demo.media import MOVIE_90, media
from stalkeer.model import FINAL_STATES, DownloadState
from stalkeer.store.db.tables import downloads
from stalkeer.store.downloads.downloads import NewDownload, NewItem, create_download
from tests.doubles import provider_faults as faults
from tests.doubles.house import digest, now, open_house
from tests.engine.processes import Spec, worker
from tests.soak.usage import Usage

FILMS = int(os.environ.get("FILMS", "1200"))
SIZES = (2_000_000, 12_000_000)
DAY = {
    "downloads.verify_downloads": True,
    "downloads.concurrent_limit": 4,
    "downloads.timeout": "2s",
    "downloads.retry_delay": "1s",
}
# share of the requests for a film's bytes, of those with a Range where it says so
RATES: tuple[tuple[str, float, bool], ...] = (
    ("cut", 0.06, False),
    ("reset", 0.03, False),
    ("stall", 0.01, False),
    ("busy", 0.03, False),
    ("not found", 0.01, False),
    ("page", 0.01, False),
    ("gzip", 0.005, False),
    ("redirect loop", 0.005, False),
    ("chunked", 0.03, False),
    ("no length", 0.01, False),
    ("ignores range", 0.05, True),
    ("wrong range", 0.03, True),
    ("unsatisfiable", 0.01, True),
)


@dataclass
class Day:
    """Plays the provider's faults and keeps count of what they did to whom."""

    dice: random.Random
    counts: Counter[str] = field(default_factory=Counter)
    interrupted: int = 0
    resumed: int = 0
    _last: dict[str, tuple[MediaRequest, int]] = field(default_factory=dict)

    def hook(self, exchange: Exchange) -> bool:
        request = exchange.request
        if not request.key or exchange.answer.status not in (200, 206):
            return False
        self._count(exchange)
        name = self._draw(is_ranged=request.range is not None)
        if name is None:
            return False
        self.counts[name] += 1
        self._behaviour(name, exchange)(exchange)
        return True

    def _count(self, exchange: Exchange) -> None:
        """A request after one that broke off in the middle: does it go on where that one was?"""
        request = exchange.request
        before, length = self._last.get(request.key, (None, 0))
        if before is not None and 128 * 1024 < before.sent < length:
            self.interrupted += 1
            self.resumed += request.range is not None
        self._last[request.key] = (request, exchange.answer.stop - exchange.answer.start)

    def _draw(self, *, is_ranged: bool) -> str | None:
        drawn = self.dice.random()
        for name, share, needs_range in RATES:
            if needs_range and not is_ranged:
                continue
            if drawn < share:
                return name
            drawn -= share
        return None

    def _behaviour(self, name: str, exchange: Exchange) -> Callable[[Exchange], None]:
        middle = self.dice.randrange(1, max(2, exchange.answer.stop - exchange.answer.start))
        return {
            "cut": faults.cut_after(middle),
            "reset": faults.reset_after(middle),
            "stall": faults.stall_after(middle),
            "busy": faults.status(503, Retry_After="1"),
            "not found": faults.body(b"<html>404 Not Found</html>", "text/html", 404),
            "page": faults.body(b"<html>blocked</html>"),
            "gzip": faults.gzipped,
            "redirect loop": faults.redirect(f"http://{exchange.request.headers['host']}{exchange.request.target}"),
            "chunked": faults.chunked(100_000),
            "no length": faults.without_length,
            "ignores range": faults.ignores_range,
            "wrong range": faults.content_range("bytes 0-1/2"),
            "unsatisfiable": faults.unsatisfiable("bytes */1"),
        }[name]


def queue_film(house, source, number: int, size: int):
    body = media(MOVIE_90, size, number)
    house.provider.add(f"/movie/{number}.mkv", body)
    wanted_id = house.film(f"Film {number}", runtime_min=90)
    key = f"/movie/user/secret/{number}.mkv"
    entry_id = house.entry(source, key, None, f"Film {number}")
    house.match(wanted_id, entry_id)
    new = NewDownload(
        entry_id=entry_id,
        source_id=source,
        entry_key=key,
        name=f"Film {number}",
        title=f"Film {number}",
        kind="movie",
        items=(NewItem(wanted_id, house.instance(), number),),
    )
    with house.database.begin() as connection:
        made = create_download(connection, new, now())
    assert made is not None
    return made, sha256(body)


def pass_time(house) -> int:
    """Hours go by: whatever waits for a later moment is due. The number of downloads still open."""
    with house.database.begin() as connection:
        waiting = (downloads.c.state == DownloadState.QUEUED) & (downloads.c.not_before > now())
        connection.execute(update(downloads).where(waiting).values(not_before=now()))
        return connection.execute(
            select(func.count()).select_from(downloads).where(downloads.c.state.not_in(FINAL_STATES))
        ).scalar_one()


def play(house, usage: Usage, process: psutil.Process) -> float:
    """Until every film has come to its end, or an hour has gone; the seconds it took."""
    begun = restarted = time.monotonic()
    while pass_time(house) and time.monotonic() - begun < 3600:
        usage.sample(process)
        house.provider.requests.clear()
        if time.monotonic() - restarted > 10:
            house.provider.drop_all()
            restarted = time.monotonic()
        time.sleep(0.5)
    return time.monotonic() - begun


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_a_provider_s_day_with_every_fault_ends_well(tmp_path, database):
    dice = random.Random(11)
    day, usage = Day(random.Random(12)), Usage()
    with open_house(tmp_path, database, DAY) as house:
        source = house.source(max_connections=4)
        films = dict(queue_film(house, source, n, dice.randrange(*SIZES)) for n in range(1, FILMS + 1))
        house.provider.hook, house.provider.rate = day.hook, 12_000_000
        with worker(Spec.of(house, given=DAY)) as process:
            took = play(house, usage, psutil.Process(process.pid))
        rows = {download: house.row(download) for download in films}
    whole = [one for one, row in rows.items() if row.state is DownloadState.COMPLETED]
    wrong = [one for one in whole if digest(Path(rows[one].outcome.final_path).read_bytes()) != films[one]]
    success, resumed = len(whole) / len(films), day.resumed / max(1, day.interrupted)
    faults_seen = ", ".join(f"{count} {name}" for name, count in day.counts.most_common())
    lines = [
        f"{len(films)} films in {took:.0f} s; faults: {faults_seen}",
        f"success {success:.1%}; {day.interrupted} interruptions, resumed {resumed:.1%}; wrong files {len(wrong)}",
        *(
            f"  {rows[one].identity.title} {rows[one].state}: {rows[one].outcome.error}"
            for one in set(rows) - set(whole)
        ),
        *(f"{name}: {usage.course(name)} ({usage.growth(name):+.1%})" for name in ("memory", "threads", "files")),
    ]
    sys.stdout.write("\n" + "\n".join(lines) + "\n")

    assert wrong == []
    assert success >= 0.95 and resumed >= 0.9
    assert usage.growth("memory") <= 0.02
    assert usage.growth("threads") <= 0.02 and usage.growth("files") <= 0.02
