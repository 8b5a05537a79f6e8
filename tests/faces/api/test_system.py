"""Logs, backups, health findings and figures over the API."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from stalkeer.logs import current_level, set_level
from stalkeer.store.system.health import Finding, replace_findings
from tests.faces.web.sample import fill


@pytest.fixture
def log_file(app):
    app.paths.logs.mkdir(parents=True)
    path = app.paths.logs / "stalkeer.log"
    path.write_text("one\ntwo\nhttp://h/movie/user1/pass1/3.mkv\n")
    (app.paths.logs / "notes.txt").write_text("not a log")
    return path


@pytest.fixture
def level():
    before = current_level()
    yield
    set_level(before)


def test_log_files_are_listed_and_nothing_else(client, log_file):
    assert [file["name"] for file in client.get("/api/v1/system/logs").json()["records"]] == ["stalkeer.log"]


def test_a_link_among_the_log_files_is_none_of_them(client, app, log_file, tmp_path):
    (tmp_path / "elsewhere").write_text("not for everybody")
    (app.paths.logs / "other.log").symlink_to(tmp_path / "elsewhere")

    assert [file["name"] for file in client.get("/api/v1/system/logs").json()["records"]] == ["stalkeer.log"]


def test_the_end_of_a_log_can_be_read_without_secrets(client, log_file):
    lines = client.get("/api/v1/system/logs/stalkeer.log/lines", params={"count": 2}).json()["lines"]

    assert lines[0] == "two"
    assert "pass1" not in lines[1]


def test_a_log_can_be_fetched_whole(client, log_file):
    answer = client.get("/api/v1/system/logs/stalkeer.log")

    assert answer.text == log_file.read_text()
    assert "attachment" in answer.headers["content-disposition"]


@pytest.mark.parametrize("name", ["other.log", "notes.txt", "..", "secret.key"])
def test_no_other_file_is_given_out(client, log_file, name):
    assert client.get(f"/api/v1/system/logs/{name}").status_code in (404, 422)


def test_the_log_level_changes_at_run_time(client, level):
    assert client.put("/api/v1/system/logs/level", json={"level": "debug"}).status_code == 200

    assert current_level() == "debug"
    assert client.get("/api/v1/system/logs/level").json() == {"level": "debug"}


def test_a_backup_is_made_listed_fetched_and_deleted(client):
    made = client.post("/api/v1/system/backup").json()
    name = made["name"]

    assert [backup["name"] for backup in client.get("/api/v1/system/backup").json()["records"]] == [name]
    fetched = client.get(f"/api/v1/system/backup/{name}")
    assert set(zipfile.ZipFile(io.BytesIO(fetched.content)).namelist()) == {"stalkeer.db", "manifest.json"}
    assert client.delete(f"/api/v1/system/backup/{name}").status_code == 204
    assert client.get("/api/v1/system/backup").json()["records"] == []


def test_a_backup_of_the_list_is_staged_for_the_next_start(client, app, migrated):
    name = client.post("/api/v1/system/backup").json()["name"]

    answer = client.post(f"/api/v1/system/backup/{name}/restore")

    assert answer.status_code == 202
    assert (app.paths.data_dir / "restore-pending.zip").exists()


def test_an_uploaded_backup_is_checked(client, app, migrated):
    name = client.post("/api/v1/system/backup").json()["name"]
    content = client.get(f"/api/v1/system/backup/{name}").content

    good = client.post("/api/v1/system/backup/restore", files={"file": ("b.zip", content)})
    bad = client.post("/api/v1/system/backup/restore", files={"file": ("b.zip", b"no zip")})

    assert (good.status_code, bad.status_code) == (202, 422)
    assert not list(app.paths.backups.glob(".uploaded-*"))


@pytest.fixture
def migrated(app):
    """The test's schema was made directly; a backup needs its revision."""
    from stalkeer.store.db.migrate import revisions

    with app.database.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        connection.exec_driver_sql(f"INSERT INTO alembic_version VALUES ('{revisions()[-1]}')")


