"""The container image as users run it: by PUID or by `--user`, read-only, asked for its health, stopped in the middle.

`make image` builds it, `make test-image` runs these tests: they need Docker, or podman and root.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from scripts.image import NAME, Engine, find_engine

from stalkeer.demo.scenario import MEGABYTE, MOVIES, SHOWS, Cast, Expectation, World
from stalkeer.model import DownloadState
from tests.doubles.ports import free_port
from tests.e2e.program import Program

pytestmark = [
    pytest.mark.skipif(not os.environ.get("STALKEER_TEST_IMAGE"), reason="`make test-image` walks through the image"),
    pytest.mark.timeout(600),
]
FEW_AND_LARGE = Cast(MOVIES[:5], SHOWS[:1], size=4 * MEGABYTE)
HARDENED = ("--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", "--security-opt=no-new-privileges")
CAPABILITIES = tuple(f"--cap-add={name}" for name in ("CHOWN", "DAC_OVERRIDE", "SETGID", "SETUID"))
STATES = "cat /proc/[0-9]*/status 2>/dev/null"


@dataclass
class Container:
    engine: Engine
    name: str

    def execute(self, *command: str) -> CompletedProcess[str]:
        return self.engine.call("exec", self.name, *command)

    def is_healthy(self) -> bool:
        return self.execute("stalkeer", "healthcheck").returncode == 0

    def of_processes(self, key: str) -> set[str]:
        """What `/proc` says under `key` of each process of Stalkeer, looked at from inside."""
        each = "for p in /proc/[0-9]*; do [ $p = /proc/$$ ] || ! grep -qs stalkeer $p/cmdline || cat $p/status; done"
        shown = self.execute("sh", "-c", each)
        return {line.partition(":")[2].strip() for line in shown.stdout.splitlines() if line.startswith(f"{key}:")}

    def zombies(self) -> list[str]:
        shown = self.execute("sh", "-c", STATES).stdout
        return [line for line in shown.splitlines() if line.startswith("State:") and "Z" in line]

    def stop(self) -> tuple[int, float]:
        """Stop it as `docker stop` does. Return its exit code and the seconds that it took."""
        began = time.monotonic()
        self.engine.call("stop", "--time", "30", self.name)
        taken_s = time.monotonic() - began
        return int(self.engine.call("inspect", "--format", "{{.State.ExitCode}}", self.name).stdout), taken_s

    @property
    def log(self) -> str:
        shown = self.engine.call("logs", self.name)
        return shown.stdout + shown.stderr


def wait_until(is_so: Callable[[], bool], container: Container, what: str, timeout_s: float = 120) -> None:
    deadline = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < deadline, f"{what}: not within {timeout_s} s\n{container.log[-4000:]}"
        time.sleep(0.5)


@pytest.fixture(scope="module")
def engine() -> Engine:
    found = find_engine()
    if isinstance(found, str):
        pytest.skip(found)
    if found.call("image", "inspect", NAME).returncode:
        pytest.skip("there is no image yet: make image")
    return found


@dataclass
class Starter:
    engine: Engine
    stack: ExitStack = field(default_factory=ExitStack)

    def __call__(self, *options: str, command: tuple[str, ...] = ()) -> Container:
        container = Container(self.engine, f"stalkeer-test-{secrets.token_hex(4)}")
        started = self.engine.call("run", "--detach", "--name", container.name, *options, NAME, *command)
        assert started.returncode == 0, started.stderr
        self.stack.callback(self.engine.call, "rm", "--force", "--volumes", container.name)
        return container


@pytest.fixture
def container(engine: Engine) -> Iterator[Starter]:
    starter = Starter(engine)
    with starter.stack:
        yield starter


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A data folder that belongs to somebody else, as after a move from another machine."""
    folder = tmp_path / "config"
    (folder / "backups").mkdir(parents=True)
    (folder / "backups" / "old.zip").touch()
    for path in (folder, folder / "backups", folder / "backups" / "old.zip"):
        os.chown(path, 4321, 4321)
    (folder / "backups").chmod(0o700)
    return folder


def owners(folder: Path) -> set[tuple[int, int]]:
    return {(path.lstat().st_uid, path.lstat().st_gid) for path in [folder, *folder.rglob("*")]}


def serving(config: Path) -> tuple[str, ...]:
    return (f"--volume={config}:/config", "--network=host", f"--env=STALKEER__SERVER__PORT={free_port()}")


