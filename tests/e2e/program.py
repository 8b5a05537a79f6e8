"""Stalkeer in a folder of its own: written configuration, commands run to their end, the server started and killed."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from stalkeer.app import Start, build_app
from stalkeer.demo.scenario import Expectation, World
from stalkeer.faces.cli.main import run_command_line
from stalkeer.faces.cli.output import Invocation
from stalkeer.jobs.downloads.admission import explain_waiting
from stalkeer.logs import LogTargets, configure_logging
from stalkeer.model import DownloadState
from stalkeer.runtime import App, utc_now
from stalkeer.settings import load_settings
from stalkeer.store.db.database import Database, open_database, sqlite_url
from stalkeer.store.downloads.downloads import list_downloads
from stalkeer.store.downloads.rows import DownloadRow
from stalkeer.store.journal.runs import RunRow, get_run, list_runs, queue_run
from tests.doubles.ports import free_port

PATIENCE_S = 180.0


@dataclass(frozen=True)
class Finished:
    """A command that has ended; `document` is what it printed with --json."""

    code: int
    text: str
    errors: str

    @property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.text)
        return document


@dataclass
class Program:
    folder: Path
    world: World
    settings: Mapping[str, object] = field(default_factory=dict)
    _server: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        for part in ("data", "vod/incomplete", "vod/complete/movies", "vod/complete/tv"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.config = self.folder / "config.yml"
        self.write_config()

    # --- configuration

    def write_config(self, **changes: object) -> None:
        """JSON is YAML too."""
        world = self.world
        values: dict[str, object] = {
            "data_dir": str(self.folder / "data"),
            "radarr": {"url": world.radarr.url, "api_key": world.radarr.api_key},
            "sonarr": {"url": world.sonarr.url, "api_key": world.sonarr.api_key},
            "playlists": [{"name": "demo", "url": world.provider.playlist_url(world.account), "max_connections": 4}],
            "directories": {
                "temp": str(self.folder / "vod/incomplete"),
                "movies": str(self.folder / "vod/complete/movies"),
                "tvshows": str(self.folder / "vod/complete/tv"),
            },
            "downloads": {"retry_delay": "1s", "reconnect_gap": "0s", "min_free": "10MB", "assumed_size": "5MB"},
            "schedule": {"refresh": "", "scan": "", "download": "0 0 1 1 *", "cleanup": "", "backup": ""},
            "server": {"host": "127.0.0.1", "port": self.port},
        }
        for key, value in {**self.settings, **changes}.items():
            held = values.get(key)
            values[key] = {**held, **value} if isinstance(held, dict) and isinstance(value, dict) else value
        self.config.write_text(json.dumps(values), encoding="utf-8")

    @property
    def environment(self) -> dict[str, str]:
        return {name: value for name, value in os.environ.items() if not name.startswith("STALKEER")}

    # --- commands

    def run(self, *arguments: str, timeout_s: float = 60) -> Finished:
        done = subprocess.run(
            [sys.executable, "-m", "stalkeer", "--config", str(self.config), *arguments],
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
            env=self.environment,
            stdin=subprocess.DEVNULL,
        )
        return Finished(done.returncode, done.stdout, done.stderr)

    def call(self, *arguments: str) -> Finished:
        """Run a command in this process: for what it says and does, where a process of its own proves nothing more."""

        def build(run: Invocation) -> App:
            return build_app(Start(config=run.config, environ=self.environment, overrides=run.overrides, role=run.role))

        out, errors = StringIO(), StringIO()
        with redirect_stdout(out), redirect_stderr(errors), logs_to(errors):
            code = run_command_line(["--config", str(self.config), *arguments], build, serve=lambda _app: None)
        return Finished(code, out.getvalue(), errors.getvalue())

    # --- the server

    def serve(self) -> None:
        """Start `serve` and wait until it answers."""
        command = [sys.executable, "-m", "stalkeer", "--config", str(self.config), "serve"]
        with (self.folder / "serve.log").open("ab") as log:
            self._server = subprocess.Popen(
                command, stdout=log, stderr=log, env=self.environment, stdin=subprocess.DEVNULL
            )
        self.wait_until(self._answers, "the server answers")

    def _answers(self) -> bool:
        assert self._server is not None and self._server.poll() is None, self.log
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/ping", timeout=2) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    @property
    def log(self) -> str:
        return (self.folder / "serve.log").read_text(encoding="utf-8", errors="replace")

    @property
    def pid(self) -> int:
        assert self._server is not None
        return self._server.pid

    def kill(self) -> None:
        """As a power cut: no handler runs, children go too."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """As the user does: returns the exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> int:
        assert self._server is not None
        self._server.send_signal(number)
        code = self._server.wait(30)
        self._server = None
        return code

    def close(self) -> None:
        if self._server is not None:
            self.kill()

    # --- looking inside

    @contextmanager
    def database(self) -> Iterator[Database]:
        given = self.settings.get("database")
        url = str(given["url"]) if isinstance(given, dict) else sqlite_url(self.folder / "data/stalkeer.db")
        opened = open_database(url)
        try:
            yield opened
        finally:
            opened.close()

    def downloads(self) -> list[DownloadRow]:
        with self.database() as database, database.connect() as connection:
            return list_downloads(connection, limit=1000)

    def waiting(self) -> str:
        """Why downloads wait, as `download status` would say: cheap enough to be looked at again and again."""
        settings = load_settings(self.config, self.environment).settings
        with self.database() as database:
            found = explain_waiting(database, settings, utc_now()).values()
            return " ".join(f"{one.reason} {one.detail}" for one in found)

    def job(self, name: str) -> RunRow:
        """Have the server do a job, and wait for its end."""
        with self.database() as database:
            with database.begin() as connection:
                run_id = queue_run(connection, utc_now(), name)

            def read() -> RunRow:
                with database.connect() as connection:
                    return get_run(connection, run_id)

            self.wait_until(lambda: read().finished_at is not None, f"the job {name} ends")
            return read()

    def first_run(self, name: str) -> RunRow:
        """The first run of a job since the program was made: its own schedule may have been faster than `job`."""
        with self.database() as database, database.connect() as connection:
            return min(list_runs(connection, job=name, limit=100), key=lambda run: run.id)

    def settle(self) -> None:
        """Wait until every available item is imported, or every download has come to its end."""
        expected = {wish.label for wish in self.world.expected(Expectation.AVAILABLE)}
        over = (DownloadState.COMPLETED, DownloadState.BLOCKED, DownloadState.FAILED, DownloadState.CANCELLED)

        def is_settled() -> bool:
            return expected <= self.world.imported() and all(row.state in over for row in self.downloads())

        self.wait_until(is_settled, "everything is imported")

    def wait_until(self, is_so: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not is_so():
            assert time.monotonic() < deadline, f"{what}: not within {PATIENCE_S:.0f} s\n{self.log[-4000:]}"
            time.sleep(0.2)


@contextmanager
def logs_to(stream: StringIO, level: str = "warning") -> Iterator[None]:
    """Log as a program does that runs by itself: masked, from `level` on."""
    root = logging.getLogger()
    before, handlers = root.level, list(root.handlers)
    configure_logging(LogTargets(level=level, stream=stream))
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(before)
