"""One account holds up nobody: pauses take effect within two seconds, other accounts' films start within five."""

from __future__ import annotations

import threading
import time

import pytest

from stalkeer.engine.intervals import Intervals
from stalkeer.jobs.downloads.actions import Verb, act_on
from stalkeer.jobs.downloads.context import DownloadQueue
from stalkeer.model import DownloadState
from tests.doubles import provider_faults as faults
from tests.doubles.house import content, digest, eventually, now, open_house
from tests.doubles.provider_faults import on, script

BAD = "/files/Bad.mkv"
SIZE = 3_000_000
BEATS = Intervals(resources_s=0.3)  # as shipped, but for the look at the accounts


def interim_answers(exchange):
    """`100 Continue` for ever: the head never ends."""
    while True:
        exchange.send_raw(b"HTTP/1.1 100 Continue\r\n\r\n")
        exchange.wait(0.1)


def endless_head(exchange):
    exchange.send_raw(b"HTTP/1.1 200 OK\r\n")
    while True:
        exchange.send_raw(b"X: y\r\n")
        exchange.wait(0.2)


STATES = {
    "no head": (faults.silent,),
    "interim answers without end": (interim_answers,),
    "a head without end": (endless_head,),
    "a body that stalls": (faults.stall_after(500_000),),
    "a body of a few bytes": (faults.drip(10, 0.05),),
    "the gap after a cut": (faults.cut_after(500_000),),
    "a long Retry-After": (faults.cut_after(500_000), faults.status(503, Retry_After="50")),
}
SUITE = ("no head", "a body that stalls", "the gap after a cut")
MARKED = [kind if kind in SUITE else pytest.param(kind, marks=pytest.mark.soak) for kind in STATES]


def let_pass(seconds):
    """Until whatever was sent has been read, and whoever waits is waiting."""
    end = time.monotonic() + seconds
    eventually(lambda: time.monotonic() > end)


def pause(house, engine, download):
    """Pause as every face does; the seconds until the row says so."""
    queue = DownloadQueue(house.database, now, lambda: house.app.settings, engine.wake)
    begun = time.monotonic()
    act_on(queue, [download], Verb.PAUSE)
    house.await_state(download, DownloadState.PAUSED)
    return time.monotonic() - begun


@pytest.mark.parametrize("kind", MARKED)
def test_a_pause_takes_two_seconds_at_most_whatever_the_connection_does(tmp_path, database, running, kind):
    given = {"downloads.reconnect_gap": "0.2s" if "Retry" in kind else "30s"}
    with open_house(tmp_path, database, given) as house:
        download = house.download("Bad", content(SIZE), house.source(max_connections=1))
        house.provider.hook = script(*STATES[kind])
        engine = running(house.engine(intervals=BEATS))
        asked = len(STATES[kind])
        eventually(lambda: len([one for one in house.provider.requests if one.key == BAD]) >= asked)
        let_pass(0.5)

        assert pause(house, engine, download) <= 2


def test_a_pause_does_not_wait_for_an_account_that_does_not_answer(tmp_path, database, running):
    asked, released = threading.Event(), threading.Event()
    with open_house(tmp_path, database) as house:
        download = house.download("Bad", content(SIZE), house.source(max_connections=1))
        house.provider.hook = on(faults.stall_after(500_000))

        def hang_from_the_second_time(source):
            house.questions.append(source)
            if len(house.questions) > 1:
                asked.set()
                released.wait(30)

        house.ask = hang_from_the_second_time
        engine = running(house.engine(intervals=BEATS))
        eventually(lambda: house.row(download).transfer.offset > 200_000)
        house.let_questions_age()
        house.provider.drop_all()
        assert asked.wait(10)

        assert pause(house, engine, download) <= 2
        released.set()


@pytest.mark.parametrize("kind", ["no head", pytest.param("a head without end", marks=pytest.mark.soak)])
def test_other_accounts_films_start_within_five_seconds_whatever_one_account_does(tmp_path, database, running, kind):
    released = threading.Event()
    with open_house(tmp_path, database) as house:
        bad, good = house.source("bad", max_connections=1), house.source("good", max_connections=1)
        ask = house.ask
        house.ask = lambda source: released.wait(30) and None if source == bad else ask(source)
        house.provider.hook = on(STATES[kind][0], key=BAD)
        house.download("Bad", content(SIZE), bad)
        for number in range(30):
            house.download(f"Bad {number}", content(1000), bad)
        running(house.engine(intervals=BEATS))
        let_pass(1)

        begun = time.monotonic()
        film = house.download("Good", content(300_000, 2), good)
        eventually(lambda: house.row(film).transfer.started_at is not None)
        started_s = time.monotonic() - begun
        house.await_state(film, DownloadState.COMPLETED)
        released.set()

        assert started_s <= 5
        assert house.result(film) == digest(content(300_000, 2))
