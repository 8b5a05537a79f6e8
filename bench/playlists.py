"""What a playlist of a million entries costs: reading, refreshing, importing; ratios to reading its lines.

`python -m bench playlists [ENTRIES]`. Every figure is CPU time of a process of its own, without its start.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench._playlists_data import write_playlist
from bench.rows import Row, at_least, at_most

ENTRIES = 1_000_000
SMALL = 50_000  # ipytv keeps every entry in memory and takes minutes for a million
MIDDLE = 200_000  # what is imported into PostgreSQL, and while pages are read


def run(*arguments: str) -> list[Row]:
    entries = int(arguments[0]) if arguments else ENTRIES
    work = Path(tempfile.mkdtemp(prefix="stalkeer-bench-"))
    try:
        return _measure(work, entries)
    finally:
        shutil.rmtree(work)


def _measure(work: Path, entries: int) -> list[Row]:
    before, after, small, middle = (work / f"{name}.m3u" for name in ("before", "after", "small", "middle"))
    write_playlist(before, entries)
    write_playlist(after, entries, changed=0.01)
    write_playlist(small, SMALL)
    rows = []
    floor = _task("floor", before)["cpu"]
    rows.append(Row(f"floor: lines of {entries:,} entries", floor, "CPU s"))
    read = _task("read", before)
    rows.append(at_most("bytes to entries / floor", read["cpu"] / floor, 9))
    rows.append(at_most("bytes to entries, RSS", read["rss"], 60, "MB"))
    rows.append(at_least("ipytv / bytes to entries, 50,000 entries", _against_ipytv(small), 10))
    database = f"sqlite:///{work / 'bench.db'}"
    first = _task("refresh", before, database, str(work))
    rows.append(at_most("first import with titles, keys and database / floor", first["cpu"] / floor, 60))
    rows.append(at_most("first import, RSS", first["rss"], 200, "MB"))
    rows.append(at_most("longest write lock of the import", first["lock"], 0.5, "s"))
    same = _task("refresh", before, database, str(work))
    rows.append(at_most("refresh with identical bytes / floor", same["cpu"] / floor, 0.5))
    changed = _task("refresh", after, database, str(work))
    rows.append(at_most("refresh with 1 % changed / floor", changed["cpu"] / floor, 6))
    rows.append(at_least("first import / refresh with 1 % changed", first["cpu"] / changed["cpu"], 5))
    write_playlist(middle, MIDDLE)
    rows.append(at_most("a page's p95 while another source is imported / without", _beside(work, middle, database), 2))
    return rows + _on_postgres(work, middle)


def _beside(work: Path, playlist: Path, database: str) -> float:
    """How much longer a page of the catalogue takes while a refresh writes to the same database."""
    end = work / "end"
    end.touch()
    alone = _task("pages", playlist, database, str(end))["p95"]
    end.unlink()
    reader = _start("pages", playlist, database, str(end))
    _task("refresh", playlist, database, str(work), "other")
    end.touch()
    return _measured(reader)["p95"] / alone


def _on_postgres(work: Path, playlist: Path) -> list[Row]:
    from tests.doubles.postgres import PrivatePostgres, find_server_binaries

    binaries = find_server_binaries()
    if binaries is None:
        return []
    (work / "embedded").mkdir()
    embedded = _task("refresh", playlist, f"sqlite:///{work / 'embedded' / 'bench.db'}", str(work / "embedded"))
    folder = Path(tempfile.mkdtemp(prefix="stalkeer-bench-pg-"))
    try:
        with PrivatePostgres(binaries, folder) as server, server.fresh_database() as url:
            shared = _task("refresh", playlist, url, str(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    name = "200,000 entries: PostgreSQL / SQLite, time"
    return [at_most(name, shared["wall"] / embedded["wall"], 3)]


def _against_ipytv(playlist: Path) -> float:
    ours = _task("read", playlist)["cpu"]
    return _task("ipytv", playlist)["cpu"] / ours


def _task(name: str, playlist: Path, *arguments: str) -> dict[str, float]:
    return _measured(_start(name, playlist, *arguments))


def _start(name: str, playlist: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "bench._playlists_task", name, str(playlist), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _measured(task: subprocess.Popen[str]) -> dict[str, float]:
    said, _ = task.communicate()
    if task.returncode:
        raise subprocess.CalledProcessError(task.returncode, task.args)
    measured: dict[str, float] = json.loads(said.splitlines()[-1])
    return measured
