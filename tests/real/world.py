"""The demo's world inside the real programs, and Stalkeer's command line in front of them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from stalkeer.demo.movies import Movie
from stalkeer.demo.provider import Provider
from stalkeer.demo.radarr import Radarr
from stalkeer.demo.scenario import Cast, World, build_world
from stalkeer.demo.sonarr import Sonarr
from tests.real import metadata
from tests.real.programs import KEY, PINS, Program
from tests.real.recorder import Recorder

WITHIN_S = 400.0
PARTLY = 3  # the exit code when some items failed; 2 is a command that does not exist
ADDED = {"qualityProfileId": 1, "images": [], "monitored": True}


@dataclass
class Stage:
    """Both programs with the demo's items, recorders before them, and a folder for Stalkeer."""

    folder: Path
    radarr: Program
    sonarr: Program
    recorders: dict[str, Recorder]
    world: World
    meta: metadata.Metadata
    provider: Provider

    def add_movie(self, movie: Movie, *, is_searched: bool = False) -> None:
        """Add a movie to Radarr, as its user would."""
        self.meta.movies[movie.tmdb_id] = metadata.movie(movie)
        row = {"title": movie.title, "tmdbId": movie.tmdb_id, "year": movie.year, "titleSlug": str(movie.tmdb_id)}
        row |= {"rootFolderPath": str(self.folder / "lib/movies"), "minimumAvailability": "released"}
        self.radarr.want("POST", "movie", ADDED | row | {"addOptions": {"searchForMovie": is_searched}})

    def write_config(self, **mappings: list[dict[str, str]]) -> None:
        """Write Stalkeer's configuration. `mappings` are path mappings by program."""
        instances = {
            name: {"url": recorder.url, "api_key": KEY, "path_mappings": mappings.get(name, [])}
            for name, recorder in self.recorders.items()
        }
        vod = self.folder / "vod"
        source = {"name": "demo", "url": self.provider.playlist_url(self.world.account)}
        document = {
            "data_dir": str(self.folder / "data"),
            **instances,
            "playlists": [source | {"max_connections": self.world.account.max_connections}],
            "directories": {
                "temp": str(vod / "incomplete"),
                "movies": str(vod / "complete/movies"),
                "tvshows": str(vod / "complete/tv"),
            },
            "downloads": {"retry_delay": "1s", "reconnect_gap": "0s", "min_free": "100MB", "assumed_size": "10MB"},
            "server": {"host": "127.0.0.1"},
            "security": {"mode": "local"},
        }
        (self.folder / "config.yml").write_text(json.dumps(document), encoding="utf-8")

    def stalkeer(self, *arguments: str, **settings: str) -> Any:
        """Run a command. Return its document. `settings` are given as environment: `IMPORT__MODE="none"`."""
        done = subprocess.run(
            self._command(*arguments),
            env=self._environment(settings),
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )
        assert done.returncode in (0, PARTLY), f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return json.loads(done.stdout) if done.stdout.strip() else None

    def run_job(self, job: str, **settings: str) -> None:
        """Let the running program carry a job out, and wait for its end."""
        run = self.stalkeer("job", "start", job, **settings)["id"]

        def has_ended() -> bool:
            return self.stalkeer("job", "show", str(run), **settings)["state"] not in ("queued", "running")

        eventually(has_ended, f"the end of {job}", WITHIN_S)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        quiet = subprocess.DEVNULL
        return subprocess.Popen(self._command(*arguments), env=self._environment({}), stdout=quiet, stderr=quiet)

    def downloads(self) -> list[dict[str, Any]]:
        found = self.stalkeer("download", "list", "--limit", "500")
        return found if isinstance(found, list) else found["downloads"]

    def fetched(self) -> int:
        """The bytes that all downloads fetched."""
        return sum(row["bytesFetched"] for row in self.downloads())

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "stalkeer", "--config", str(self.folder / "config.yml"), "--json", *arguments]

    def _environment(self, settings: dict[str, str]) -> dict[str, str]:
        return dict(os.environ) | {f"STALKEER__{name}": value for name, value in settings.items()}


@contextmanager
def open_stage(folder: Path, cast: Cast | None = None) -> Iterator[Stage]:
    for part in ("lib/movies", "lib/tv", "vod/incomplete", "vod/complete/movies", "vod/complete/tv", "data"):
        (folder / part).mkdir(parents=True)
    with ExitStack() as stack:
        certificate = metadata.make_certificate(folder)
        programs = [Program(pin, folder / pin.name.lower(), certificate) for pin in PINS]
        for program in programs:
            stack.callback(program.close)
        provider = stack.enter_context(Provider())
        radarr, sonarr = Radarr(folder / "x"), Sonarr(folder / "y")  # only to be filled; they are not started
        stack.callback(radarr.close)
        stack.callback(sonarr.close)
        world = build_world(radarr, sonarr, provider, cast or Cast())
        meta = metadata.Metadata(
            {movie.tmdb_id: metadata.movie(movie) for movie in world.radarr.movies.values()},
            {series.tvdb_id: metadata.show(series) for series in world.sonarr.series.values()},
        )
        proxy = meta.start(certificate)
        stack.callback(meta.close)
        for program in programs:
            program.await_up()
            _use_proxy(program, proxy)
        recorders = {program.pin.name.lower(): Recorder(program.pin, program.url) for program in programs}
        for recorder in recorders.values():
            stack.callback(recorder.close)
        stage = Stage(folder, *programs, recorders, world, meta, provider)
        _add_items(stage)
        stage.write_config()
        yield stage


def _use_proxy(program: Program, port: int) -> None:
    program.change(
        "config/host",
        proxyEnabled=True,
        proxyType="http",
        proxyHostname="127.0.0.1",
        proxyPort=port,
        proxyBypassLocalAddresses=True,
        proxyBypassFilter="127.0.0.1,localhost",
        certificateValidation="disabled",
    )


def _add_items(stage: Stage) -> None:
    shows = str(stage.folder / "lib/tv")
    stage.radarr.want("POST", "rootfolder", {"path": str(stage.folder / "lib/movies")})
    stage.sonarr.want("POST", "rootfolder", {"path": shows})
    for movie in stage.world.radarr.movies.values():
        stage.add_movie(movie)
    for series in stage.world.sonarr.series.values():
        row = {"title": series.title, "tvdbId": series.tvdb_id, "year": series.year, "titleSlug": str(series.tvdb_id)}
        row |= {"rootFolderPath": shows, "seriesType": series.kind, "seasonFolder": True, "languageProfileId": 1}
        numbers = sorted({episode.season for episode in series.episodes})
        row["seasons"] = [{"seasonNumber": number, "monitored": True} for number in numbers]
        options = {"searchForMissingEpisodes": False, "monitor": "all"}
        stage.sonarr.want("POST", "series", ADDED | row | {"addOptions": options})
    eventually(lambda: all(row["year"] for row in stage.radarr.want("GET", "movie")), "movies were refreshed")
    total = sum(len(series.episodes) for series in stage.world.sonarr.series.values())
    eventually(
        lambda: (
            sum(s.get("statistics", {}).get("totalEpisodeCount", 0) for s in stage.sonarr.want("GET", "series"))
            >= total
            and all(c["status"] not in ("queued", "started") for c in stage.sonarr.want("GET", "command"))
        ),
        "series were refreshed",
    )


def eventually(condition: Callable[[], object], what: str, within_s: float = 120.0) -> None:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.3)
    raise AssertionError(f"did not happen within {within_s} s: {what}")


def is_up(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/ping", timeout=5):
            return True
    except OSError:
        return False


def kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait(20)
