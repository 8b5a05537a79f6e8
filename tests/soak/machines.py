"""One `serve` and workers on machines of their own, as a user has them. Runs in the hub of a Network.

python -m tests.soak.machines PLAN RESULT     both are JSON files
"""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from stalkeer.demo.content import sha256
from stalkeer.demo.exchange import Exchange
from stalkeer.demo.media import MOVIE_90, media
from stalkeer.demo.panel import PanelMovie
from stalkeer.demo.provider import Provider
from stalkeer.demo.radarr import Radarr
from stalkeer.model import JobName
from stalkeer.store.db.database import open_database
from stalkeer.store.journal.runs import queue_run
from tests.doubles.house import digest, now
from tests.doubles.postgres import PrivatePostgres, find_server_binaries
from tests.soak.network import ARR, DATABASE, NET, PROVIDER, cut, mend

FIRST = (
    *("Amber", "Barley", "Cedar", "Copper", "Crimson", "Ember"),
    *("Faded", "Gilded", "Hollow", "Indigo", "Jade", "Opal"),
)
SECOND = (
    *("Anchor", "Bellows", "Chapel", "Dynamo", "Estuary", "Foundry", "Gantry", "Harrow", "Isthmus", "Jetty", "Kiln"),
    *("Lantern", "Meridian", "Nursery", "Orchard", "Pavilion", "Quarry", "Rotunda", "Sextant", "Trellis", "Viaduct"),
    *("Weir", "Yard", "Zenith", "Almanac"),
)
PATIENCE_S = 600.0  # for a start, on a machine that does many other things
TROUBLE_S = 40.0  # longer than the 30 s after which the others take a silent worker for dead


@dataclass(frozen=True)
class Plan:
    folder: Path
    machines: Mapping[str, str]  # name and namespace; the first one runs `serve`
    films: int
    connections: int
    rate: int  # bytes/s of a connection
    size: int
    is_stricken: bool = False  # whether machines fail
    imports: bool = True
    watched_s: float = 0.0  # seconds of a measurement, after which the run ends
    longest_s: float = 1800.0


class RadarrOfHub(Radarr):
    host = ARR


@dataclass
class Streams:
    """Count the streams that machines in good order hold. A machine that is cut off or frozen cannot close its own."""

    stricken: set[str] = field(default_factory=set)
    most: int = 0
    most_with_stricken: int = 0
    by_machine: Counter[str] = field(default_factory=Counter)
    _open: dict[socket.socket, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def hook(self, exchange: Exchange) -> bool:
        if not exchange.request.key or exchange.answer.status not in (200, 206):
            return False
        connection = exchange.connection
        with self._lock:
            self._open[connection] = connection.getpeername()[0]
            self.by_machine[self._open[connection]] += 1
            held = [machine for stream, machine in self._open.items() if is_open(stream)]
            self.most_with_stricken = max(self.most_with_stricken, len(held))
            self.most = max(self.most, sum(machine not in self.stricken for machine in held))
        try:
            exchange.deliver()
        finally:
            with self._lock:
                self._open.pop(connection, None)
        return True


def is_open(stream: socket.socket) -> bool:
    """Tell whether neither side has closed a stream. The thread that sends notices it seconds later."""
    try:
        return stream.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) != b""
    except (BlockingIOError, TimeoutError):
        return True
    except OSError:
        return False


