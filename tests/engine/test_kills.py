"""kill -9 at every point at which something is written, and at random: nothing is lost, nothing comes twice."""

import os
import random
import signal
import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from stalkeer.demo.media import MOVIE_90, media
from stalkeer.model import DownloadState
from stalkeer.store.downloads.workers import list_workers
from tests.doubles import provider_faults as faults
from tests.doubles.house import content, digest, eventually, now
from tests.engine.processes import Spec, worker

MOST_AGAIN = 64 * 1024 * 1024  # for each kill
IMPORTING = {"import.mode": "manual", "downloads.verify_downloads": True}


def clip(seed, size=400_000):
    return media(MOVIE_90, size, seed)


def whole(title):
    body = clip(int(title.split()[1]))
    return body.read(0, body.size)


def check_bytes(path, body):
    assert digest(Path(path).read_bytes()) == digest(body)


def kill_at_each_commit(house, given, prepare, check, *, after=False):
    """For each commit of a download's threads: a download whose worker dies there. Then one worker ends them all."""
    later = now() + timedelta(days=1)
    died = []
    while True:
        download = prepare(len(died))
        dying = Spec.of(house, given=given, dies_at=len(died) + 1, dies_after=after)
        with worker(dying) as process:
            eventually(lambda: not process.is_alive() or house.state(download) is DownloadState.COMPLETED)  # noqa: B023
            if process.is_alive():
                break
        died.append(download)
        house.change(download, not_before=later)  # the next one dies over its own download
    for download in died:
        house.change(download, not_before=None)
    with worker(Spec.of(house, given=given)):
        for download in died:
            check(house.await_state(download, DownloadState.COMPLETED))
    return len(died)


@pytest.mark.parametrize("after", [False, pytest.param(True, marks=pytest.mark.soak)], ids=["before", "after"])
def test_a_kill_at_each_commit_of_fetching_and_placing_loses_nothing(house, after):
    size = 300_000

    deaths = kill_at_each_commit(
        house,
        {},
        lambda number: house.download(f"Film {number}", content(size, number)),
        lambda row: check_bytes(row.outcome.final_path, content(size, int(row.identity.title.split()[1]))),
        after=after,
    )

    assert deaths >= 8
    assert not list(Path(house.app.settings.directories.temp).glob("*.part"))


@pytest.mark.parametrize("after", [False, pytest.param(True, marks=pytest.mark.soak)], ids=["before", "after"])
def test_a_kill_at_each_commit_of_importing_imports_once(house, after):
    def prepare(number):
        """A film that has just been put to its staging place."""
        download = house.download(f"Film {number}", None)
        release = f"Film.{number}.2020.1080p.WEB-DL-STALKEER"
        staged = house.app.settings.directories.movies / release / f"{release}.mkv"
        staged.parent.mkdir(parents=True)
        staged.write_bytes(clip(number).read(0, clip(number).size))
        house.change(download, state="placed", placed_path=str(staged), release=release, total=clip(number).size)
        return download

    deaths = kill_at_each_commit(
        house,
        IMPORTING,
        prepare,
        lambda row: check_bytes(house.radarr.movies[row.items[0].arr_id].file.path, whole(row.identity.title)),
        after=after,
    )

    assert deaths >= 4
    orders = [command.body["files"][0]["path"] for command in house.radarr.commands.all() if "files" in command.body]
    assert len(orders) == len(set(orders)) == deaths + 1, "every film is imported by one command"


def pids(house):
    with house.database.connect() as connection:
        return {one.pid for one in list_workers(connection)}


def kill_randomly(house, kills, bodies, dice, given=None):
    """Start and kill a worker `kills` times, then let one end what is left: the bytes that were sent of each film."""
    source = house.source(max_connections=3)
    downloads = {house.download(f"Film {number}", body, source): body for number, body in enumerate(bodies)}
    house.provider.rate = 3_000_000
    for _ in range(kills):
        with worker(Spec.of(house, given=given or {})) as process:
            eventually(lambda: process.pid in pids(house))  # noqa: B023
            time.sleep(dice.uniform(0.0, 0.4))
            os.kill(process.pid, signal.SIGKILL)
    house.provider.rate = None
    with worker(Spec.of(house, given=given or {})):
        for download, body in downloads.items():
            house.await_state(download, DownloadState.COMPLETED, timeout_s=120)
            assert house.result(download) == digest(body)
    sent = Counter()
    for request in house.provider.requests:
        sent[request.key] += request.sent
    return [sent[f"/files/Film {number}.mkv"] for number in range(len(bodies))]


def test_twenty_kills_at_random_leave_every_file_right(house):
    sent = kill_randomly(house, 20, [content(2_000_000, number) for number in range(6)], random.Random(5))

    assert sum(sent) <= 6 * 2_000_000 + 20 * 3 * MOST_AGAIN


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_two_hundred_kills_at_random_leave_every_file_right(house):
    """Most films are small enough to come to their end between two kills, so that each step of their lives is hit."""
    kills, dice = int(os.environ.get("N", "200")), random.Random(6)
    sizes = [dice.choice((200_000, 600_000, 2_000_000, 20_000_000)) for _ in range(kills // 4)]

    sent = kill_randomly(house, kills, [content(size, number) for number, size in enumerate(sizes)], dice)

    again = [max(0, one - size) for one, size in zip(sent, sizes, strict=True)]
    sys.stdout.write(f"\n{kills} kills, {len(sizes)} films of {sum(sizes):,} bytes: {sum(again):,} came again, ")
    sys.stdout.write(f"{sum(again) // kills:,} for each kill\n")
    assert sum(again) <= kills * MOST_AGAIN


HOSTILE = (
    faults.cut_after(300_000),
    faults.reset_after(200_000),
    faults.drip(50_000, 0.02),
    faults.content_range(None),
    faults.shifted_by(1000),
    faults.range_as_200,
    faults.range_as_200_untold,
    faults.whole_with_range,
    faults.ignores_range,
    faults.endless_range,
    faults.multipart,
    faults.chunked(40_000),
    faults.chunked(40_000, ends=False),
    faults.at_most(150_000),
    faults.claims_more(1000),
    faults.body(b"<html>busy</html>"),
    faults.status(503),
    faults.closed_without_answer,
    lambda exchange: faults.without_length(exchange, cut=250_000),
)


def hostile(dice):
    """Another fault for each second request or so, and an ETag that moves with each answer."""

    def hook(exchange):
        if not exchange.request.key or exchange.answer.status in (301, 302):
            return False
        fault = dice.choice(HOSTILE) if dice.random() < 0.6 else lambda given: given.deliver()
        if dice.random() < 0.3:
            fault = faults.with_fields(fault, ETag=f'"{dice.random()}"')
        fault(exchange)
        return True

    return hook


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_hundred_kills_during_hostile_transfers_leave_every_file_right(house):
    kills, dice = int(os.environ.get("N", "100")), random.Random(7)
    sizes = [dice.choice((300_000, 1_000_000, 3_000_000, 8_000_000)) for _ in range(max(6, kills // 5))]
    films = [media(MOVIE_90, size, number) for number, size in enumerate(sizes)]
    bodies = [film.read(0, film.size) for film in films]
    house.provider.hook = hostile(dice)
    given = {"downloads.verify_downloads": True, "downloads.retry_delay": "0.1s", "downloads.retry_attempts": 0}

    sent = kill_randomly(house, kills, bodies, dice, given)

    sys.stdout.write(f"\n{kills} kills, {len(sizes)} films of {sum(sizes):,} bytes: {sum(sent):,} were sent\n")
