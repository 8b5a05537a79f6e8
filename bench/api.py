"""How fast the API answers four clients over a million entries while these are refreshed; what an idle server holds.

`python -m bench api [ENTRIES]`. Times are on the clock, so a busy machine makes them longer; the ratios stay.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

from bench._api_data import fill
from bench._playlists_data import write_playlist
from bench.rows import Row, at_most
from stalkeer.faces.http.paging import encode_cursor
from stalkeer.jobs.system.api_keys import ApiKeys
from stalkeer.secrets import open_secret_box
from stalkeer.store.db.database import open_database

ENTRIES = 1_000_000
CLIENTS = 4
CHANGED = 0.05  # so that the refresh lasts
IDLE_S = 15
DEPTH_ROUNDS = 30
PING = "/ping"
QUERIES = (
    "/health",
    "/api/v1/system/status",
    "/api/v1/health",
    "/api/v1/downloads/stats",
    "/api/v1/downloads",
    "/api/v1/downloads?sortKey=createdAt",
    "/api/v1/downloads?state=queued",
    "/api/v1/downloads/77",
    "/api/v1/missing",
    "/api/v1/missing?kind=movie&sortKey=firstSeen",
    "/api/v1/missing?found=review",
    "/api/v1/missing/series",
    "/api/v1/matches",
    "/api/v1/matches?decision=review",
    "/api/v1/matches?wantedId=500",
    "/api/v1/entries",
    "/api/v1/entries?search=silver+night",
    "/api/v1/entries?kind=episode",
    "/api/v1/sources",
    "/api/v1/history",
    "/api/v1/history?kind=download.completed",
    "/api/v1/jobs",
    "/metrics",
)
# a list, and what makes the cursor of a row that lies deep in it out of a record
DEEP: Mapping[str, Callable[[int], tuple[object, ...]]] = {
    "/api/v1/downloads?sortKey=createdAt": lambda size: (size // 10,),
    "/api/v1/downloads": lambda size: (size - 100,),
    "/api/v1/entries": lambda size: (size - 1_000,),
    "/api/v1/missing?sortKey=firstSeen": lambda size: (size - 100,),
    "/api/v1/matches": lambda size: (0.01, 1),
    "/api/v1/history": lambda size: (size // 10,),
}


@dataclass
class Times:
    """Milliseconds by path."""

    taken: dict[str, list[float]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, path: str, milliseconds: float) -> None:
        with self.lock:
            self.taken.setdefault(path, []).append(milliseconds)

    def p95(self, path: str) -> float:
        return statistics.quantiles(self.taken[path], n=20)[-1]


class Client:
    """One kept connection."""

    def __init__(self, port: int, key: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"X-Api-Key": key}

    def ask(self, path: str, method: str = "GET", body: object = None) -> tuple[float, bytes]:
        """(milliseconds, answer)."""
        sent = None if body is None else json.dumps(body).encode()
        headers = {**self._headers, "Content-Type": "application/json"} if sent else self._headers
        begun = time.perf_counter()
        self._connection.request(method, path, sent, headers)
        answer = self._connection.getresponse()
        read = answer.read()
        taken = (time.perf_counter() - begun) * 1000
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {read[:500]!r}")
        return taken, read


def run(*arguments: str) -> list[Row]:
    entries = int(arguments[0]) if arguments else ENTRIES
    work = Path(tempfile.mkdtemp(prefix="stalkeer-bench-"))
    try:
        return _measure(work, entries)
    finally:
        shutil.rmtree(work)


def _measure(work: Path, entries: int) -> list[Row]:
    playlist, database = work / "list.m3u", f"sqlite:///{work / 'stalkeer.db'}"
    write_playlist(playlist, entries)
    command = [sys.executable, "-m", "bench._playlists_task", "refresh", str(playlist), database, str(work)]
    subprocess.run(command, check=True, capture_output=True)
    key = _fill(work, database)
    write_playlist(playlist, entries, changed=CHANGED)
    with serving(work) as (port, pid):
        client = Client(port, key)
        time.sleep(IDLE_S)
        rows = [at_most("serve, idle: RSS", memory_of(pid), 180, "MB")]
        rows += _depths(client, entries)
        return rows + _under_load(client, port, key)


def _fill(work: Path, url: str) -> str:
    box = open_secret_box(work)
    database = open_database(url)
    fill(database, box)
    key = ApiKeys(database, box, lambda: datetime.now(UTC)).ensure()
    database.close()
    return key


@contextmanager
def serving(work: Path) -> Iterator[tuple[int, int]]:
    """`stalkeer serve` in a process of its own, without limits, and without jobs of its own accord."""
    port = _free_port()
    never = {f"STALKEER__SCHEDULE__{job}": "off" for job in ("REFRESH", "SCAN", "DOWNLOAD", "CLEANUP", "BACKUP")}
    environ = {
        **os.environ,
        **never,
        "STALKEER__DATA_DIR": str(work),
        "STALKEER__SERVER__PORT": str(port),
        "STALKEER__SERVER__HOST": "127.0.0.1",
        "STALKEER__SECURITY__API_LIMIT": "0",
        "STALKEER__DOWNLOADS__MIN_FREE": "900TB",  # queued downloads wait; none starts
    }
    log = (work / "serve.out").open("wb")
    program = subprocess.Popen([sys.executable, "-m", "stalkeer", "serve"], env=environ, stdout=log, stderr=log)
    try:
        _wait_until_up(port, program)
        yield port, program.pid
    finally:
        program.terminate()
        program.wait(30)
        log.close()


def _wait_until_up(port: int, program: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end and program.poll() is None:
        try:
            Client(port, "").ask(PING)
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("stalkeer serve did not come up")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def memory_of(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def _depths(client: Client, entries: int) -> list[Row]:
    """A page deep in a list against its first page: medians, in turns."""
    rows = []
    sizes = {"entries": entries, "history": 50_000, "missing": 20_000}
    for path, place in DEEP.items():
        size = sizes.get(path.split("/")[3].partition("?")[0], 10_000)
        query = urlencode({"cursor": encode_cursor(place(size))})
        deep = f"{path}{'&' if '?' in path else '?'}{query}"
        first_ms, deep_ms = [], []
        for _ in range(DEPTH_ROUNDS):
            first_ms.append(client.ask(path)[0])
            deep_ms.append(client.ask(deep)[0])
        ratio = statistics.median(deep_ms) / statistics.median(first_ms)
        rows.append(at_most(f"{path}: deep page / first page", ratio, 1.5))
    return rows


def _under_load(client: Client, port: int, key: str) -> list[Row]:
    _, answer = client.ask("/api/v1/sources/bench/refresh", "POST", {"accept": True})
    run_id = json.loads(answer)["runId"]
    times, ended = Times(), threading.Event()
    clients = [threading.Thread(target=_ask_on, args=(port, key, seed, times, ended)) for seed in range(CLIENTS)]
    begun = time.monotonic()
    for thread in clients:
        thread.start()
    while _is_open(client, run_id):
        time.sleep(0.5)
    ended.set()
    for thread in clients:
        thread.join()
    ping = times.p95(PING)
    asked = sum(map(len, times.taken.values()))
    rows = [
        Row("the refresh lasted", time.monotonic() - begun, "s"),
        Row("requests answered meanwhile", asked),
        Row(f"{PING}: p95", ping, "ms"),
    ]
    rows += [at_most(f"{path}: p95 / {PING} p95", times.p95(path) / ping, 10) for path in QUERIES]
    return [*rows, at_most("the slowest of them: p95", max(map(times.p95, QUERIES)), 200, "ms")]


def _is_open(client: Client, run_id: int) -> bool:
    run = json.loads(client.ask(f"/api/v1/jobs/{run_id}")[1])
    if run["state"] not in ("queued", "running", "done"):
        raise RuntimeError(f"the refresh ended as {run['state']}: {run['error']}")
    return bool(run["state"] != "done")


def _ask_on(port: int, key: str, seed: int, times: Times, ended: threading.Event) -> None:
    client, chance = Client(port, key), random.Random(seed)
    paths = [PING, *QUERIES]
    while not ended.is_set():
        chance.shuffle(paths)
        for path in paths:
            times.note(path, client.ask(path)[0])
