"""No traceback reaches whoever runs a command: full and closed outputs, foreign letters, numbers, unusable folders."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def run(home: Path, *arguments: str | bytes, out: str | int = subprocess.PIPE, **environ: str):
    """Run the command as a shell does; `out` may be a file to write to."""
    given = {"HOME": str(home), "PATH": os.environ["PATH"], "STALKEER__DATA_DIR": str(home / "data"), **environ}
    target = Path(out).open("wb") if isinstance(out, str) else None  # noqa: SIM115 - closed below
    try:
        return subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "stalkeer", *arguments],
            stdout=target or out,
            stderr=subprocess.PIPE,
            env=given,
            timeout=120,
            check=False,
        )
    finally:
        if target is not None:
            target.close()


def check(ended: subprocess.CompletedProcess[bytes], code: int, said: str) -> None:
    told = (ended.stdout or b"") + ended.stderr
    assert b"Traceback" not in told
    assert b"Exception ignored" not in told
    assert ended.returncode == code, told
    assert said in told.decode()


@pytest.mark.parametrize(
    "arguments", [["version"], pytest.param(["config", "show", "--json"], marks=pytest.mark.soak), ["download", "list"]]
)
def test_a_full_output_is_said_in_a_line(tmp_path, arguments):
    check(run(tmp_path, *arguments, out="/dev/full"), 1, "cannot be written: No space left on device")


def test_an_error_that_a_full_output_does_not_take_is_said_on_the_terminal(tmp_path):
    check(run(tmp_path, "download", "show", "99999", "--json", out="/dev/full"), 1, "99999")


def test_an_argument_that_is_no_utf8_is_a_wrong_argument(tmp_path):
    check(run(tmp_path, "match", "explain", b"\xff\xfe"), 2, "is no text in UTF-8")


# test_commands_walk.py gives such numbers to every command
@pytest.mark.parametrize(
    "number", [str(2**64), *(pytest.param(n, marks=pytest.mark.soak) for n in (str(2**63), "9" * 60))]
)
def test_a_number_beyond_64_bits_is_refused(tmp_path, number):
    check(run(tmp_path, "download", "show", number), 1, "cannot hold a number beyond 64 bits")


def test_a_terminal_that_knows_ascii_only_shows_everything(tmp_path):
    environ = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    playlist = tmp_path / "l.m3u"
    playlist.write_text("#EXTM3U\n#EXTINF:-1,Amélie (2001)\nhttp://h.example.com/movie/a/b/1.mkv\n", encoding="utf-8")

    added = run(tmp_path, "source", "add", "--name", "main", str(playlist), **environ)
    listed = run(tmp_path, "source", "list", **environ)
    named = run(tmp_path, "match", "parse", "Amélie (2001)", "--json", **environ)

    for ended in (added, listed, named):
        assert b"Traceback" not in (ended.stdout + ended.stderr)
        assert (ended.stdout + ended.stderr).isascii()


@pytest.mark.parametrize("folder", ["/proc/self", "/dev/null"])
def test_a_data_folder_that_cannot_be_written_is_named_with_what_is_accepted(tmp_path, folder):
    check(run(tmp_path, "download", "list", STALKEER__DATA_DIR=folder), 5, "data_dir")


def test_an_empty_configuration_is_no_error(tmp_path):
    (tmp_path / "config.yml").write_text("")

    check(run(tmp_path, "--config", str(tmp_path / "config.yml"), "config", "check"), 0, "")


def test_a_closed_output_ends_quietly(tmp_path):
    ended = subprocess.run(  # noqa: S603 - our own command
        ["/bin/sh", "-c", 'exec "$0" -m stalkeer version >&-', sys.executable],
        stderr=subprocess.PIPE,
        env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]},
        timeout=60,
        check=False,
    )

    check(ended, 0, "")
