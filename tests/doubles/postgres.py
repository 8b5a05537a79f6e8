"""A PostgreSQL cluster for one test session: own folder, own port, an ordinary user, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import psycopg

from tests.doubles.ports import free_port

ORDINARY_USER = "postgres"  # Debian's package brings it; initdb refuses to run as root


def find_server_binaries() -> Path | None:
    """The folder with `initdb` and `postgres`, the newest version first; None where there is none."""
    candidates = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which("initdb")
    if found:
        candidates.append(Path(found).parent)
    for folder in candidates:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    return None


CARELESS = " -c fsync=off -c synchronous_commit=off -c full_page_writes=off"  # and quick


class PrivatePostgres:
    """A cluster. `keeps_commits`: what was committed is there after `stop_at_once`, as it is with real ones."""

    def __init__(self, binaries: Path, folder: Path, *, keeps_commits: bool = False, also_at: str = "") -> None:
        self._binaries = binaries
        self._folder = folder
        self._also_at = also_at  # a second address, which the machines of its network may use
        self._care = "" if keeps_commits else CARELESS
        self.port = free_port()

    def __enter__(self) -> Self:
        # pytest's own folders are closed to other users, and the server may have to be one
        self._home = Path("/tmp") / f"stalkeer-pg-{uuid.uuid4().hex[:12]}"
        self._home.mkdir(mode=0o700)
        if os.geteuid() == 0:
            account = pwd.getpwnam(ORDINARY_USER)
            os.chown(self._home, account.pw_uid, account.pw_gid)
        cluster = self._home / "cluster"
        self._run("initdb", "-D", cluster, "-U", "stalkeer", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C")
        if self._also_at:
            with (cluster / "pg_hba.conf").open("a", encoding="utf-8") as rules:
                rules.write(f"host all all {self._also_at}/24 trust\n")
        self.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop_at_once()
        shutil.rmtree(self._home, ignore_errors=True)

    def start(self) -> None:
        addresses = ",".join(filter(None, ("127.0.0.1", self._also_at)))
        options = f"-p {self.port} -c listen_addresses={addresses} -c unix_socket_directories={self._home}"
        options += f" -c autovacuum=off{self._care}"
        self._run("pg_ctl", "-D", self._home / "cluster", "-w", "-l", self._home / "log", "-o", options, "start")

    def stop_at_once(self) -> None:
        """As when its machine fails: no connection is ended in an orderly way, no page is written."""
        self._run("pg_ctl", "-D", self._home / "cluster", "-m", "immediate", "stop")

    @contextmanager
    def fresh_database(self, like: str = "template1") -> Iterator[str]:
        """The URL of a database that is gone afterwards; a copy of `like`, to which nobody may be connected."""
        name = f"t{uuid.uuid4().hex[:12]}"
        with psycopg.connect(self._url("postgres"), autocommit=True) as admin:
            quickly = "STRATEGY FILE_COPY" if admin.info.server_version >= 150_000 else ""  # as before version 15
            admin.execute(f"CREATE DATABASE {name} TEMPLATE {like} {quickly}")
        try:
            yield self._url(name)
        finally:
            with psycopg.connect(self._url("postgres"), autocommit=True) as admin:
                admin.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _url(self, name: str) -> str:
        return f"postgresql://stalkeer@127.0.0.1:{self.port}/{name}"

    def _run(self, program: str, *arguments: object) -> None:
        command = [str(self._binaries / program), *map(str, arguments)]
        if os.geteuid() == 0:
            command = ["setpriv", f"--reuid={ORDINARY_USER}", f"--regid={ORDINARY_USER}", "--init-groups", *command]
        done = subprocess.run(command, cwd=self._home, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{program} failed: {done.stderr.decode(errors='replace')}")
