"""The commands around the program itself: key, users, backup, restore, clean-up, health, settings."""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
import threading
from contextlib import closing

import pytest
import uvicorn
from cryptography.fernet import Fernet

from stalkeer.app import Start, build_app, build_security, build_server
from stalkeer.faces.cli.main import run_command_line
from stalkeer.jobs.system.rate_limits import RateLimits
from stalkeer.jobs.system.sessions import Sessions
from stalkeer.runtime import utc_now
from stalkeer.secrets import SecretBox
from stalkeer.store.db.database import open_database, sqlite_url
from stalkeer.store.db.migrate import revisions
from stalkeer.store.system.settings import write_settings


@pytest.fixture
def typed(monkeypatch):
    """`typed("text")`: what standard input holds."""
    return lambda text: monkeypatch.setattr("sys.stdin", io.StringIO(text))


# --- api-key


def test_the_key_is_made_once_and_shown(stalkeer):
    first = stalkeer("api-key", "show").out.strip()

    assert len(first) == 32
    assert stalkeer("api-key", "show", "--json").document == {"key": first}


def test_a_reset_key_is_another(stalkeer):
    first = stalkeer("api-key", "show").out

    assert stalkeer("api-key", "reset").out != first


# --- user


def test_a_user_is_added_and_can_sign_in(stalkeer, app, clock, typed):
    typed("correct horse 7\n")
    ended = stalkeer("user", "add", "alice", "--password-stdin")

    sessions = Sessions(app.database, lambda: app.settings, RateLimits(), clock)
    assert ended.code == 0
    assert sessions.user_of(sessions.sign_in("alice", "correct horse 7", "10.0.0.1")) == "alice"
    assert [user["name"] for user in stalkeer("user", "list", "--json").document["users"]] == ["alice"]


def test_a_password_is_set_and_a_user_removed(stalkeer, app, clock, typed):
    typed("correct horse 7\n")
    stalkeer("user", "add", "alice", "--password-stdin")
    typed("another horse 8\n")

    assert stalkeer("user", "password", "alice", "--password-stdin").code == 0
    assert Sessions(app.database, lambda: app.settings, RateLimits(), clock).sign_in("alice", "another horse 8", "x")
    assert "only user" in stalkeer("user", "remove", "alice").err
    typed("correct horse 9\n")
    stalkeer("user", "add", "bob", "--password-stdin")
    assert stalkeer("user", "remove", "alice").code == 0
    assert [user["name"] for user in stalkeer("user", "list", "--json").document["users"]] == ["bob"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("add", "alice", "--password-stdin"), "short\n"),
        (("add", "a b", "--password-stdin"), "correct horse 7\n"),
        (("password", "nobody", "--password-stdin"), "correct horse 7\n"),
        (("remove", "nobody"), ""),
        (("add", "alice"), "correct horse 7\n"),
    ],
)
def test_what_cannot_be_done_to_a_user_ends_with_1(stalkeer, typed, arguments, text):
    typed(text)

    ended = stalkeer("user", *arguments)

    assert ended.code == 1
    assert "Error:" in ended.err


# --- backup and restore


