"""The real programs, pinned: where they come from, what they are, how they are started and asked.

They are .NET programs under the GPL, to be run and watched. Nothing of them is in this repository. Each lies as a
folder `Radarr` or `Sonarr` in the folder that STALKEER_REAL_PROGRAMS names, and runs under Mono, bound to 127.0.0.1.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

FOLDER = "STALKEER_REAL_PROGRAMS"
KEY = "0123456789abcdef0123456789abcdef"
UP_WITHIN_S = 180.0


@dataclass(frozen=True)
class Pin:
    """A program as it was recorded: a public repository's commit, and the digest of its main library."""

    name: str
    version: str
    told_version: str  # by the recorder, which lets everything else through as it is
    repository: str
    commit: str
    library: str
    sha256: str


PINS = (
    Pin(
        name="Radarr",
        version="3.0.1.4259",
        told_version="4.0.3.5879",
        repository="younesk31/ServerBackup",
        commit="d6b8d6e3fedbfbdd4f3cf8ea16993ae42c434c6e",
        library="Radarr.Core.dll",
        sha256="856153f44b3d159a86590b131b2041ce5935f1a546a1207c1f6ba0651f701110",
    ),
    Pin(
        name="Sonarr",
        version="3.0.10.1567",
        told_version="4.0.0.741",
        repository="vk-2000/sonarr",
        commit="4e62262a3b63db1046e875e76aa12b09ece3e258",
        library="Sonarr.Core.dll",
        sha256="b9f88d41c2fc39c4e292a7d913d2b3db7af371cedc87f9c5c3d870eac9f5ed2c",
    ),
)


def reason_to_skip() -> str | None:
    """Say why the real programs cannot be run here; None when they can."""
    folder = os.environ.get(FOLDER)
    if not folder:
        return f"{FOLDER} names no folder with the programs (make real PROGRAMS=folder)"
    if shutil.which("mono") is None:
        return "mono is not installed (mono-runtime, mono-devel, libmono-cil-dev, libmediainfo0v5, ffmpeg)"
    for pin in PINS:
        library = Path(folder) / pin.name / pin.library
        if not library.is_file():
            return f"{library} is missing; it is folder {pin.name} of {pin.repository} at {pin.commit}"
        if hashlib.sha256(library.read_bytes()).hexdigest() != pin.sha256:
            return f"{library} is not {pin.name} {pin.version} as it was pinned"
    return None


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class Program:
    """A running program. `ask` uses its own API, beside what is under test."""

    def __init__(self, pin: Pin, folder: Path, certificate: Path) -> None:
        self.pin = pin
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        self._folder = folder
        folder.mkdir(parents=True)
        settings = {"Port": port, "BindAddress": "127.0.0.1", "ApiKey": KEY, "AuthenticationMethod": "None"}
        settings |= dict.fromkeys(("LaunchBrowser", "AnalyticsEnabled", "UpdateAutomatically"), False)
        rows = "".join(f"<{name}>{value}</{name}>" for name, value in settings.items())
        (folder / "config.xml").write_text(f"<Config>{rows}</Config>")
        executable = Path(os.environ[FOLDER]) / pin.name / f"{pin.name}.exe"
        self._command = ["mono", "--debug", str(executable), "-nobrowser", f"-data={folder}"]
        self._home = dict(os.environ) | {"HOME": str(folder)}  # Mono's own store of trusted certificates lies in it
        subprocess.run(["cert-sync", "--user", str(certificate)], env=self._home, check=True, capture_output=True)
        self._log = (folder / "output.txt").open("wb")
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._command, stdout=self._log, stderr=self._log, env=self._home, start_new_session=True
        )

    def kill(self) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(20)

    def await_up(self) -> None:
        deadline = time.monotonic() + UP_WITHIN_S
        while time.monotonic() < deadline:
            try:
                if self.ask("GET", "system/status")[0] == 200:
                    return
            except (URLError, OSError):
                pass
            time.sleep(0.5)
        raise AssertionError(f"{self.pin.name} did not start: see {self._log.name}")

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, object]:
        data = None if body is None else json.dumps(body).encode()
        headers = {"X-Api-Key": KEY, "Content-Type": "application/json"}
        try:
            with urlopen(Request(f"{self.url}/api/v3/{path}", data, headers, method=method), timeout=120) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text else None
        except HTTPError as error:
            return error.code, error.read().decode()[:600]

    def want(self, method: str, path: str, body: object = None) -> object:
        status, answer = self.ask(method, path, body)
        tries = 0
        while status == 500 and "Sharing violation" in str(answer) and tries < 20:  # it is writing its own settings
            time.sleep(0.5)
            tries += 1
            status, answer = self.ask(method, path, body)
        assert status < 300, f"{self.pin.name}: {method} {path}: {status} {answer}"
        return answer

    def change(self, path: str, **values: object) -> None:
        """Change fields of a settings page."""
        page = self.want("GET", path)
        self.want("PUT", path if path.startswith("qualityprofile/") else f"{path}/{page['id']}", page | values)

    def add_custom_format(self, name: str, pattern: str, score: int) -> None:
        """Add a custom format for releases with `pattern` in their name, which profile 1 gives a score."""
        field = {"name": "value", "value": pattern}
        condition = {"name": name, "implementation": "ReleaseTitleSpecification", "negate": False, "required": False}
        rows = [condition | {"fields": [field]}]
        self.want("POST", "customformat", {"name": name, "specifications": rows})
        items = self.want("GET", "qualityprofile/1")["formatItems"]
        scored = [item | {"score": score} if item["name"] == name else item for item in items]
        self.change("qualityprofile/1", formatItems=scored, cutoffFormatScore=1000)

    def history(self) -> list[dict]:
        return self.want("GET", "history?pageSize=1000&sortKey=date&sortDirection=descending")["records"]

    def log(self) -> list[str]:
        files = sorted((self._folder / "logs").glob("*.txt"))
        return [line for file in files for line in file.read_text("utf-8", "replace").splitlines()]

    def begin(self, name: str, **arguments: object) -> int:
        """Give a command and return its number."""
        return int(self.want("POST", "command", {"name": name, **arguments})["id"])

    def run(self, name: str, within_s: float = 120.0, **arguments: object) -> None:
        """Run a command to its end."""
        number = self.begin(name, **arguments)
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            status, command = self.ask("GET", f"command/{number}")
            if status == 404 or command["status"] not in ("queued", "started"):
                return
            time.sleep(0.3)
        raise AssertionError(f"{self.pin.name}: command {name} did not end")

    def close(self) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait(20)
        self._log.close()
