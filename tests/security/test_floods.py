"""Floods on loopback: whoever holds connections open, or sends them nonsense, keeps nobody else out."""

from __future__ import annotations

import logging
import socket
import threading
from contextlib import ExitStack

import httpx2
import pytest

from stalkeer.app import build_security
from stalkeer.faces.http.connections import ConnectionLimits, limits_of_process
from stalkeer.faces.http.gate import BodyPace
from stalkeer.log_floods import SHOWN, FloodFilter, FloodLog

SHORT = ConnectionLimits(head_s=0.3, read_s=0.3, unwanted_body_s=0.3, most=20)
PATIENT = ConnectionLimits(most=20)


def connect(address) -> socket.socket:
    return socket.create_connection(address, timeout=20)


def is_ended(opened: socket.socket) -> bool:
    """Whether the server ends the connection within the socket's time-out, whatever it says before."""
    try:
        while opened.recv(65536):
            pass
    except ConnectionResetError:
        pass
    except TimeoutError:
        return False
    return True


def ping(address) -> int:
    return httpx2.get(f"http://127.0.0.1:{address[1]}/ping", timeout=20).status_code


@pytest.mark.parametrize(
    "begun",
    [b"", b"GET / HT", b"GET /ping HTTP/1.1\r\nHost: a\r\nX-Slow: ", b"\r\n"],
    ids=["nothing", "half-a-line", "half-a-head", "empty-line"],
)
def test_a_head_that_does_not_come_ends_the_connection(serve, begun):
    address = serve(SHORT)

    with connect(address) as opened:
        opened.sendall(begun)

        assert is_ended(opened)


def test_a_second_head_that_does_not_come_ends_the_connection_as_well(serve):
    address = serve(SHORT)

    with connect(address) as opened:
        opened.sendall(b"GET /ping HTTP/1.1\r\nHost: a\r\n\r\nGET /ping HTTP/1.1\r\nX-Slow: ")

        assert is_ended(opened)


def test_a_head_in_drops_has_no_more_time_than_one_at_once(serve):
    address = serve(SHORT)

    with connect(address) as opened:
        opened.settimeout(0.05)
        with pytest.raises((BrokenPipeError, ConnectionResetError, ConnectionAbortedError)):
            for _drop in range(400):
                opened.sendall(b"GET /ping HTTP/1.1\r\n" if _drop == 0 else b"a")
                try:
                    if opened.recv(1) == b"":
                        raise ConnectionResetError
                except TimeoutError:
                    continue


def test_half_open_connections_keep_nobody_out(serve):
    address = serve(PATIENT)

    with ExitStack() as flood:
        for _one in range(200):
            opened = flood.enter_context(connect(address))
            opened.sendall(b"GET / HTTP/1.1\r\nX-Slow: ")

        assert ping(address) == 200


def test_idle_connections_keep_nobody_out(serve):
    address = serve(PATIENT)

    with ExitStack() as flood:
        for _one in range(60):
            opened = flood.enter_context(connect(address))
            opened.sendall(b"GET /ping HTTP/1.1\r\nHost: a\r\n\r\n")
            assert b" 200 " in opened.recv(65536)

        assert ping(address) == 200


def test_forms_of_strangers_in_drops_keep_nobody_out(serve):
    address = serve(PATIENT)

    with ExitStack() as flood:
        for number in range(60):
            opened = flood.enter_context(
                socket.create_connection(address, timeout=20, source_address=(f"127.0.1.{1 + number}", 0))
            )
            opened.sendall(
                b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\nSec-Fetch-Site: same-origin\r\n"
                b"Content-Type: application/x-www-form-urlencoded\r\n\r\nname="
            )

        assert ping(address) == 200