@dataclass
class Machines:
    """The processes of a run, each in its namespace with a data folder of its own, over one share."""

    plan: Plan
    database_url: str
    settings: Mapping[str, object]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str) -> None:
        command = "serve" if name == self.server else "worker"
        folder = self.plan.folder / name
        folder.mkdir(exist_ok=True)
        key = self.plan.folder / self.server / "secret.key"
        own: dict[str, object] = {"data_dir": str(folder), "database": {"url": self.database_url}}
        own |= {"secret_key_file": str(key)} if name != self.server else dict(self.settings)
        (folder / "config.yml").write_text(json.dumps(own), encoding="utf-8")
        inside = ["ip", "netns", "exec", self.plan.machines[name]]
        program = [sys.executable, "-m", "stalkeer", "--config", str(folder / "config.yml"), command]
        with (folder / "out.log").open("ab") as log:
            self.running[name] = subprocess.Popen(inside + program, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    @property
    def server(self) -> str:
        return next(iter(self.plan.machines))

    def address(self, name: str) -> str:
        return f"{NET}.{10 + list(self.plan.machines).index(name)}"

    def stop(self) -> None:
        for process in self.running.values():
            process.send_signal(signal.SIGCONT)
            process.terminate()
        for process in self.running.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()


@dataclass
class Look:
    """Read the state of the run from the database."""

    url: str

    def states(self) -> Counter[str]:
        return Counter(dict(self._rows("SELECT state, count(*) FROM downloads GROUP BY state")))

    def holds(self, worker: str) -> int:
        of_worker = "SELECT count(*) FROM downloads WHERE state = 'downloading' AND worker = %s"
        return int(self._rows(of_worker, worker)[0][0])

    def workers(self) -> dict[int, str]:
        return dict(self._rows("SELECT pid, id FROM workers"))

    def figures(self) -> dict[str, int]:
        names = ("interruptions", "resumes", "bytes_resumed")
        sums = ", ".join(f"coalesce(sum({name}), 0)" for name in names)
        return dict(zip(names, map(int, self._rows(f"SELECT {sums} FROM downloads")[0]), strict=True))

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        try:
            with psycopg.connect(self.url) as connection:
                return connection.execute(query, values or None).fetchall()
        except psycopg.errors.UndefinedTable:  # the first migration is still under way
            return []


def settings_of(plan: Plan, provider: Provider, radarr: Radarr) -> dict[str, object]:
    account = provider.account(max_connections=plan.connections)
    share = {"temp": "incomplete", "movies": "complete/movies", "tvshows": "complete/tv"}
    for folder in share.values():
        (plan.folder / "share" / folder).mkdir(parents=True, exist_ok=True)
    return {
        "radarr": {"url": radarr.url, "api_key": radarr.api_key},
        "playlists": [
            {"name": "main", "url": provider.playlist_url(account), "max_connections": plan.connections},
        ],
        "directories": {key: str(plan.folder / "share" / folder) for key, folder in share.items()},
        "downloads": {
            "concurrent_limit": 0,
            "per_host_limit": 0,
            "viewer_reserve": 0,
            "reconnect_gap": "1s",
            "retry_delay": "1s",
            "timeout": "10s",
            "min_free": "10MB",
            "assumed_size": "5MB",
        },
        "import": {"mode": "manual" if plan.imports else "none"},
        "schedule": {"refresh": "", "scan": "", "cleanup": "", "backup": ""},
        "server": {"host": "127.0.0.1", "port": 7825},
    }


def fill(plan: Plan, provider: Provider, radarr: Radarr) -> dict[int, str]:
    """Offer films that Radarr misses. The digest of each, by Radarr's number."""
    digests = {}
    for number in range(plan.films):
        title = f"{FIRST[number % len(FIRST)]} {SECOND[number // len(FIRST) % len(SECOND)]}"
        movie = radarr.add_movie(title, 2001 + number % 20, runtime_min=90)
        body = media(MOVIE_90, plan.size + number * 7919 % (plan.size // 4 + 1), number + 1)
        provider.add(f"/movie/{number + 1}.mkv", body)
        provider.listing.movies.append(PanelMovie(number + 1, f"{title} ({movie.year})", tmdb_id=movie.tmdb_id))
        digests[movie.id] = sha256(body)
    return digests


def wait_for(condition: Callable[[], object], what: str, timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"did not happen within {timeout_s:.0f} s: {what}")
        time.sleep(0.2)


def say(text: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {text}\n")


def carry_out(plan: Plan) -> dict[str, object]:
    binaries = find_server_binaries()
    assert binaries is not None, "the test asked before"
    streams = Streams()
    with ExitStack() as stack:
        postgres = stack.enter_context(PrivatePostgres(binaries, plan.folder, also_at=DATABASE, keeps_commits=False))
        url = stack.enter_context(postgres.fresh_database()).replace("127.0.0.1", DATABASE)
        provider = stack.enter_context(Provider(host=PROVIDER))
        radarr = stack.enter_context(RadarrOfHub(plan.folder / "library"))
        provider.hook, provider.rate = streams.hook, plan.rate
        digests = fill(plan, provider, radarr)
        machines = Machines(plan, url, settings_of(plan, provider, radarr))
        stack.callback(machines.stop)
        look = Look(url)
        begin(plan, machines, look)
        result: dict[str, object] = {}
        if plan.watched_s:
            result |= watch(plan, provider)
        else:
            began = time.monotonic()
            if plan.is_stricken:
                strike(plan, machines, look, streams)
            finish(plan, look, began)
            result |= {"seconds": time.monotonic() - began}
        return result | report(plan, look, streams, provider, radarr, digests, machines)


def begin(plan: Plan, machines: Machines, look: Look) -> None:
    first, *others = plan.machines
    machines.start(first)
    wait_for(look.workers, "serve works", PATIENCE_S)
    database = open_database(look.url)
    with database.begin() as connection:
        for job in (JobName.SCAN, JobName.REFRESH):
            queue_run(connection, now(), job)
    database.close()
    for name in others:
        machines.start(name)
    wait_for(lambda: len(look.workers()) == len(plan.machines), "all workers are there", PATIENCE_S)
    say(f"{', '.join(plan.machines)} are there")
    wait_for(lambda: look.states()["downloading"] > 0, "the first download runs", PATIENCE_S)


def strike(plan: Plan, machines: Machines, look: Look, streams: Streams) -> None:
    """Kill a worker, cut one off from the database and one from the provider, and freeze one, each in its turn."""
    _server, killed, no_database, no_provider = plan.machines
    step = max(2, plan.films // 8)

    def wait_for_work(name: str, steps: int) -> None:
        def has_work() -> bool:
            return look.states()["completed"] >= steps * step and holds(machines, look, name)

        wait_for(has_work, f"{name} has work after {steps * step} films", plan.longest_s)

    def signalled(name: str, number: signal.Signals) -> Callable[[], None]:
        return lambda: machines.running[name].send_signal(number)  # `ip netns exec` replaced itself by the program

    def cable(name: str, change: Callable[[str, str], None], address: str) -> Callable[[], None]:
        return lambda: change(plan.machines[name], address)

    wait_for_work(killed, 1)
    signalled(killed, signal.SIGKILL)()
    machines.running[killed].wait(10)
    say(f"{killed} was killed; it starts again after 5 s")
    time.sleep(5)
    machines.start(killed)

    off = "cut off from the"
    for name, steps, trouble, begin_trouble, end_trouble in (
        (no_database, 2, f"{off} database", cable(no_database, cut, DATABASE), cable(no_database, mend, DATABASE)),
        (no_provider, 3, f"{off} provider", cable(no_provider, cut, PROVIDER), cable(no_provider, mend, PROVIDER)),
        (killed, 4, "frozen", signalled(killed, signal.SIGSTOP), signalled(killed, signal.SIGCONT)),
    ):
        wait_for_work(name, steps)
        address = machines.address(name)
        streams.stricken.add(address)
        begin_trouble()
        say(f"{name} is {trouble}")
        time.sleep(TROUBLE_S)
        end_trouble()
        say(f"{name} is no longer {trouble}")
        # the provider learns late that nobody reads what it sends
        threading.Timer(TROUBLE_S, streams.stricken.discard, (address,)).start()


def holds(machines: Machines, look: Look, name: str) -> bool:
    worker = look.workers().get(machines.running[name].pid)
    return worker is not None and look.holds(worker) > 0


def finish(plan: Plan, look: Look, began: float) -> None:
    said = 0.0
    while True:
        states = look.states()
        if sum(states[name] for name in ("completed", "failed", "cancelled", "blocked")) >= plan.films:
            return
        if time.monotonic() - began > plan.longest_s:
            say(f"gave up: {dict(states)}")
            return
        if time.monotonic() - said > 20:
            said = time.monotonic()
            say(str(dict(states)))
        time.sleep(1)


def watch(plan: Plan, provider: Provider) -> dict[str, object]:
    """Measure what all connections bring together, after the first ones have all begun."""
    wait_for(lambda: provider.open_streams() >= plan.connections, "all connections are in use", PATIENCE_S)
    sent = lambda: sum(request.sent for request in list(provider.requests))  # noqa: E731
    before, began = sent(), time.monotonic()
    time.sleep(plan.watched_s)
    return {"bytes_per_s": (sent() - before) / (time.monotonic() - began)}


def report(
    plan: Plan,
    look: Look,
    streams: Streams,
    provider: Provider,
    radarr: Radarr,
    digests: Mapping[int, str],
    machines: Machines,
) -> dict[str, object]:
    imported = Counter(row["movieId"] for row in radarr.history if row["eventType"] == "downloadFolderImported")
    right = [
        number
        for number, movie in radarr.movies.items()
        if movie.file is not None and digest(movie.file.path.read_bytes()) == digests[number]
    ]
    names = {machines.address(name): name for name in plan.machines}
    return {
        "states": dict(look.states()),
        "right": len(right),
        "imported_once": sum(1 for count in imported.values() if count == 1),
        "imported_more": sum(1 for count in imported.values() if count > 1),
        "most_streams": streams.most,
        "most_streams_with_stricken": streams.most_with_stricken,
        "ended_by_the_provider": provider.connections.killed.total(),
        "streams_by_machine": {names.get(key, key): count for key, count in streams.by_machine.items()},
        "left_over": [path.name for path in (plan.folder / "share").rglob("*.*") if is_left_over(path)],
        **look.figures(),
    }


def is_left_over(path: Path) -> bool:
    """Tell whether a file was to be moved or deleted. Stalkeer's own marks stay."""
    return path.is_file() and not path.name.startswith(".")


def main(plan_file: str, result_file: str) -> None:
    values = json.loads(Path(plan_file).read_text(encoding="utf-8"))
    plan = Plan(**{**values, "folder": Path(values["folder"])})
    Path(result_file).write_text(json.dumps(carry_out(plan)), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