@pytest.fixture
def on_disk(tmp_path, capsys, monkeypatch):
    """The command line as a user runs it: every command builds its own program over one data folder."""
    monkeypatch.setenv("STALKEER__DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        capsys.readouterr()
        code = run_command_line(
            arguments, lambda run: build_app(Start(run.config, overrides=run.overrides, role=run.role)), lambda _: None
        )
        return int(code), capsys.readouterr().out.strip()

    return run


def test_a_backup_is_restored_and_what_came_later_is_gone(on_disk, tmp_path):
    _, key = on_disk("api-key", "show")
    code, shown = on_disk("backup")
    on_disk("api-key", "reset")

    _, listed = on_disk("backup", "--list", "--json")
    name = next((tmp_path / "data" / "backups").glob("*.zip")).name
    restored, _ = on_disk("restore", name)

    assert (code, restored) == (0, 0)
    assert name in shown
    assert name in listed
    assert on_disk("api-key", "show") == (0, key)


def test_a_backup_with_a_wrong_key_is_refused_and_the_present_key_stays(on_disk, tmp_path):
    _, key = on_disk("api-key", "show")
    on_disk("backup")
    path = next((tmp_path / "data" / "backups").glob("*.zip"))
    path.with_suffix(".key").write_bytes(Fernet.generate_key())

    code, said = on_disk("restore", path.name, "--json")

    assert code == 1 and "belongs to another installation" in json.loads(said)["error"]
    assert on_disk("api-key", "show") == (0, key)


def test_a_backup_that_is_not_there_is_named(on_disk):
    code, _ = on_disk("restore", "nothing.zip")

    assert code == 1


def test_nothing_is_restored_under_a_running_program(on_disk, tmp_path):
    from stalkeer.engine.lock import FolderLock

    on_disk("backup")
    lock = FolderLock(tmp_path / "data")
    assert lock.acquire()

    code, _ = on_disk("restore", next((tmp_path / "data" / "backups").glob("*.zip")).name)
    lock.release()

    assert code == 1


# --- cleanup


def test_a_dry_clean_up_says_so(stalkeer):
    assert stalkeer("cleanup", "--dry-run", "--json").document == {
        "dryRun": True,
        "removed": {},
        "freedBytes": 0,
        "failed": [],
    }


def test_a_clean_up_shows_what_it_removed(stalkeer, app, clock):
    with app.database.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO events (at, kind, level, message) VALUES ('2001-01-01 00:00:00.000000', 'x', 'info', 'x'),"
            " ('2026-01-15 00:00:00.000000', 'x', 'info', 'x')"
        )

    ended = stalkeer("cleanup")

    assert ended.code == 0
    assert "history" in ended.out
    assert "Nothing is old enough" in stalkeer("cleanup").out


# --- healthcheck


def test_the_health_check_asks_the_running_program(stalkeer, app):
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(build_server(app, build_security(app)), log_config=None))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        ended = stalkeer("healthcheck", "--url", url, "--json")
    finally:
        server.should_exit = True
        thread.join(timeout=20)

    assert ended.code == 0
    assert ended.document["status"] == "ok"


def test_a_program_that_does_not_answer_is_4(stalkeer):
    assert stalkeer("healthcheck", "--url", "http://127.0.0.1:9").code == 4


def test_only_web_addresses_are_asked(stalkeer):
    assert stalkeer("healthcheck", "--url", "file:///etc").code == 2


# --- config


def test_every_setting_is_shown_with_its_origin_and_no_secret(stalkeer, tmp_path, monkeypatch):
    monkeypatch.setenv("STALKEER__RADARR__URL", "http://radarr:7878")
    monkeypatch.setenv("STALKEER__RADARR__API_KEY", "hush-hush-1")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    ended = stalkeer("config", "show", "--json")

    rows = {row["key"]: row for row in ended.document["settings"]}
    assert rows["radarr.0.url"]["origin"] == "environment"
    assert rows["downloads.concurrent_limit"] == {"key": "downloads.concurrent_limit", "value": 3, "origin": "default"}
    assert "hush-hush-1" not in ended.out + stalkeer("config", "show").out


def test_a_configuration_that_cannot_be_used_ends_with_5(stalkeer, tmp_path):
    config = tmp_path / "bad.yml"
    config.write_text(f"data_dir: {tmp_path}\ndirectories: {{movies: {tmp_path}/gone}}\n")

    ended = stalkeer("config", "check", "--config", str(config), "--json")

    assert ended.code == 5
    assert "directories.movies" in ended.document["error"]


def test_a_usable_configuration_says_so(stalkeer, tmp_path):
    config = tmp_path / "good.yml"
    config.write_text(f"data_dir: {tmp_path}/data\n")

    assert stalkeer("config", "check", "-c", str(config), "--json").document["valid"] is True


def save(on_disk, tmp_path, name, value):
    """A value in the database, as an earlier release let the web pages keep it."""
    assert on_disk("api-key", "show")[0] == 0
    url = sqlite_url(tmp_path / "data" / "stalkeer.db")
    with closing(open_database(url)) as database, database.begin() as connection:
        write_settings(connection, SecretBox(Fernet.generate_key()), {name: value}, frozenset(), utc_now())


