"""Scripts of a user: their environment, their end, their limits."""

import os
import time
from pathlib import Path

import pytest

from stalkeer.adapters.scripts import run as module
from stalkeer.adapters.scripts.run import Ending, Script, is_runnable, run_script
from tests.doubles.hook_scripts import lines_of, write_script
from tests.doubles.house import eventually

HOSTILE = ("-rf /\nSTALKEER_EVENT=x\0y", "$(touch /tmp/owned); `id`", "Amélie \u202e\ud800 \x1b[2J")


def run(*command, variables=None, document="{}", timeout_s=20.0, stop=lambda: False):
    return run_script(Script(command, variables or {}, document, timeout_s), stop)


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_environment_holds_nothing_of_this_process(monkeypatch):
    monkeypatch.setenv("STALKEER__RADARR__API_KEY", "hidden-from-scripts")
    monkeypatch.setenv("LD_PRELOAD", "")

    done = run("/usr/bin/env", variables={"STALKEER_TITLE": "Dune"})

    names = {line.partition("=")[0] for line in done.output.decode().splitlines()}
    assert names - {"HOME", "TZ"} == {"PATH", "LANG", "STALKEER_TITLE"}
    assert (done.ending, done.exit_code) == (Ending.EXITED, 0)


@pytest.mark.parametrize("title", HOSTILE, ids=["newline and NUL", "shell", "terminal"])
def test_a_hostile_title_is_one_line_of_one_variable(title):
    done = run("/usr/bin/env", variables={"STALKEER_TITLE": title, "STALKEER_EVENT": "after_import"})

    lines = done.output.decode().splitlines()
    assert sum(line.startswith("STALKEER_TITLE=") for line in lines) == 1
    assert lines.count("STALKEER_EVENT=after_import") == 1
    assert not any(line.startswith("STALKEER_EVENT=x") for line in lines)


def test_arguments_are_no_shell_words_and_the_document_is_the_standard_input(tmp_path):
    script = write_script(tmp_path / "a script.sh", 'printf "%s|" "$@"', "cat")

    done = run(script, "$HOME", "a b", "; id", document='{"title": "Dune"}')

    assert done.output.decode() == '$HOME|a b|; id|{"title": "Dune"}'


def test_a_script_need_not_read_a_large_document(tmp_path):
    done = run(write_script(tmp_path / "hook", "exit 3"), document="x" * 1_000_000)

    assert done.exit_code == 3


def test_a_script_that_hangs_is_killed_with_everything_it_started(tmp_path):
    note = tmp_path / "child"
    script = write_script(
        tmp_path / "hook", "trap '' TERM", f"sh -c 'trap \"\" TERM; echo $$ > {note}; sleep 60' &", "sleep 60 & wait"
    )
    began = time.monotonic()

    done = run(script, timeout_s=0.5)

    assert (done.ending, done.exit_code) == (Ending.TIMED_OUT, None)
    assert time.monotonic() - began < 10
    child = int(lines_of(note)[0])
    eventually(lambda: not is_alive(child), "the child is dead too")


def test_a_script_is_killed_when_its_download_is_cancelled(tmp_path):
    note = tmp_path / "started"

    done = run(write_script(tmp_path / "hook", f"echo $$ > {note}; sleep 60"), stop=note.exists)

    assert done.ending is Ending.STOPPED


def test_only_the_end_of_a_large_output_is_kept(tmp_path):
    script = write_script(tmp_path / "hook", "yes chatter | head -c 300000", "echo last words >&2")

    done = run(script)

    assert len(done.output) <= module.KEPT_OUTPUT
    assert done.is_shortened
    assert done.output.endswith(b"last words\n")


def test_a_process_left_behind_does_not_hold_the_script_up(tmp_path):
    note = tmp_path / "left"
    began = time.monotonic()

    done = run(write_script(tmp_path / "hook", f"sleep 60 & echo $! > {note}", "echo done"))

    assert done.output == b"done\n"
    assert time.monotonic() - began < 20
    os.kill(int(lines_of(note)[0]), 9)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: None, "No such file"),
        (lambda path: path.write_text("#!/bin/sh\n"), "Permission denied"),
        (lambda path: (path.write_text("no program"), path.chmod(0o755)), "Exec format error"),
    ],
    ids=["missing", "not executable", "no program"],
)
def test_a_script_that_cannot_be_started_says_why(tmp_path, make, reason):
    make(tmp_path / "hook")

    done = run(str(tmp_path / "hook"))

    assert done.ending is Ending.NOT_STARTED
    assert reason in done.problem


def test_a_program_is_runnable_where_it_is_an_executable_file(tmp_path):
    script = write_script(tmp_path / "hook", "exit 0")

    assert is_runnable((script,))
    assert not is_runnable(())
    assert not is_runnable((str(tmp_path),))
    assert not is_runnable((str(tmp_path / "missing"),))
