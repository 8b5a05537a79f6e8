"""Strangers send all that strangers can send to a running `serve`: its memory, its log and its user are watched."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import update

from stalkeer.app import Start, build_app, build_security
from stalkeer.jobs.system.users import add_user
from stalkeer.store.db.tables import users
from tests.doubles.passwords import hash_really
from tests.doubles.ports import free_port
from tests.security.processes import LOG, serving, until

LARGEST_GROWTH = 300_000_000  # docs/security.md names it; a password that is hashed takes 67 MB of it
MOST_LINES = 60
ATTEMPTS = 3
PATIENCE_S = 15  # for the user, who shares two processors with the flood
PASSWORD = "correct horse 77"
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
LOGIN = b"name=alice&password=wrong-horse-battery"
EVENT = b'{"eventType":"Test","filler":"' + b"x" * 60_000 + b'"}'
ORIGINS = itertools.count()


def head(method: str, path: str, **headers: object) -> bytes:
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{lines}\r\n".encode()


def origin() -> str:
    number = next(ORIGINS)
    return f"198.51.{number // 250 % 250}.{number % 250}"


@dataclass(frozen=True)
class Held:
    """Each connection sends `begun` once, then `more` again and again, and reads nothing."""

    begun: Callable[[], bytes]
    more: bytes = b""

    async def attack(self, port: int, connections: int, until_s: float) -> None:
        await asyncio.gather(*[self._hold(port, until_s) for _number in range(connections)])

    async def _hold(self, port: int, until_s: float) -> None:
        with suppress(OSError):
            _reader, writer = await connect(port)
            writer.write(self.begun())
            while time.monotonic() < until_s:
                writer.write(self.more)
                await asyncio.wait_for(asyncio.shield(writer.drain()), 30)
                await asyncio.sleep(0.05)
            writer.transport.abort()


@dataclass(frozen=True)
class Asked:
    """A few connections send a whole request after the other, as fast as they are answered."""

    request: Callable[[], bytes]

    async def attack(self, port: int, connections: int, until_s: float) -> None:
        await asyncio.gather(*[self._ask(port, until_s) for _number in range(connections // 6)])

    async def _ask(self, port: int, until_s: float) -> None:
        while time.monotonic() < until_s:
            with suppress(OSError, asyncio.IncompleteReadError):
                reader, writer = await connect(port)
                while time.monotonic() < until_s:
                    writer.write(self.request())
                    answer = await reader.readuntil(b"\r\n\r\n")
                    length = re.search(rb"(?i)content-length: (\d+)", answer)
                    if length is None:
                        break
                    await reader.readexactly(int(length.group(1)))
                writer.transport.abort()


async def connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """From one of hundreds of addresses of this machine."""
    number = next(ORIGINS)
    here = (f"127.0.{1 + number // 250 % 9}.{1 + number % 250}", 0)
    return await asyncio.open_connection("127.0.0.1", port, local_addr=here, limit=2**20)


CHUNKED = {**FORM, "Transfer-Encoding": "chunked"}
UPLOAD = {"Content-Type": "multipart/form-data; boundary=x", "Sec-Fetch-Site": "same-origin"}
PIECE = b"10000\r\n" + b"a" * 65_536 + b"\r\n"
FLOODS = {
    "half-open": Held(lambda: b"GET / HTTP/1.1\r\nX-Slow: "),
    "large half heads": Held(lambda: b"GET / HTTP/1.1\r\nX-Slow: " + b"a" * 65_000),
    "idle": Held(lambda: head("GET", "/ping")),
    "slow heads": Held(lambda: b"GET / HTTP/1.1\r\n", b"a"),
    "slow forms": Held(lambda: head("POST", "/login", **FORM, Content_Length=16_000), b"a" * 50),
    "slow documents": Held(lambda: head("POST", "/api/v1/sources", Content_Length=900_000), b"a" * 50),
    "huge lengths": Held(lambda: head("POST", "/login", **FORM, Content_Length="9" * 18), b"a" * 60_000),
    "huge uploads": Held(
        lambda: head("POST", "/system/backup/restore", **UPLOAD, Content_Length=40_000_000), b"a" * 60_000
    ),
    "endless forms": Held(lambda: head("POST", "/login", **CHUNKED), PIECE),
    "endless uploads": Held(lambda: head("POST", "/sources/upload", **UPLOAD, Transfer_Encoding="chunked"), PIECE),
    "endless chunk heads": Held(lambda: head("POST", "/login", **CHUNKED) + b"1;", b"a" * 60_000),
    "endless trailers": Held(lambda: head("POST", "/login", **CHUNKED) + b"0\r\nX: ", b"a" * 60_000),
    "unread answers": Held(lambda: head("GET", "/openapi.json") * 30),
    "unread events": Held(lambda: head("GET", "/api/v1/events") + head("GET", "/live")),
    "sign-ins": Asked(
        lambda: head("POST", "/login", **FORM, X_Forwarded_For=origin(), Content_Length=len(LOGIN)) + LOGIN
    ),
    "keys": Asked(lambda: head("GET", "/api/v1/downloads", X_Forwarded_For=origin(), X_Api_Key=os.urandom(16).hex())),
    "keys of one address": Asked(lambda: head("GET", "/api/v1/downloads", X_Forwarded_For="127.0.0.2")),
    "sessions": Asked(lambda: head("GET", "/", Cookie=f"stalkeer_session={os.urandom(32).hex()}")),
    "long queries": Asked(lambda: head("GET", f"/login?next=/{os.urandom(3900).hex()}")),
    "many headers": Asked(lambda: head("GET", "/", **{f"X-H{number}": "v" * 20 for number in range(1500)})),
    "paths": Asked(lambda: head("GET", f"/{os.urandom(900).hex()}")),
    "webhooks": Asked(
        lambda: head("POST", f"/api/v1/webhooks/radarr/{os.urandom(16).hex()}", Content_Length=len(EVENT)) + EVENT
    ),
    "nonsense": Asked(lambda: b"\x16\x03\x01" + os.urandom(500) + b"\r\n\r\n"),
}


class User:
    """The legitimate user, at another address: a program with the key, and a browser that is signed in."""

    def __init__(self, port: int, key: str) -> None:
        base = f"http://127.0.0.1:{port}"
        there = httpx2.HTTPTransport(local_address="127.0.0.2")
        headers = {"Connection": "close", "Sec-Fetch-Site": "same-origin"}
        self._client = httpx2.Client(base_url=base, transport=there, headers=headers, timeout=PATIENCE_S)
        self._client.post("/login", data={"name": "alice", "password": PASSWORD})
        self._key = key

    def ask(self) -> tuple[int, int]:
        """Ask again where every place was taken, as browsers do."""
        for _attempt in range(ATTEMPTS - 1):
            with suppress(httpx2.NetworkError):
                return self._ask()
        return self._ask()

    def _ask(self) -> tuple[int, int]:
        listed = self._client.get("/api/v1/downloads", headers={"X-Api-Key": self._key}).status_code
        return listed, self._client.get("/system/access").status_code


@dataclass
class Watched:
    """A running `serve`, its memory and its log."""

    port: int
    pid: int
    home: Path
    user: User

    def memory(self, name: str) -> int:
        text = Path(f"/proc/{self.pid}/status").read_text()
        return int(text.split(f"{name}:")[1].split()[0]) * 1024

    def forget_peak(self) -> None:
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    @property
    def lines(self) -> int:
        return (self.home / LOG).read_bytes().count(b"\n")


@pytest.fixture
def watched(tmp_path):
    port = free_port()
    app = build_app(Start(environ={"HOME": str(tmp_path)}, role="serve"))
    add_user(app.database, "alice", PASSWORD, app.clock())
    with app.database.begin() as connection:  # what a wrong password costs is what her own hash costs
        connection.execute(update(users).values(password_hash=hash_really(PASSWORD)))
    key = build_security(app).keys.ensure()
    app.close()
    with serving(tmp_path, port, SECURITY__MODE="forms", SECURITY__TRUSTED_PROXIES="127.0.0.0/8") as process:
        until(lambda: httpx2.get(f"http://127.0.0.1:{port}/ping").status_code == 200 or None, process=process)
        user = User(port, key)
        assert user.ask() == (200, 200)
        yield Watched(port, process.pid, tmp_path, user)


async def flood(watched: Watched, kind: Held | Asked, seconds: float, connections: int) -> tuple[int, int]:
    """The user's answers in the midst of it."""
    attack = asyncio.create_task(kind.attack(watched.port, connections, time.monotonic() + seconds))
    await asyncio.sleep(seconds / 2)
    answers = await asyncio.to_thread(watched.user.ask)
    await attack
    return answers


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="memory is read from /proc")
@pytest.mark.parametrize(("seconds", "connections"), [(0.15, 120), pytest.param(8, 1200, marks=pytest.mark.soak)])
def test_no_flood_takes_much_memory_fills_the_log_or_keeps_the_user_out(watched, seconds, connections):
    start, lines = watched.memory("VmRSS"), watched.lines
    growth, answers = {}, {}

    for name, kind in FLOODS.items():
        watched.forget_peak()
        # in a thread: a browser of an earlier test may keep a loop running in this one
        with ThreadPoolExecutor(1) as pool:
            answers[name] = pool.submit(
                lambda kind=kind: asyncio.run(flood(watched, kind, seconds, connections))
            ).result()
        growth[name] = watched.memory("VmHWM") - start

    assert {name: grown for name, grown in growth.items() if grown > LARGEST_GROWTH} == {}
    assert {name: given for name, given in answers.items() if given != (200, 200)} == {}
    assert watched.lines - lines <= MOST_LINES
