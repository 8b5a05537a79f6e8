"""What failed, in kinds and words."""

import errno
import http.client
import socket
import threading
import time

import pytest
import urllib3.exceptions

from stalkeer.adapters.net.bulk import Question, ask
from stalkeer.adapters.net.deadlines import Deadlines, LeastSpeed, Speed
from stalkeer.adapters.net.failures import Cause, NetworkFailure, failure_of
from stalkeer.adapters.net.sockets import Grip, dial
from tests.doubles.raw_server import RawServer, answer


@pytest.mark.parametrize(
    ("error", "was_sent", "cause"),
    [
        (OSError(errno.ENETUNREACH, "x"), False, Cause.NO_ROUTE),
        (OSError(errno.EHOSTUNREACH, "x"), False, Cause.NO_ROUTE),
        (ConnectionRefusedError(errno.ECONNREFUSED, "x"), False, Cause.REFUSED),
        (socket.gaierror(-2, "x"), False, Cause.UNKNOWN_HOST),
        (TimeoutError(), False, Cause.NO_CONNECTION),
        (TimeoutError(), True, Cause.TIMED_OUT),
        (urllib3.exceptions.ProtocolError("x", ConnectionResetError(errno.ECONNRESET, "x")), True, Cause.CUT),
        (http.client.RemoteDisconnected("x"), True, Cause.CLOSED),
        (urllib3.exceptions.IncompleteRead(1, 2), True, Cause.CUT),
        (http.client.BadStatusLine("x"), True, Cause.NOT_HTTP),
        (OSError("Tunnel connection failed: 407 Proxy Authentication Required"), False, Cause.PROXY),
        (OSError(errno.EIO, "x"), True, Cause.BROKEN),
    ],
)
def test_kinds_of_failure_are_told_apart(error, was_sent, cause):
    failure = failure_of(error, was_sent=was_sent)

    assert (failure.cause, failure.was_sent) == (cause, was_sent)
    assert failure.words


def test_a_long_answer_below_the_least_speed_is_given_up_and_a_faster_one_is_not():
    now = [0.0]
    speed = Speed(LeastSpeed(rate=1000, window_s=60), lambda: now[0])

    for _second in range(120):
        now[0] += 1
        speed.note(1001)
    with pytest.raises(NetworkFailure, match="too slowly"):
        for _second in range(61):
            now[0] += 1
            speed.note(999)


def test_a_list_that_drips_is_given_up():
    def behave(client):
        client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            client.sendall(b"#")
            time.sleep(0.01)

    with RawServer(default=behave) as server:
        found = ask(Question(server.url, deadlines=Deadlines(5, 5, 5, least=LeastSpeed(10_000, 0.2))))
        with pytest.raises(NetworkFailure, match="too slowly"):
            list(found.pieces())
        found.close()


@pytest.mark.parametrize("family", ["127.0.0.1", "::1"])
def test_a_host_with_a_dead_first_address_is_reached_by_its_second(family):
    kind = socket.AF_INET6 if ":" in family else socket.AF_INET
    with socket.socket(kind) as full, socket.create_server(("127.0.0.1", 0)) as alive:
        port = alive.getsockname()[1]
        dead = family if ":" in family else "127.0.0.9"
        try:
            full.bind((dead, port))
        except OSError:
            pytest.skip("this machine has no IPv6")
        full.listen(0)
        fillers = [socket.socket(kind) for _ in range(3)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())

        grip = Grip()
        found = dial([dead, "127.0.0.1"], port, 1.0, grip)

        assert found.getpeername() == alive.getsockname()
        for opened in (found, *fillers):
            opened.close()
        grip.release()


def test_a_halt_does_not_wait_for_a_name_server_that_says_nothing():
    asked, released, halts, failures = threading.Event(), threading.Event(), [], []

    def resolve(_host):
        asked.set()
        released.wait(30)
        return ()

    def run():
        try:
            ask(Question("http://slow.example/", opened=halts.append, resolve=resolve))
        except NetworkFailure as failure:
            failures.append(failure)

    thread = threading.Thread(target=run)
    thread.start()
    assert asked.wait(5)
    begun = time.monotonic()
    halts[0]()
    thread.join(5)
    released.set()

    assert failures and time.monotonic() - begun < 2


def test_a_name_server_that_says_nothing_is_not_waited_for_for_ever():
    released = threading.Event()

    def resolve(_host):
        released.wait(30)
        return ()

    with pytest.raises(NetworkFailure) as raised:
        ask(Question("http://slow.example/", deadlines=Deadlines(connect_s=0.2), resolve=resolve))
    released.set()

    assert raised.value.cause in (Cause.UNKNOWN_HOST, Cause.NO_CONNECTION)


def test_a_whole_answer_has_one_deadline_over_all_its_redirects():
    def slowly(client):
        time.sleep(0.15)
        client.sendall(b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n")

    with RawServer(default=slowly) as server, pytest.raises(NetworkFailure, match="no answer in time"):
        begun = time.monotonic()
        ask(Question(server.url, deadlines=Deadlines(5, 5, 5, whole_s=0.4)))

    assert time.monotonic() - begun < 2


def test_fields_that_cannot_be_sent_are_a_failure_and_no_crash():
    with RawServer(default=answer(b"x")) as server, pytest.raises(NetworkFailure):
        ask(Question(server.url, {"X-Player": "a\r\nHost: evil"}))
