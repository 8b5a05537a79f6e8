"""What users meet on a bad day: a clear message, and nothing lost."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import func, select

from stalkeer.demo.content import Memory
from stalkeer.demo.scenario import MEGABYTE, MOVIES, SHOWS, Cast, Expectation
from stalkeer.model import DownloadState
from stalkeer.runtime import utc_now
from stalkeer.secrets import SecretBox
from stalkeer.store.db.tables import entries
from stalkeer.store.system.settings import write_settings
from tests.doubles.ports import free_port
from tests.e2e.program import Program

SMALL = {"min_free": "0", "assumed_size": "1MB", "concurrent_limit": 3, "retry_delay": "1s", "reconnect_gap": "0s"}
pytestmark = pytest.mark.timeout(400)
FEW = pytest.mark.parametrize("world", [Cast(MOVIES[:5], SHOWS[:1], size=3 * MEGABYTE)], indirect=True, ids=["few"])
ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")


def words(finished) -> str:
    return f"{finished.text} {finished.errors}"


def test_a_wrong_api_key_is_named_and_the_other_instance_is_scanned_all_the_same(program, world):
    stalkeer = program(radarr={"api_key": "0000wrong0000"})
    stalkeer.run("source", "refresh")

    done = stalkeer.run("scan", "missing", "--json")

    assert done.code == 3, words(done)
    radarr, sonarr = sorted(done.document["instances"], key=lambda one: one["kind"])
    assert "key" in radarr["error"].lower() and "0000wrong0000" not in words(done)
    assert sonarr["wanted"] == 23 and sonarr["confirmed"] == 22


def test_an_unreachable_radarr_is_named_and_the_other_instance_is_scanned_all_the_same(program, world):
    stalkeer = program(radarr={"url": f"http://127.0.0.1:{free_port()}"})

    done = stalkeer.call("scan", "missing", "--json")

    assert done.code == 3, words(done)
    radarr, sonarr = sorted(done.document["instances"], key=lambda one: one["kind"])
    assert "refused" in radarr["error"] and sonarr["wanted"] == 23


def test_with_nobody_reachable_the_scan_says_so_and_ends_with_its_own_code(program, world):
    nowhere = {"url": f"http://127.0.0.1:{free_port()}"}
    stalkeer = program(radarr=nowhere, sonarr=nowhere)

    assert stalkeer.call("scan", "missing").code == 4


def test_an_html_page_instead_of_a_playlist_leaves_the_catalogue_as_it_was(program, world):
    stalkeer = program()
    assert stalkeer.call("source", "refresh").code == 0
    before = entries_of(stalkeer)
    world.provider.playlist = Memory(b"<!doctype html><html><body>Your account has been moved</body></html>")

    done = stalkeer.call("source", "refresh")

    assert done.code != 0 and "playlist" in words(done).lower() and world.account.password not in words(done)
    assert entries_of(stalkeer) == before > 0


def test_a_setting_with_a_bad_value_is_named_with_what_is_accepted(program, world):
    stalkeer = program(downloads={"bandwidth_limit": "fast"})

    done = stalkeer.call("config", "check")

    assert done.code == 5 and "downloads.bandwidth_limit" in words(done) and "fast" in words(done)


def entries_of(stalkeer) -> int:
    with stalkeer.database() as database, database.connect() as connection:
        return connection.execute(select(func.count()).select_from(entries)).scalar_one()


@pytest.mark.soak
@ROOT_ONLY
@FEW
def test_a_folder_that_is_read_only_from_the_start_is_named_and_downloads_wait(program, world, tmp_path):
    with disk(tmp_path / "disk", "200m") as folder:
        stalkeer = program(directories={"temp": str(folder)}, downloads=SMALL)
        remount(folder, "ro")
        assert stalkeer.call("config", "check").code == 5
        stalkeer.serve()
        stalkeer.job("refresh")
        stalkeer.job("scan")
        stalkeer.wait_until(lambda: str(folder) in stalkeer.waiting(), "downloads wait for the folder")
        health = stalkeer.call("doctor", "health")

        assert health.code == 1 and "directories.temp" in words(health) and str(folder) in words(health)
        assert "directories.temp" in stalkeer.log

        remount(folder, "rw")
        stalkeer.settle()
        assert stalkeer.stop() == 0


@FEW
def test_a_stored_folder_that_cannot_be_used_is_named_and_keeps_no_program_from_its_start(program, world):
    stalkeer, key, _ = with_stored_folder(program, "movies", "relative")

    stalkeer.serve()

    stalkeer.wait_until(lambda: any("directories.movies" in one["message"] for one in findings(stalkeer, key)), "found")
    assert stalkeer.stop() == 0


# soak: tests/engine/test_folders_in_trouble.py and tests/faces/api/test_settings.py prove the steps in this process
@pytest.mark.soak
@FEW
@pytest.mark.parametrize(("name", "folder"), [("movies", "relative"), ("temp", "/proc/1"), ("tvshows", "/nowhere")])
def test_a_stored_folder_that_cannot_be_used_ends_nothing_and_can_be_set_right(program, world, name, folder):
    stalkeer, key, right = with_stored_folder(program, name, folder)

    checked = stalkeer.call("config", "check")
    stalkeer.serve()
    stalkeer.job("refresh")
    stalkeer.job("scan")
    stalkeer.wait_until(
        lambda: any(f"directories.{name}" in one["message"] for one in findings(stalkeer, key)), "found"
    )
    assert checked.code == 5 and f"directories.{name}: '{folder}'" in words(checked)
    assert not any(row.state is not DownloadState.QUEUED for row in stalkeer.downloads())
    assert stalkeer.call("doctor", "health").code == 1
    assert stalkeer.call("doctor", "paths").code == (0 if name == "temp" else 1)  # it asks about what is handed over

    answer = ask(stalkeer, "PUT", "/api/v1/settings/directories", key, {name: right})
    assert answer["values"][name] == right
    stalkeer.settle()
    assert stalkeer.stop() == 0


def with_stored_folder(program, name: str, folder: str) -> tuple[Program, str, str]:
    """As an earlier release let it be saved, or as a backup brings it: the program, its key and the right folder."""
    stalkeer = program(downloads=SMALL)
    values = json.loads(stalkeer.config.read_text())
    right = values["directories"].pop(name)
    stalkeer.config.write_text(json.dumps(values))
    key = stalkeer.call("api-key", "show").text.strip()
    with stalkeer.database() as database:
        box = SecretBox(Fernet.generate_key())
        with database.begin() as connection:
            write_settings(connection, box, {f"directories.{name}": folder}, frozenset(), utc_now())
    return stalkeer, key, right


def findings(stalkeer, key: str) -> list[dict]:
    return ask(stalkeer, "GET", "/api/v1/health", key)["records"]


def ask(stalkeer, method: str, path: str, key: str, body: object = None):
    request = Request(
        f"http://127.0.0.1:{stalkeer.port}{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"X-Api-Key": key, "Content-Type": "application/json"},
    )
    with urlopen(request, timeout=20) as answer:
        return json.load(answer)


@ROOT_ONLY
@FEW
def test_a_folder_that_becomes_read_only_is_named_and_downloads_go_on_once_it_can_be_written(program, world, tmp_path):
    with disk(tmp_path / "disk", "200m") as folder:
        stalkeer = program(directories={"temp": str(folder)}, downloads=SMALL)
        stalkeer.serve()
        stalkeer.job("refresh")
        remount(folder, "ro")
        stalkeer.job("scan")
        stalkeer.wait_until(lambda: str(folder) in stalkeer.waiting(), "downloads wait for the folder")
        assert str(folder) in told(stalkeer)
        assert not any(row.state is DownloadState.FAILED for row in stalkeer.downloads())

        remount(folder, "rw")
        stalkeer.settle()
        assert world.compare().mismatched == ()
        assert stalkeer.stop() == 0


# soak: tests/engine/test_finishing.py fills such a disk in this process
@pytest.mark.soak
@ROOT_ONLY
@FEW
def test_on_a_full_disk_downloads_wait_and_go_on_when_there_is_room(program, world, tmp_path):
    with disk(tmp_path / "disk", "6m") as folder:
        stalkeer = program(directories={"temp": str(folder)}, downloads=SMALL)
        stalkeer.serve()
        stalkeer.job("refresh")
        stalkeer.job("scan")
        stalkeer.wait_until(lambda: any(row.outcome.error for row in stalkeer.downloads()), "a write met the full disk")
        assert "space" in told(stalkeer).lower()
        assert not any(row.state is DownloadState.FAILED for row in stalkeer.downloads())

        remount(folder, "size=200m")
        stalkeer.settle()

        outcome = world.compare()
        assert {w.label for w in outcome.imported} == {w.label for w in world.expected(Expectation.AVAILABLE)}
        assert outcome.mismatched == ()
        assert stalkeer.stop() == 0


def told(stalkeer) -> str:
    """Everything a user could read: the queue's words and the log."""
    status = stalkeer.call("download", "status", "--json")
    return f"{words(status)} {stalkeer.log} {[row.outcome.error for row in stalkeer.downloads()]}"


@contextmanager
def disk(folder: Path, size: str) -> Iterator[Path]:
    """A small file system of its own."""
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=False)
    if done.returncode != 0:
        pytest.skip("this machine does not let a test mount a disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def remount(folder: Path, option: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{option}", folder], check=True)
