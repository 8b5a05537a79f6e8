"""A refresh that is killed at any moment leaves the last good catalogue, and the next one finishes the work."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

FILMS = 8_000


def write_playlist(path: Path, count: int, mark: str) -> None:
    lines = (f"#EXTINF:-1,Film {n}{mark} (2001)\nhttp://tv.example/movie/u1/p1/{n}.mkv\n" for n in range(count))
    path.write_text("#EXTM3U\n" + "".join(lines))


class Program:
    """The command line in processes of its own, over one data folder."""

    def __init__(self, folder: Path) -> None:
        self.config = folder / "config.yml"
        self.playlist = folder / "list.m3u"
        self.database = folder / "data" / "stalkeer.db"
        self.config.write_text(
            f"data_dir: {folder / 'data'}\nplaylists:\n  - name: main\n    path: {self.playlist}\n    max_shrink: 0.5\n"
        )

    def start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "stalkeer", "--config", str(self.config), "source", "refresh", "main"]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def refresh(self) -> int:
        return self.start().wait(timeout=110)

    def query(self, statement: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.database, timeout=30)) as connection:
            return connection.execute(statement).fetchall()

    def visible(self) -> int:
        statement = (
            "SELECT count(*) FROM entries e JOIN sources s ON s.id = e.source_id WHERE e.added_gen <= s.generation "
            "AND (e.gone_gen IS NULL OR e.gone_gen > s.generation)"
        )
        return int(str(self.query(statement)[0][0]))


@pytest.mark.timeout(300)
def test_a_killed_refresh_leaves_the_old_catalogue_and_the_next_one_the_new(tmp_path):
    program = Program(tmp_path)
    write_playlist(program.playlist, 2_000, "")
    assert program.refresh() == 0
    ids = dict(program.query("SELECT key, id FROM entries"))
    write_playlist(program.playlist, FILMS, "")

    for rows in (2_100, 6_100):  # kill it after so many rows, seen and unseen, are written
        running = program.start()
        while running.poll() is None and int(str(program.query("SELECT count(*) FROM entries")[0][0])) < rows:
            time.sleep(0.02)  # another process: there is nothing to step
        os.kill(running.pid, signal.SIGKILL)
        running.wait()
        assert program.visible() in (2_000, FILMS)

    assert program.refresh() == 0
    assert program.visible() == FILMS
    assert int(str(program.query("SELECT count(*) FROM entries")[0][0])) == FILMS
    assert ids.items() <= dict(program.query("SELECT key, id FROM entries")).items()
    assert program.query("SELECT count(*) FROM entry_updates") == [(0,)]
