"""What a transfer costs against curl, how exactly bandwidth is limited and shared, and how little memory it takes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench._fetch import Counting
from bench._fileserver import serving
from bench.rows import Row, at_least, at_most
from stalkeer.adapters.transfers.pace import Bandwidth
from stalkeer.adapters.transfers.request import TransferRequest
from stalkeer.adapters.transfers.transfer import transfer
from stalkeer.core.downloads.resume import OVERLAP

GB = 1_000_000_000
MB = 1_000_000
SIZE = 1 << 30
ROUNDS = 3
WINDOW_S = 10.0


@dataclass(frozen=True)
class Site:
    base: str
    work: Path
    ca: str = "-"


def run(*_arguments: str) -> list[Row]:
    memory = Path("/dev/shm") if Path("/dev/shm").is_dir() else Path(tempfile.gettempdir())
    work = Path(tempfile.mkdtemp(prefix="stalkeer-bench-", dir=memory))
    try:
        return _measure(work)
    finally:
        shutil.rmtree(work)


def _measure(work: Path) -> list[Row]:
    root = work / "root"
    root.mkdir()
    _make_files(root)
    pem = _certificate(work)
    rows = []
    with serving(root, work / "plain") as base:
        site = Site(base, work)
        rows += _against_curl(site, 1, 1.2) + _against_curl(site, 3, 1.2)
        for count, rate in ((3, 10 * MB), (10, 10 * MB), (3, 50 * MB), (10, 50 * MB)):
            rows += _limited(site, count, rate)
        rows.append(_memory(site))
        rows.append(_resume(site))
    with serving(root, work / "tls", pem) as base:
        site = Site(base, work, str(pem))
        rows += _against_curl(site, 1, 1.5) + _against_curl(site, 3, 1.5)
    return rows


def _make_files(root: Path) -> None:
    piece = os.urandom(1 << 20)
    for name, size in (("1.mkv", SIZE), ("3.mkv", SIZE // 3), ("10.mkv", SIZE // 10)):
        with (root / name).open("wb") as file:
            for _ in range(size >> 20):
                file.write(piece)


def _against_curl(site: Site, count: int, limit: float) -> list[Row]:
    """Interleaved, the best of each: the machine is rarely idle, and a minimum is what noise leaves."""
    if shutil.which("curl") is None:
        return []
    urls = [f"{site.base}/{count}.mkv"] * count
    size = (SIZE // count >> 20 << 20) * count
    ours, theirs = [], []
    for _ in range(ROUNDS):
        theirs.append(_curl(site, urls))
        ours.append(_fetch(site, urls))
    kind = "TLS" if site.ca != "-" else "plain"
    cpu, curl_cpu = (min(one["cpu_s"] for one in many) / size * GB for many in (ours, theirs))
    wall, curl_wall = (min(one["wall_s"] for one in many) for many in (ours, theirs))
    name = f"{kind}, {count} file{'s' if count > 1 else ''}"
    rows = [
        Row(f"CPU, {name}", cpu, "s/GB"),
        Row(f"CPU of curl, {name}", curl_cpu, "s/GB"),
        at_most(f"CPU against curl, {name}", cpu / curl_cpu, limit, "x"),
    ]
    if count == 3 and kind == "plain":
        rows.append(at_most(f"time against curl -Z, {name}", wall / curl_wall, 1.0, "x"))
    return rows


def _limited(site: Site, count: int, rate: int) -> list[Row]:
    result = _fetch(site, [f"{site.base}/1.mkv"] * count, rate, WINDOW_S)
    reached = sum(result["sizes"]) / (rate * result["wall_s"])
    share = min(result["steady"]) / max(result["steady"])
    name = f"{count} downloads at {rate // MB} MB/s"
    return [
        Row(f"of the limit, {name}", reached, "", "0.98 to 1.02", 0.98 <= reached <= 1.02),
        at_least(f"smallest share of the largest, {name}", share, 0.9),
        Row(f"CPU, {name}", result["cpu_s"] / result["wall_s"], "cores"),
    ]


def _memory(site: Site) -> Row:
    result = _fetch(site, [f"{site.base}/10.mkv"] * 10)
    return at_most("memory above idle, 10 downloads at full speed", result["grown"] / 2**20, 40, "MiB")


def _resume(site: Site) -> Row:
    """From asking for the rest of half a file until bytes come that were not there before."""
    half, part = SIZE // 2, site.work / "half.part"
    with (site.work / "root" / "1.mkv").open("rb") as whole, part.open("wb") as sink:
        shutil.copyfileobj(whole, sink)
        sink.truncate(half)
    begun = time.monotonic()
    watcher = Counting(begun + 60, begun)
    watcher.enough = OVERLAP + 1
    transfer(TransferRequest(f"{site.base}/1.mkv", part, durable_offset=half), watcher, Bandwidth().pace())
    took = time.monotonic() - begun
    is_resumed = half < part.stat().st_size < SIZE
    part.unlink()
    return at_most("until new bytes come after a reconnect", took if is_resumed else float("inf"), 1.0, "s")


def _fetch(site: Site, urls: list[str], rate: int = 0, window_s: float = 0) -> dict[str, Any]:
    folder = _fresh(site.work / "ours")
    command = [sys.executable, "-m", "bench._fetch", str(folder), str(rate), str(window_s), site.ca, *urls]
    result = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    if not window_s and result["fetched"] != len(urls):
        raise RuntimeError(f"only {result['fetched']} of {len(urls)} transfers were fetched")
    shutil.rmtree(folder)
    return dict(result)


def _curl(site: Site, urls: list[str]) -> dict[str, Any]:
    folder = _fresh(site.work / "theirs")
    outputs = [part for number, url in enumerate(urls) for part in ("-o", str(folder / f"{number}.part"), url)]
    command = ["curl", "-s", "--no-progress-meter", "-Z", *(["--cacert", site.ca] if site.ca != "-" else []), *outputs]
    begun, before = os.times().elapsed, os.times()
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    after = os.times()
    shutil.rmtree(folder)
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return {"cpu_s": used, "wall_s": after.elapsed - begun}


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def _certificate(work: Path) -> Path:
    pem = work / "server.pem"
    key = work / "key.pem"
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    )
    subprocess.run([*command.split(), "-keyout", str(key), "-out", str(pem)], check=True, capture_output=True)
    pem.write_bytes(pem.read_bytes() + key.read_bytes())
    return pem
