"""What holds for every command: exit codes, one JSON document, speed of import."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from stalkeer.errors import ArrUnreachable, ConfigurationError, NotFound
from stalkeer.faces.cli.main import NOUNS, run_command_line

HEAVY = ("dbos", "fastapi", "uvicorn", "alembic", "sqlalchemy", "jinja2", "pydantic")


def test_version_is_one_json_document(stalkeer):
    ended = stalkeer("version", "--json")

    assert ended.code == 0
    assert set(ended.document) == {"version", "python"}


def test_the_common_options_stand_before_or_after_the_command(stalkeer):
    assert stalkeer("--json", "version").document == stalkeer("version", "--json").document


def test_a_wrong_command_ends_with_2(stalkeer):
    ended = stalkeer("verzion")

    assert ended.code == 2
    assert "version" in ended.err


def test_a_usage_error_with_json_is_a_document_too(stalkeer):
    ended = stalkeer("version", "--no-such-option", "--json")

    assert ended.code == 2
    assert ended.document["code"] == 2


@pytest.mark.parametrize(
    ("error", "code"),
    [(ConfigurationError("x"), 5), (ArrUnreachable("x"), 4), (NotFound("x"), 1), (KeyboardInterrupt(), 130)],
)
def test_an_error_decides_the_exit_code(error, code):
    def build(_run):
        raise error

    assert run_command_line(["serve"], build=build, serve=lambda _app: None) == code


def test_help_imports_nothing_heavy():
    script = """
import sys
from stalkeer.__main__ import (main)
sys.argv[1:] = ["--help"]
try:
    main()
except SystemExit:
    print("LOADED", *sorted({name.split(".")[0] for name in sys.modules}))
"""
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout

    loaded = shown.rpartition("LOADED")[2].split()

    assert [name for name in HEAVY if name in loaded] == []


def test_every_noun_is_shown_with_its_help(stalkeer):
    ended = stalkeer("--help")

    assert ended.code == 0
    assert all(noun.name in ended.out for noun in NOUNS)


def test_ctrl_c_ends_with_130_and_says_that_nothing_is_lost():
    def build(_run):
        raise KeyboardInterrupt

    assert run_command_line(["job", "list"], build=build, serve=lambda _app: None) == 130


def test_ctrl_c_with_json_is_a_document_too(capsys):
    def build(_run):
        raise KeyboardInterrupt

    run_command_line(["job", "list", "--json"], build=build, serve=lambda _app: None)

    assert json.loads(capsys.readouterr().out)["code"] == 130