def test_the_demo_walks_the_whole_path_without_a_network(engine):
    ran = engine.call("run", "--rm", "--network=none", NAME, "demo", "--once", "--json", timeout_s=300)

    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_it_serves_as_puid_on_a_read_only_root_with_four_capabilities(container, config):
    served = container(
        *HARDENED, *CAPABILITIES, *serving(config), "--group-add=44", "--env=PUID=1234", "--env=PGID=2345",
        "--env=UMASK=002", "--env=TZ=Asia/Tokyo",
    )  # fmt: skip
    wait_until(served.is_healthy, served, "it is healthy")

    assert served.of_processes("Uid") == {"1234\t1234\t1234\t1234"}
    assert served.of_processes("Gid") == {"2345\t2345\t2345\t2345"}
    assert served.of_processes("Groups") == {"44 2345"}
    assert served.of_processes("Umask") == {"0002"}
    assert served.of_processes("CapEff") == {"0000000000000000"}
    assert served.execute("stalkeer", "backup").returncode == 0, "a command beside it"
    assert served.execute("date", "+%z").stdout == "+0900\n"
    assert owners(config) == {(1234, 2345)}
    assert {path.name for path in config.iterdir()} >= {"stalkeer.db", "secret.key", "backups", "logs"}
    strange = config / "strange"
    strange.touch()
    assert served.execute("stalkeer", "version").returncode == 0
    assert strange.stat().st_uid == 0, "only the start of the container takes the folder over"
    code, taken_s = served.stop()
    assert code == 0, served.log
    assert taken_s < 10


def test_it_serves_as_the_user_that_the_container_is_started_as(container, config):
    for path in (config, *config.rglob("*")):
        os.chown(path, 1234, 2345)
    served = container(*HARDENED, *serving(config), "--user=1234:2345", "--group-add=44", "--env=PUID=1000")
    wait_until(served.is_healthy, served, "it is healthy")

    assert served.of_processes("Uid") == {"1234\t1234\t1234\t1234"}
    assert {"44", "2345"} <= set(" ".join(served.of_processes("Groups")).split())
    assert owners(config) == {(1234, 2345)}
    assert "PUID and PGID have no effect" in served.log
    assert served.stop()[0] == 0, served.log


def test_an_empty_volume_serves_any_user(container):
    served = container("--network=none", *HARDENED, "--user=1234:2345")

    wait_until(served.is_healthy, served, "it is healthy")


def test_its_own_health_check_is_asked_by_the_engine(container, config):
    served = container(*serving(config))
    wait_until(served.is_healthy, served, "it is healthy")
    shown = container.engine.call("inspect", "--format", "{{.Config.Healthcheck.Test}}", served.name).stdout

    assert shown == "[CMD stalkeer healthcheck]\n"


def test_processes_that_lose_their_parent_do_not_stay_as_zombies(container, config):
    served = container(*serving(config))
    wait_until(served.is_healthy, served, "it is healthy")

    for _ in range(3):
        served.execute("sh", "-c", "for _ in 1 2 3; do (sleep 0.1 &); done")
    time.sleep(1)

    assert served.zombies() == []
    assert served.is_healthy()


def test_without_the_right_to_change_users_it_ends_with_what_to_do(engine):
    ran = engine.call("run", "--rm", "--network=none", "--cap-drop=ALL", NAME, "version")

    assert ran.returncode == 5
    assert "SETUID and SETGID" in ran.stderr


@dataclass
class InContainer(Program):
    """The program of the end-to-end tests, served from the image. Host and container see the folders alike."""

    container: Container | None = None

    def start_with(self, starter: Starter) -> None:
        folders = [self.folder, self.world.radarr.library, self.world.sonarr.library]
        mounts = [f"--volume={folder}:{folder}" for folder in folders]
        self.container = starter(
            *HARDENED, *CAPABILITIES, "--network=host", f"--volume={self.folder / 'data'}:/config", *mounts,
            "--env=PUID=1234", "--env=PGID=2345", f"--env=STALKEER_CONFIG={self.config}",
        )  # fmt: skip
        wait_until(self.container.is_healthy, self.container, "it is healthy")

    @property
    def log(self) -> str:
        return self.container.log if self.container else ""


@pytest.mark.parametrize("world", [FEW_AND_LARGE], indirect=True, ids=["few"])
def test_stopped_during_downloads_it_goes_on_where_it_was(container: Starter, world: World, tmp_path: Path):
    world.provider.rate = 1_000_000
    stalkeer = InContainer(tmp_path / "stalkeer", world)
    for path in (stalkeer.folder, *stalkeer.folder.rglob("*")):
        os.chown(path, 1234, 2345)
    stalkeer.start_with(container)
    stalkeer.job("refresh")
    stalkeer.job("scan")
    stalkeer.wait_until(
        lambda: any(row.transfer.durable_offset > 1_000_000 for row in stalkeer.downloads()), "bytes are on disk"
    )

    assert stalkeer.container is not None
    code, taken_s = stalkeer.container.stop()
    stopped = {row.id: row.transfer.durable_offset for row in stalkeer.downloads() if row.transfer.durable_offset}
    log = stalkeer.container.log
    world.provider.rate = None
    stalkeer.start_with(container)
    stalkeer.settle()

    assert (code, taken_s < 10) == (0, True), log
    outcome = world.compare()
    assert {wish.label for wish in outcome.imported} == {w.label for w in world.expected(Expectation.AVAILABLE)}
    assert outcome.mismatched == ()
    rows = {row.id: row for row in stalkeer.downloads()}
    assert all(row.state is DownloadState.COMPLETED for row in rows.values())
    assert stopped
    assert any(rows[one].transfer.bytes_resumed for one in stopped)
    assert owners(stalkeer.folder / "data") == {(1234, 2345)}
