"""Machines in network namespaces of their own, on a bridge that only they see; all of it is gone afterwards."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from typing import Self

NET = "10.213.0"
PROVIDER, DATABASE, ARR = f"{NET}.1", f"{NET}.2", f"{NET}.3"
NOBODY = "02:00:00:00:00:01"  # no machine has this address: what is sent to it is lost without a word


def reason_against() -> str:
    """Say why no network namespace can be made here; empty where it can."""
    name = f"stalkeer-{os.getpid()}-try"
    try:
        made = _try("netns", "add", name)
        linked = made or _try("-n", name, "link", "add", "br0", "type", "bridge")
    except FileNotFoundError:
        return "iproute2 is not installed"
    with suppress(OSError):
        _try("netns", "del", name)
    return f"network namespaces are not allowed here: {linked}" if linked else ""


class Network:
    """A hub, which has the provider, the database and the instance, and the machines around it."""

    def __init__(self, machines: Sequence[str]) -> None:
        self._prefix = f"stalkeer-{os.getpid()}"
        self.hub = f"{self._prefix}-hub"
        self.machines = {name: f"{self._prefix}-{name}" for name in machines}

    def __enter__(self) -> Self:
        try:
            self._make()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(self, *_exc: object) -> None:
        self._remove()

    def _make(self) -> None:
        ip("netns", "add", self.hub)
        ip("-n", self.hub, "link", "set", "lo", "up")
        ip("-n", self.hub, "link", "add", "br0", "type", "bridge")
        ip("-n", self.hub, "link", "set", "br0", "up")
        for address in (PROVIDER, DATABASE, ARR):
            ip("-n", self.hub, "addr", "add", f"{address}/24", "dev", "br0")
        for number, space in enumerate(self.machines.values()):
            ip("netns", "add", space)
            ip("-n", self.hub, "link", "add", f"v{number}", "type", "veth", "peer", "name", "eth0", "netns", space)
            ip("-n", self.hub, "link", "set", f"v{number}", "master", "br0", "up")
            ip("-n", space, "addr", "add", f"{NET}.{10 + number}/24", "dev", "eth0")
            ip("-n", space, "link", "set", "lo", "up")
            ip("-n", space, "link", "set", "eth0", "up")

    def _remove(self) -> None:
        for space in (*self.machines.values(), self.hub):
            found = subprocess.run(["ip", "netns", "pids", space], capture_output=True, text=True, check=False)
            for pid in found.stdout.split():  # only what was started in there
                with suppress(ProcessLookupError):
                    os.kill(int(pid), 9)
            _try("netns", "del", space)


def cut(space: str, address: str) -> None:
    """Lose every packet from this machine to `address`, as where a cable is pulled: no error, no answer."""
    ip("-n", space, "neigh", "replace", address, "lladdr", NOBODY, "dev", "eth0", "nud", "permanent")


def mend(space: str, address: str) -> None:
    ip("-n", space, "neigh", "del", address, "dev", "eth0")


def ip(*arguments: str) -> None:
    refusal = _try(*arguments)
    if refusal:
        raise RuntimeError(f"ip {' '.join(arguments)}: {refusal}")


def _try(*arguments: str) -> str:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    return done.stderr.strip() or "failed" if done.returncode else ""
