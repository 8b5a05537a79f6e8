"""Set up the folder, the three servers and the configuration of the demo.

The folder of a finished demo is emptied for the next demo. An interrupted demo is resumed, as the program would after a
crash. A folder that is not a demo's own is never touched.
"""

from __future__ import annotations

import json
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stalkeer.demo.provider import Provider
from stalkeer.demo.radarr import Radarr
from stalkeer.demo.scenario import World, build_world
from stalkeer.demo.sonarr import Sonarr
from stalkeer.errors import Conflict

MARK = ".stalkeer-demo.json"
SOURCE = "demo"


@dataclass(frozen=True)
class DemoStage:
    """Hold the running demo. `is_resumed` tells whether it continues an interrupted one."""

    folder: Path
    config: Path
    world: World
    is_resumed: bool

    def mark_done(self) -> None:
        _write_mark(self.folder, {"state": "done"})


@contextmanager
def open_stage(folder: Path, *, rate: float, fresh: bool) -> Iterator[DemoStage]:
    """Prepare the folder and run provider, Radarr and Sonarr until the block ends."""
    folder = folder.resolve()
    keys = _prepare(folder, fresh=fresh)
    is_resumed = (folder / "config.yml").exists()
    library = folder / "library"
    radarr = Radarr(library / "movies", api_key=keys["radarr"])
    sonarr = Sonarr(library / "tv", api_key=keys["sonarr"])
    with _provider(int(keys.get("port", 0))) as provider, radarr, sonarr:
        _write_mark(folder, {"port": str(provider.port)})
        provider.rate = rate
        world = build_world(radarr, sonarr, provider)
        _take_up(world)
        config = folder / "config.yml"
        config.write_text(_config(folder, world), encoding="utf-8")
        yield DemoStage(folder, config, world, is_resumed)


def _prepare(folder: Path, *, fresh: bool) -> dict[str, str]:
    """Return the API keys of the demo, stored for a resumed demo."""
    mark = folder / MARK
    if mark.exists():
        kept: dict[str, str] = json.loads(mark.read_text())
        if kept["state"] == "running" and not fresh:
            return kept
        shutil.rmtree(folder)
    elif folder.exists() and any(folder.iterdir()):
        raise Conflict(f"{folder} is not empty and no demo's folder; name another with --folder.")
    for part in ("library/movies", "library/tv", "data", "vod/incomplete", "vod/complete/movies", "vod/complete/tv"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    keys = {"state": "running", "radarr": uuid.uuid4().hex, "sonarr": uuid.uuid4().hex}
    mark.write_text(json.dumps(keys))
    return keys


def _write_mark(folder: Path, changes: dict[str, str]) -> None:
    mark = folder / MARK
    mark.write_text(json.dumps(json.loads(mark.read_text()) | changes))


@contextmanager
def _provider(port: int) -> Iterator[Provider]:
    """Start the provider on its previous port if it is free, so that incomplete files resume before a refresh."""
    provider = Provider(port=port)
    try:
        provider.__enter__()
    except OSError:
        provider = Provider()
        provider.__enter__()
    try:
        yield provider
    finally:
        provider.close()


def _take_up(world: World) -> None:
    """Restore the state that the real programs keep in their databases: imported files and command numbers."""
    for server in (world.radarr, world.sonarr):
        server.commands.last_id = int(time.time())
    world.radarr.rescan()
    world.sonarr.rescan()


def _config(folder: Path, world: World) -> str:
    provider, account = world.provider, world.account
    return f"""# Written by `stalkeer demo`; for the demo's own servers.
data_dir: {json.dumps(str(folder / "data"))}
radarr:
  url: {world.radarr.url}
  api_key: {world.radarr.api_key}
sonarr:
  url: {world.sonarr.url}
  api_key: {world.sonarr.api_key}
playlists:
  - name: {SOURCE}
    url: {json.dumps(provider.playlist_url(account))}
    max_connections: {account.max_connections}
directories:
  temp: {json.dumps(str(folder / "vod/incomplete"))}
  movies: {json.dumps(str(folder / "vod/complete/movies"))}
  tvshows: {json.dumps(str(folder / "vod/complete/tv"))}
downloads:
  concurrent_limit: 3
  retry_delay: 1s
  reconnect_gap: 0s
  min_free: 100MB
  assumed_size: 10MB
server:
  host: 127.0.0.1
security:
  mode: local
logging:
  level: warning
"""
