import pytest

from stalkeer.adapters.arr.gate import FAILURES_TO_OPEN, FIRST_PAUSE_S, LONGEST_PAUSE_S, RequestGate
from stalkeer.errors import ArrUnreachable


@pytest.fixture
def gate(clock):
    return RequestGate("Radarr", 0.1, burst=1, monotonic=clock.monotonic, sleep=clock.sleep)


def shut(gate):
    for _ in range(FAILURES_TO_OPEN):
        gate.failed("the connection was refused")


def test_requests_keep_their_distance(gate, clock):
    for _ in range(5):
        gate.enter()

    assert sum(clock.slept) == pytest.approx(0.4)


def test_some_may_follow_each_other_at_once_and_then_they_keep_their_distance(clock):
    gate = RequestGate("Radarr", 0.1, burst=10, monotonic=clock.monotonic, sleep=clock.sleep)
    for _ in range(10):
        gate.enter()
    assert sum(clock.slept) == pytest.approx(0.0)

    for _ in range(20):
        gate.enter()

    assert sum(clock.slept) == pytest.approx(2.0)


def test_a_request_after_a_pause_does_not_wait(gate, clock):
    gate.enter()
    clock.advance(10)
    gate.enter()

    assert clock.slept == []


@pytest.mark.parametrize("burst", [1, 10])
def test_a_costly_request_is_followed_by_a_rest(clock, burst):
    gate = RequestGate("Radarr", 0.1, burst=burst, monotonic=clock.monotonic, sleep=clock.sleep)
    gate.enter()
    gate.rest(2.0)
    gate.enter()

    assert sum(clock.slept) == pytest.approx(2.0)


def test_failures_in_a_row_shut_it_and_say_why(gate):
    shut(gate)

    with pytest.raises(ArrUnreachable, match=r"3 times in a row \(the connection was refused\).*in 15 s"):
        gate.enter()


def test_one_answer_in_between_keeps_it_open(gate):
    for _ in range(FAILURES_TO_OPEN - 1):
        gate.failed("x")
    gate.succeeded()
    for _ in range(FAILURES_TO_OPEN - 1):
        gate.failed("x")

    gate.enter()


def test_after_the_pause_one_request_may_try(gate, clock):
    shut(gate)
    clock.advance(FIRST_PAUSE_S)
    gate.enter()

    gate.succeeded()
    gate.enter()


def test_each_time_it_is_shut_again_the_pause_doubles_up_to_a_bound(gate, clock):
    shut(gate)
    pauses = []
    for _ in range(8):
        pause = 0
        while True:
            try:
                gate.enter()
                break
            except ArrUnreachable:
                clock.advance(1)
                pause += 1
        pauses.append(pause)
        gate.failed("x")

    assert pauses[:4] == [15, 30, 60, 120]
    assert max(pauses) == LONGEST_PAUSE_S


def test_requests_are_counted_until_the_count_is_read(gate):
    gate.enter()
    gate.enter()

    assert (gate.take_calls(), gate.take_calls()) == (2, 0)