def test_an_answer_that_is_not_read_ends_the_connection(serve, gate):
    ended = threading.Event()

    async def endless(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _piece in range(1000):
            await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
        if (await receive())["type"] == "http.disconnect":
            ended.set()

    gate._inner = endless
    address = serve(SHORT)

    with connect(address) as opened:
        opened.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")

        assert ended.wait(20)


@pytest.mark.parametrize("path", ["/login", "/setup/account"])
def test_a_form_in_drops_is_answered_with_408(serve, path):
    address = serve(pace=BodyPace(login_s=0.3, piece_s=30))

    with connect(address) as opened:
        opened.sendall(
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5000\r\nSec-Fetch-Site: same-origin\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n\r\nname=".encode()
        )

        assert b" 408 " in opened.recv(65536)


def test_a_body_that_stops_coming_is_answered_with_408(serve, app):
    key = build_security(app).keys.ensure()
    address = serve(pace=BodyPace(piece_s=0.3))

    with connect(address) as opened:
        opened.sendall(
            f"POST /api/v1/sources HTTP/1.1\r\nHost: a\r\nX-Api-Key: {key}\r\nContent-Length: 5000\r\n"
            "Content-Type: application/json\r\n\r\n{".encode()
        )

        assert b" 408 " in opened.recv(65536)


def test_a_refused_body_without_end_ends_the_connection(serve):
    address = serve(SHORT)

    with connect(address) as opened:
        opened.sendall(b"POST /api/v1/sources HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n{")

        assert is_ended(opened)


def test_a_flood_of_nonsense_is_a_line_of_log_a_minute(serve, caplog):
    address = serve(PATIENT)
    caplog.set_level(logging.DEBUG)
    caplog.clear()

    for _one in range(150):
        with connect(address) as opened:
            opened.sendall(b"\x16\x03\x01 nonsense\r\n\r\n")
            is_ended(opened)

    assert len([one for one in caplog.records if one.levelno >= logging.INFO]) <= 2


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/api/v1/system/status", 401), ("POST", "/sources/upload", 303), ("POST", "/setup/account", 403)],
)
def test_a_flood_of_refused_requests_is_a_few_lines_of_log_a_minute(serve, caplog, method, path, status):
    address = serve(PATIENT)
    caplog.set_level(logging.INFO)
    caplog.clear()

    with httpx2.Client(base_url=f"http://127.0.0.1:{address[1]}", timeout=20) as client:
        statuses = {client.request(method, path).status_code for _one in range(150)}

    assert statuses == {status}
    lines = len([one for one in caplog.records if "stalkeer" in one.name])
    assert SHOWN <= lines <= SHOWN + 2, "a slow machine may need more than one minute for them"


def test_the_next_log_line_counts_the_suppressed_lines():
    now = [0.0]
    flood = FloodLog(shown=2, monotonic=lambda: now[0])

    shown = [flood.may_show("refused") for _one in range(10)]
    now[0] = 61.0
    during = [flood.may_show("refused") for _one in range(3)]
    now[0] = 122.0
    last = flood.may_show("refused")
    now[0] = 183.0
    after = [flood.may_show("refused") for _one in range(2)]

    assert shown == [(True, 0), (True, 0), *[(False, 0)] * 8]
    assert during == [(True, 8), (False, 0), (False, 0)], "one line a minute while it goes on"
    assert last == (True, 2)
    assert after == [(True, 0), (True, 0)]


def test_a_librarys_warning_is_written_once_a_minute():
    now = [0.0]
    told = FloodFilter(monotonic=lambda: now[0])

    def warn() -> logging.LogRecord | None:
        record = logging.LogRecord("uvicorn.error", logging.WARNING, "", 0, "Invalid HTTP request received.", (), None)
        return record if told.filter(record) else None

    first = [warn() for _one in range(5)]
    now[0] = 61.0
    later = warn()

    assert [one is not None for one in first] == [True, False, False, False, False]
    assert later is not None
    assert "4 more" in later.getMessage()


def test_connections_take_a_part_of_the_files_that_the_process_may_open():
    limits = limits_of_process()

    assert 8 <= limits.most <= 500
    assert limits.most_of_household <= limits.most