def test_an_uploaded_backup_may_come_with_its_key(app, client, migrated):
    made = client.post("/api/v1/system/backup").json()["name"]
    files = {
        "file": ("b.zip", client.get(f"/api/v1/system/backup/{made}").content),
        "key": ("b.key", app.key_file.read_bytes()),
    }

    assert client.post("/api/v1/system/backup/restore", files=files).status_code == 202
    assert (app.paths.data_dir / "restore-pending.key").read_bytes() == app.key_file.read_bytes()


@pytest.mark.parametrize("key", [b"Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE=", b"no key", b""])
def test_a_backup_with_a_wrong_key_is_refused_and_not_staged(app, client, migrated, key):
    made = client.post("/api/v1/system/backup").json()["name"]
    content = client.get(f"/api/v1/system/backup/{made}").content
    kept = (app.paths.backups / made).with_suffix(".key")
    kept.write_bytes(key)

    uploaded = client.post("/api/v1/system/backup/restore", files={"file": ("b.zip", content), "key": ("b.key", key)})
    listed = client.post(f"/api/v1/system/backup/{made}/restore")

    for answer in (uploaded, listed):
        assert answer.status_code == 422
        assert "take the .key file that was made with this backup" in answer.json()["detail"].replace("Take", "take")
    assert list(app.paths.data_dir.glob("restore-pending*")) == []


def test_findings_are_listed_with_their_fix(client, app):
    finding = Finding("disk", "/data", "error", "Only 1 GB free", "Free some space")
    with app.database.begin() as connection:
        replace_findings(connection, ["disk"], [finding], app.clock())

    [shown] = client.get("/api/v1/health").json()["records"]

    assert (shown["check"], shown["fix"]) == ("disk", "Free some space")


def test_the_checks_can_be_run_now(client):
    answer = client.post("/api/v1/health/check")

    assert answer.status_code == 200
    assert {finding["check"] for finding in answer.json()["records"]} >= {"path"}


def test_metrics_need_the_key_and_contain_figures(client, stranger):
    answer = client.get("/metrics")

    assert stranger.get("/metrics").status_code == 401
    assert answer.headers["content-type"].startswith("text/plain")
    assert 'stalkeer_downloads{state="queued"} 0.0' in answer.text
    assert "process_resident_memory_bytes" in answer.text


def test_metrics_count_rows_once_in_ten_seconds(client, app, clock):
    before = client.get("/metrics").text
    fill(app.database, app.secrets, app.clock())
    clock.advance(9)
    within = client.get("/metrics").text
    clock.advance(1)
    after = client.get("/metrics").text

    assert 'stalkeer_downloads{state="downloading"} 0.0' in before
    assert 'stalkeer_downloads{state="downloading"} 0.0' in within
    assert 'stalkeer_downloads{state="downloading"} 2.0' in after


def test_metrics_tell_of_each_source_and_instance_of_a_house_that_is_lived_in(client, app):
    fill(app.database, app.secrets, app.clock())

    told = client.get("/metrics").text

    assert 'stalkeer_downloads{state="downloading"} 2.0' in told
    assert 'stalkeer_failures_in_a_row{kind="source",name="backup"} 4.0' in told
    assert 'stalkeer_account_connections{source="main",what="allowed"} 2.0' in told
    assert 'stalkeer_api_calls_total{instance="radarr",program="radarr"} 0.0' in told
    assert 'stalkeer_last_success_timestamp_seconds{kind="instance",name="sonarr"}' in told
    assert 'stalkeer_jobs{job="refresh",state="done"} 1.0' in told


def test_an_error_of_our_own_names_its_request_and_tells_nothing_more(client, app, monkeypatch):
    monkeypatch.setattr(type(app.paths), "logs", property(lambda _self: 1 / 0))

    answer = client.get("/api/v1/system/logs")

    problem = answer.json()
    assert answer.status_code == 500
    assert problem["requestId"] == answer.headers["x-request-id"]
    assert "division" not in json.dumps(problem)


def test_a_support_bundle_is_a_zip(client):
    answer = client.get("/api/v1/system/support-bundle")

    assert answer.headers["content-type"] == "application/zip"
    assert zipfile.is_zipfile(io.BytesIO(answer.content))
