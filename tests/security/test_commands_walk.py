"""Every command, walked by machine: whatever is given to it, and wherever it writes, it ends in words and a code."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from dataclasses import replace
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path

import pytest
import stamina

from stalkeer.faces.cli.main import run_command_line
from stalkeer.faces.cli.output import ExitCode
from stalkeer.store.db.database import open_database, sqlite_url
from tests.doubles.disks import fill_up, mounted_disk, remount_read_only
from tests.faces.web.sample import fill
from tests.security.commands import lines

OWN_FAULT = "Internal error"
CODES = set(ExitCode)


@pytest.fixture
def lived_in(app, monkeypatch, tmp_path):
    fill(app.database, app.secrets, app.clock())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("STALKEER__DATA_DIR", str(app.paths.data_dir))
    monkeypatch.setattr(sys, "stdin", StringIO(""))
    with stamina.set_testing(True, attempts=1):
        yield app


def walk(app, capsys, given):
    """Run each line; those that ended otherwise than in words and a code that is documented."""
    wrong = []
    for arguments in given:
        capsys.readouterr()
        code = run_command_line(arguments, build=lambda _run: app, serve=lambda _app: None)
        told = capsys.readouterr()
        if code not in CODES or OWN_FAULT in told.out + told.err:
            wrong.append((arguments, code, told.err[-300:]))
    return wrong


NUMBERS = [str(2**64), "-1"]
RARE_NUMBERS = ["0", str(2**63), "9" * 60, "1e999", "nan", "\u0661"]
HOSTILE = ["\x00", "\udcff", "~nobody-of-this-name/list.m3u"]
RARE_TEXTS = ["\x1b[2J\u202e", "../../etc/passwd", "=", "-1", "%s{0}", "a" * 10_000, "", "\u0661"]


def with_rare(usual, rare):
    return [*usual, *(pytest.param(one, marks=pytest.mark.soak) for one in rare)]


@pytest.mark.parametrize("number", with_rare(NUMBERS, RARE_NUMBERS))
def test_whatever_the_number(lived_in, capsys, number):
    assert walk(lived_in, capsys, lines(number=number, text=number, options=number in NUMBERS)) == []


@pytest.mark.parametrize("text", with_rare(HOSTILE, RARE_TEXTS), ids=ascii)
def test_whatever_the_text(lived_in, capsys, text):
    assert walk(lived_in, capsys, lines(text=text, options=text == HOSTILE[0])) == []


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_full_output(lived_in, capsys, monkeypatch, form):
    wrong = []
    for arguments in lines(options=False):
        with Path("/dev/full").open("w") as full:
            monkeypatch.setattr(sys, "stdout", full)
            code = run_command_line([*arguments, *form], build=lambda _run: lived_in, serve=lambda _app: None)
        if code not in CODES or OWN_FAULT in capsys.readouterr().err:
            wrong.append((arguments, code))

    assert wrong == []


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_terminal_that_knows_ascii_only(lived_in, capsys, monkeypatch, form):
    wrong = []
    for arguments in lines(text="Amélie 映画 🎬", options=False):
        screen = TextIOWrapper(BytesIO(), encoding="ascii")
        monkeypatch.setattr(sys, "stdout", screen)
        monkeypatch.setattr(sys, "stderr", screen)
        code = run_command_line([*arguments, *form], build=lambda _run: lived_in, serve=lambda _app: None)
        screen.flush()
        told = screen.buffer.getvalue()
        if code not in CODES or OWN_FAULT.encode() in told or not told.isascii():
            wrong.append((arguments, code, told[-200:]))

    assert wrong == []


def impatient(app):
    app.database.close()
    database = open_database(sqlite_url(Path(str(app.database.engine.url.database))), busy_timeout_s=0.001)
    return replace(app, database=database)


def test_a_database_that_another_process_holds(lived_in, capsys):
    app = impatient(lived_in)
    with closing(sqlite3.connect(str(app.database.engine.url.database), isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        other.execute("CREATE TABLE held (a)")
        wrong = walk(app, capsys, [line for line in lines(options=False) if line != ["backup"]])  # waits for long
        code = run_command_line(["source", "list"], build=lambda _run: app, serve=lambda _app: None)

    assert wrong == []
    assert code == ExitCode.UNREACHABLE


def test_a_database_that_is_away(lived_in, capsys):
    app = replace(lived_in, database=open_database("postgresql://nobody@127.0.0.1:9/nothing"))

    wrong = walk(app, capsys, lines(options=False))

    assert wrong == []
    assert run_command_line(["source", "list"], build=lambda _run: app, serve=lambda _app: None) == 4


@pytest.mark.parametrize("trouble", ["full", "read-only"])
def test_a_data_folder_that_takes_nothing(lived_in, capsys, tmp_path, trouble):
    folder = lived_in.paths.data_dir
    with mounted_disk(folder, 2_000_000):
        if trouble == "full":
            fill_up(folder)
        else:
            remount_read_only(folder)
        wrong = walk(lived_in, capsys, lines(options=False))

    assert wrong == []