@pytest.mark.parametrize("folder", ["relative", "/proc/1", "/nowhere/at/all"])
def test_the_check_finds_what_was_saved_in_the_web_pages_too(on_disk, tmp_path, folder):
    save(on_disk, tmp_path, "directories.movies", folder)

    code, shown = on_disk("config", "check", "--json")

    assert code == 5
    assert json.loads(shown)["error"].startswith(f"directories.movies: '{folder}' ")


def test_what_was_saved_in_the_web_pages_is_shown_with_its_origin(on_disk, tmp_path):
    save(on_disk, tmp_path, "downloads.concurrent_limit", 7)

    _, shown = on_disk("config", "show", "--json")

    rows = {row["key"]: row for row in json.loads(shown)["settings"]}
    assert rows["downloads.concurrent_limit"] == {"key": "downloads.concurrent_limit", "value": 7, "origin": "ui"}


def test_a_check_makes_no_database_and_no_key(on_disk, tmp_path):
    assert on_disk("config", "check")[0] == 0

    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["vod"]


# --- doctor health


def test_what_is_wrong_is_told_with_its_fix_and_ends_with_1(stalkeer, app):
    ended = stalkeer("doctor", "health")  # nobody made the folders yet

    assert ended.code == 1
    assert "directories.movies" in ended.out
    assert "Do: Mount it" in ended.out
    assert stalkeer("doctor", "health", "--json").document["findings"][0]["check"] == "path"


def test_a_warning_is_told_and_ends_with_0(stalkeer, app):
    app.change_settings({"downloads.min_free": 0})
    for folder in (app.settings.directories.temp, app.settings.directories.movies, app.settings.directories.tvshows):
        folder.mkdir(parents=True)
    app.paths.backups.mkdir()
    (app.paths.backups / "stalkeer-scheduled-20200101-040000.zip").write_bytes(b"")

    ended = stalkeer("doctor", "health")

    assert ended.code == 0
    assert "The last backup is of 2020-01-01" in ended.out


def test_a_lost_key_is_named_by_the_doctor_and_a_new_one_adopted(on_disk, tmp_path):
    on_disk("source", "add", "mine", "http://tv.example.com/list.m3u")
    (tmp_path / "data" / "secret.key").unlink()

    refused, _ = on_disk("source", "list")
    code, findings = on_disk("doctor", "health")
    adopted, _ = on_disk("doctor", "adopt-key")
    listed, sources = on_disk("source", "list")

    assert (refused, code, adopted, listed) == (1, 1, 0, 0)
    assert "source mine" in findings and "adopt-key" in findings
    assert "mine" in sources


def test_where_all_is_well_the_doctor_says_so(stalkeer, app):
    app.change_settings({"downloads.min_free": 0})
    for folder in (app.settings.directories.temp, app.settings.directories.movies, app.settings.directories.tvshows):
        folder.mkdir(parents=True)

    ended = stalkeer("doctor", "health", "--json")

    assert (ended.code, ended.document) == (0, {"ok": True, "findings": []})


def test_a_restore_as_a_program_answers_with_one_document(on_disk, tmp_path):
    """In a process of its own: there nothing has set up the logging beforehand."""
    on_disk("backup")
    name = next((tmp_path / "data" / "backups").glob("*.zip")).name
    environ = {**os.environ, "STALKEER__DATA_DIR": str(tmp_path / "data")}

    ended = subprocess.run(
        [sys.executable, "-m", "stalkeer", "restore", name, "--json"], capture_output=True, text=True, env=environ
    )

    assert (ended.returncode, json.loads(ended.stdout)["revision"]) == (0, revisions()[-1])
    assert "backup restored" in ended.stderr


def test_keys_are_made_listed_and_revoked(stalkeer):
    made = stalkeer("api-key", "add", "homepage", "--scope", "read", "--json").document
    listed = stalkeer("api-key", "list", "--json").document["keys"]
    revoked = stalkeer("api-key", "revoke", "homepage", "--json")

    assert len(made["key"]) == 32
    assert [(one["name"], one["scope"], one["lastUsedAt"]) for one in listed] == [("homepage", "read", None)]
    assert revoked.document == {"revoked": "homepage"}
    assert stalkeer("api-key", "revoke", "homepage").code == 1
    assert stalkeer("api-key", "add", "radarr", "--scope", "bridge").code == 1
