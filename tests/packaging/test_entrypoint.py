"""How the container's entry point decides whom to run as, takes over the data folder and watches over the program."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "packaging" / "entrypoint.py"
spec = importlib.util.spec_from_file_location("entrypoint", SCRIPT)
assert spec is not None
assert spec.loader is not None
entrypoint = importlib.util.module_from_spec(spec)
spec.loader.exec_module(entrypoint)
User, plan = entrypoint.User, entrypoint.plan

needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")


def started_as_root(*groups, **variables):
    return plan(variables, 0, 0, (0, *groups))


@pytest.mark.parametrize(
    ("variables", "user"),
    [
        ({}, User(1000, 1000, (1000,))),
        ({"PUID": "1234", "PGID": "2345"}, User(1234, 2345, (2345,))),
        ({"PUID": "1234"}, User(1234, 1000, (1000,))),
        ({"PUID": "", "PGID": " 100 "}, User(1000, 100, (100,))),
        ({"PUID": "0", "PGID": "0"}, User(0, 0, (0,))),
    ],
    ids=["none", "both", "only the user", "empty", "root on purpose"],
)
def test_root_becomes_the_user_of_puid_and_pgid(variables, user):
    assert started_as_root(**variables).user == user


def test_groups_that_the_container_was_given_are_kept_and_that_of_root_is_not():
    assert started_as_root(44, 109, PGID="109").user.groups == (44, 109)
    assert started_as_root(44).user.groups == (44, 1000)


def test_a_container_of_another_user_keeps_it_and_says_that_puid_has_no_effect():
    silent = plan({}, 1234, 2345, (2345,))
    same = plan({"PUID": "1234", "PGID": "2345"}, 1234, 2345, (2345,))
    other = plan({"PUID": "1000", "UMASK": "002"}, 1234, 2345, (2345,))

    assert silent == same == (None, None, ())
    assert (other.user, other.umask) == (None, 0o002)
    assert "no effect" in other.notes[0]
    assert "1234:2345" in other.notes[0]


@pytest.mark.parametrize(("given", "umask"), [("002", 0o002), ("22", 0o022), ("0077", 0o077), ("", None)])
def test_the_umask_is_octal(given, umask):
    assert started_as_root(UMASK=given).umask == umask


@pytest.mark.parametrize(
    ("name", "value"),
    [("PUID", "me"), ("PUID", "-1"), ("PGID", "4294967295"), ("PGID", "²"), ("UMASK", "0o22"), ("UMASK", "028")],
)
def test_a_value_that_is_not_understood_is_refused_with_what_is_accepted(name, value):
    with pytest.raises(entrypoint.RefusedError, match=f"{name} is '{value}'; accepted: "):
        started_as_root(**{name: value})


START = "import entrypoint, sys; folder, *command = sys.argv[1:]; start = entrypoint.main"
START += "; sys.exit(start(command[1:], command[0], entrypoint.Path(folder)))"


def run_entrypoint(folder, *command, environ, wrap=(), **options):
    """Run the script as the container would, with a command of ours in the place of `stalkeer`."""
    program = shutil.which(command[0])
    return subprocess.run(
        [*wrap, sys.executable, "-c", START, str(folder), program, *command[1:]],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(SCRIPT.parent), "PYTHONDONTWRITEBYTECODE": "1", **environ},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
        **options,
    )


@pytest.fixture
def foreign(tmp_path):
    """A data folder that others left behind, with a link to a file outside."""
    outside = tmp_path / "outside"
    outside.touch()
    folder = tmp_path / "config"
    (folder / "logs").mkdir(parents=True)
    (folder / "logs" / "old.log").touch()
    (folder / "link").symlink_to(outside)
    for path in (folder, folder / "logs", folder / "logs" / "old.log"):
        os.chown(path, 4321, 4321)
    (folder / "logs").chmod(0o700)
    return folder


@needs_root
def test_the_data_folder_is_taken_over_and_the_program_runs_as_the_user(foreign):
    ran = run_entrypoint(
        foreign, "sh", "-c", "id -u; id -g; umask; id -G; : > made", cwd=foreign,
        environ={"PUID": "1234", "PGID": "2345", "UMASK": "027"}, extra_groups=[44],
    )  # fmt: skip

    assert (ran.stdout.split(), ran.stderr) == (["1234", "2345", "0027", "2345", "44"], "")
    inside = [foreign, *foreign.rglob("*")]
    assert {(path.lstat().st_uid, path.lstat().st_gid) for path in inside} == {(1234, 2345)}
    assert (foreign / "made").stat().st_mode & 0o777 == 0o640
    assert (foreign.parent / "outside").stat().st_uid == 0


@needs_root
def test_what_cannot_be_given_away_is_said_once_and_the_program_starts(foreign):
    ran = run_entrypoint(
        foreign, "id", "-u", environ={"PUID": "1234"}, wrap=["setpriv", "--bounding-set", "-chown"]
    )  # fmt: skip

    assert ran.stdout == "1234\n"
    assert ran.stderr.count("\n") == 1
    assert "4 paths cannot be given to user 1234:1000, such as" in ran.stderr


@needs_root
def test_a_configuration_that_is_mounted_read_only_is_left_as_it_is(foreign):
    config = foreign / "config.yml"
    config.touch()
    mount = f'mount --bind {config} {config} && mount -o remount,bind,ro {config} && exec "$@"'
    own_mounts = ["unshare", "--mount", "sh", "-c", mount, "sh"]
    if subprocess.run([*own_mounts, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine allows no mounts of one's own")

    ran = run_entrypoint(foreign, "id", "-u", environ={"PUID": "1234"}, wrap=own_mounts)

    assert (ran.stdout, ran.stderr) == ("1234\n", "")
    assert config.stat().st_uid == 0


@needs_root
def test_a_container_that_may_not_change_its_user_says_what_to_do(tmp_path):
    ran = run_entrypoint(
        tmp_path, "id", environ={"PUID": "1234", "PGID": "2345"}, wrap=["setpriv", "--bounding-set", "-setuid,-setgid"]
    )

    assert (ran.returncode, ran.stdout) == (5, "")
    assert "capabilities SETUID and SETGID, or start it with `user: 1234:2345`" in ran.stderr


def test_a_wrong_value_ends_the_container_before_the_program_starts(tmp_path):
    ran = run_entrypoint(tmp_path, "id", environ={"UMASK": "rwx"})

    assert (ran.returncode, ran.stdout) == (5, "")
    assert ran.stderr == "stalkeer container: UMASK is 'rwx'; accepted: an octal number such as 002 or 022\n"


def in_a_process_space_of_its_own(folder, script):
    own_space = ["unshare", "--pid", "--fork", "--mount-proc"]
    if subprocess.run([*own_space, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine allows no process space of one's own")
    return run_entrypoint(folder, "sh", "-c", script, environ={}, wrap=own_space)


@needs_root
@pytest.mark.parametrize(("script", "code"), [("exit 7", 7), ("kill -TERM $$", 143), ("true", 0)])
def test_process_1_ends_with_the_exit_code_of_the_program(tmp_path, script, code):
    assert in_a_process_space_of_its_own(tmp_path, script).returncode == code


@needs_root
def test_process_1_passes_signals_on(tmp_path):
    ran = in_a_process_space_of_its_own(
        tmp_path, "trap 'echo stopped; exit 3' TERM; kill -TERM 1; while :; do read -r _ || sleep 0.01; done"
    )

    assert (ran.returncode, ran.stdout) == (3, "stopped\n")


@needs_root
def test_process_1_collects_processes_whose_parents_ended(tmp_path):
    orphans = "for _ in 1 2 3; do (sleep 0 &); done; "
    looks = "for _ in 1 2 3 4 5 6 7 8 9; do sleep 0.02; grep -l '^PPid:.1$' /proc/[0-9]*/status 2>&- | wc -l; done"
    ran = in_a_process_space_of_its_own(tmp_path, orphans + looks)

    assert ran.stdout.split()[-1] == "1", "only the program itself is left below process 1"
