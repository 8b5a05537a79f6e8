"""What a stranger sends is not read: nothing of it reaches memory or disk, and the answer comes before the body."""

from __future__ import annotations

import resource
import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from stalkeer.app import build_security
from stalkeer.core.security.callers import COOKIE
from stalkeer.runtime import App
from tests.doubles.server import make_server

MB = 1_000_000
UPLOAD = 40 * MB
STRANGERS = 12
FORM = "multipart/form-data; boundary=b"
PART = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.zip"\r\n\r\n'
PAGE = "Sec-Fetch-Site: same-origin"


@pytest.fixture
def address(app: App) -> Iterator[tuple[str, int]]:
    """The whole server on loopback, as uvicorn runs it."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    config = uvicorn.Config(make_server(app, build_security(app)), log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield listener.getsockname()
    server.should_exit = True
    thread.join(10)
    listener.close()


def begin(address: tuple[str, int], method: str, path: str, *headers: str, kind: str = FORM) -> socket.socket:
    """Send the head of a request, and nothing of its body."""
    opened = socket.create_connection(address, timeout=20)
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Type: {kind}", *headers, "", ""]
    opened.sendall("\r\n".join(lines).encode())
    return opened


def status_of(opened: socket.socket) -> int:
    return int(opened.recv(65536).split(b" ", 2)[1])


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/api/v1/system/backup/restore", 401),
        ("PUT", "/api/v1/settings/downloads", 401),
        ("POST", "/api/v1/sources", 401),
        ("POST", "/api/v1/webhooks/radarr", 401),
        ("POST", "/api/v1/webhooks/radarr/guess", 404),
        ("POST", "/system/backup/restore", 303),
        ("POST", "/sources/upload", 303),
        ("POST", "/settings/downloads", 303),
        ("POST", "/setup/apps", 303),
        ("POST", "/nowhere", 404),
    ],
)
@pytest.mark.parametrize("length", ["Content-Length: 900000", "Transfer-Encoding: chunked"])
def test_a_stranger_is_answered_before_the_body_is_sent(address, method, path, status, length):
    with begin(address, method, path, length, PAGE) as opened:
        assert status_of(opened) == status


def test_a_wrong_key_and_a_dead_session_are_answered_before_the_body_as_well(address):
    for header in ("X-Api-Key: wrong", f"Cookie: {COOKIE}=wrong"):
        with begin(address, "POST", "/api/v1/system/backup/restore", f"Content-Length: {UPLOAD}", header) as opened:
            assert status_of(opened) == 401


def test_a_foreign_page_is_refused_before_the_body_is_sent(address, app):
    session = build_security(app).sessions.set_up("alice", "correct horse 7", None, "127.0.0.1")
    cookie = f"Cookie: {COOKIE}={session}"

    with begin(
        address, "POST", "/system/backup/restore", f"Content-Length: {UPLOAD}", cookie, "Sec-Fetch-Site: cross-site"
    ) as opened:
        assert status_of(opened) == 403


def test_who_may_is_asked_for_the_body(address, app):
    key = build_security(app).keys.ensure()
    body = PART + b"no zip\r\n--b--\r\n"
    head = ("X-Api-Key: " + key, f"Content-Length: {len(body)}", "Expect: 100-continue")

    with begin(address, "POST", "/api/v1/system/backup/restore", *head) as opened:
        assert status_of(opened) == 100
        opened.sendall(body)
        assert status_of(opened) == 422


def test_a_request_with_a_body_counts_once_against_the_limit_of_its_key(client):
    answers = [
        client.put("/api/v1/system/logs/level", json={"level": "info"}),
        client.get("/api/v1/system/status"),
    ]

    left = [int(answer.headers["ratelimit-remaining"]) for answer in answers]
    assert left[0] - left[1] == 1


@pytest.mark.parametrize("path", ["/login", "/setup/account"])
def test_a_form_that_strangers_may_send_is_small(address, path):
    with begin(address, "POST", path, "Content-Length: 20000", PAGE) as opened:
        assert status_of(opened) == 413


def test_a_flood_of_strangers_uploads_takes_neither_memory_nor_disk(address, tmp_path, monkeypatch):
    spool = tmp_path / "spool"
    spool.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(spool))
    before = resident_bytes()
    paths = ["/api/v1/system/backup/restore", "/system/backup/restore", "/sources/upload"]
    statuses: list[int] = []
    spooled: list[int] = []
    resident: list[int] = []

    def flood(path: str) -> None:
        with begin(address, "POST", path, f"Content-Length: {UPLOAD}", PAGE) as opened:
            send_all(opened, UPLOAD)
            spooled.append(open_spool_bytes(spool))
            resident.append(resident_bytes())
            statuses.append(status_of(opened))

    floods = [threading.Thread(target=flood, args=(paths[one % 3],)) for one in range(STRANGERS)]
    for one in floods:
        one.start()
    for one in floods:
        one.join(120)

    assert sorted(set(statuses)) == [303, 401]
    assert len(statuses) == STRANGERS
    assert max(spooled) == 0
    assert max(resident) - before < 30 * MB


def send_all(opened: socket.socket, size: int) -> None:
    opened.sendall(PART)
    left, piece = size - len(PART), b"x" * 65536
    while left > 0:
        opened.sendall(piece[:left])
        left -= len(piece)


def open_spool_bytes(spool: Path) -> int:
    """The size of files in `spool` that this process holds open: they have no name."""
    found = 0
    for link in Path("/proc/self/fd").iterdir():
        try:
            if str(link.readlink()).startswith(str(spool)):
                found += link.stat().st_size
        except OSError:  # it was closed meanwhile
            continue
    return found


def resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()
