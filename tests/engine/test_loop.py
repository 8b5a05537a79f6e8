"""The threads that look at something again and again."""

from __future__ import annotations

import logging
import threading

import pytest

from stalkeer.engine.loop import Loop, LoopPace
from stalkeer.errors import StalkeerError


class Look:
    """Answers in turn as `answers` say; an error is raised. The last answer is repeated."""

    def __init__(self, *answers):
        self.answers, self.done = list(answers), threading.Semaphore(0)

    def __call__(self):
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        self.done.release()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def times(self, number):
        return all(self.done.acquire(timeout=20) for _ in range(number))


@pytest.fixture
def looping():
    started = []

    def start(look, pace):
        loop = Loop("test", look, pace, "nothing is looked at")
        started.append(loop)
        loop.start()
        return loop

    yield start
    for loop in started:
        loop.stop()


def test_an_error_ends_no_loop_and_is_logged_once_until_it_has_passed(looping, caplog):
    away, other = StalkeerError("away"), StalkeerError("another")
    look = Look(away, away, away, None, away, other, ZeroDivisionError(), None)

    with caplog.at_level(logging.WARNING):
        looping(look, LoopPace(0.001))
        assert look.times(9)

    words = [record.getMessage() for record in caplog.records if record.name == "stalkeer.engine.loop"]
    said = "nothing is looked at"
    assert words == [f"{said}: away", f"{said}: away", f"{said}: another", said]


def test_a_look_that_asks_for_it_is_soon_followed_by_another(looping):
    look = Look(True)

    loop = looping(look, LoopPace(every_s=600, soon_s=0.001))
    loop.wake()

    assert look.times(3)


def test_a_loop_waits_its_time_and_looks_at_once_when_it_is_woken(looping):
    look = Look(None)

    loop = looping(look, LoopPace(every_s=600))

    assert not look.done.acquire(timeout=0.05)
    loop.wake()
    assert look.times(1)


def test_a_loop_that_was_never_started_can_be_stopped():
    Loop("test", Look(None), LoopPace(1), "nothing").stop()
