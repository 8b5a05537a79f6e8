"""Settings over the API: typed, checked as a whole, secrets in and never out."""

from __future__ import annotations

from pathlib import Path

import pytest

from stalkeer.demo.radarr import Radarr
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.wanted.sync import sync_wanted
from stalkeer.settings.change import CHANGEABLE
from tests.doubles.app import make_app
from tests.doubles.instances import know


def test_a_section_shows_values_origins_and_what_is_fixed(client):
    answer = client.get("/api/v1/settings/downloads").json()

    assert answer["values"]["concurrentLimit"] == 3
    assert answer["origins"]["concurrentLimit"] == "default"
    assert answer["fixed"] == []


def test_a_change_counts_at_once_and_is_kept(client, app):
    answer = client.put(
        "/api/v1/settings/downloads", json={"concurrentLimit": 7, "bandwidthLimit": "10MB", "timeout": "90s"}
    )

    assert answer.status_code == 200
    assert answer.json()["origins"]["concurrentLimit"] == "ui"
    assert (app.settings.downloads.concurrent_limit, app.settings.downloads.bandwidth_limit) == (7, 10_000_000)
    assert client.get("/api/v1/settings/downloads").json()["values"]["timeout"] == 90


def test_an_answer_can_be_sent_back_as_it_is(client):
    for section in CHANGEABLE:
        path = f"/api/v1/settings/{section.replace('_', '-')}"
        values = client.get(path).json()["values"]

        assert client.put(path, json=values).status_code == 200, section


def test_null_goes_back_to_what_lies_beneath(client, app):
    client.put("/api/v1/settings/downloads", json={"concurrentLimit": 7})

    client.put("/api/v1/settings/downloads", json={"concurrentLimit": None})

    assert app.settings.downloads.concurrent_limit == 3


def test_a_list_of_mappings_changes_as_a_whole(client, app):
    hours = [{"start": "23:00", "end": "07:00", "limit": "5MB"}]

    answer = client.put("/api/v1/settings/downloads", json={"hours": hours})

    assert answer.status_code == 200
    [kept] = app.settings.downloads.hours
    assert (kept.start.hour, kept.limit) == (23, 5_000_000)


@pytest.mark.parametrize(
    ("section", "change", "status"),
    [
        ("downloads", {"concurrentLimit": -1}, 422),
        ("downloads", {"timeout": "10 parsecs"}, 422),
        ("downloads", {"nothing": 1}, 422),
        ("downloads", {"minFree": "9" * 400 + "TB"}, 422),
        ("downloads", {"minFree": 10**300}, 422),
        ("downloads", {"concurrentLimit": 10**30}, 422),
        ("downloads", {"hours": [{"start": "01:00:00Z", "end": "07:00:00Z"}]}, 422),
        ("downloads", {"hours": [{"start": 0, "end": 3600}]}, 422),
        ("security", {"sessionLifetime": 1e300}, 422),
        ("security", {"userHeader": "A: b\r\nC"}, 422),
        ("security", {"userHeader": ""}, 422),
        ("schedule", {"scan": "hourly"}, 422),
        ("directories", {"movies": "relative"}, 409),
        ("directories", {"temp": "/proc/1"}, 409),
        ("directories", {"tvshows": "/nowhere/at/all"}, 409),
        ("directories", {"temp": "/etc/hostname"}, 409),
        ("matching", {"threshold": 0.99}, 409),
        ("nothing", {}, 404),
        ("database", {"url": "sqlite:////etc/passwd"}, 404),
        ("server", {"port": 1}, 404),
    ],
)
def test_an_invalid_value_is_refused_and_nothing_is_saved(client, app, section, change, status):
    before = app.settings

    answer = client.put(f"/api/v1/settings/{section}", json=change)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert app.settings == before


def test_a_folder_inside_a_root_folder_is_refused_when_it_is_set(client, app, tmp_path):
    with Radarr(tmp_path / "library") as radarr:
        know(app.arrs, radarr)
        sync_wanted(app.database, app.arrs, app.settings.wanted, QuietRun())
        inside = Path(radarr.root_folder) / "vod"
        inside.mkdir(parents=True)

        answer = client.put("/api/v1/settings/directories", json={"movies": str(inside)})

    assert answer.status_code == 409
    assert "a root folder of" in answer.json()["detail"]


def test_a_folder_goes_back_to_the_default_which_is_made(client, app, tmp_path):
    (tmp_path / "films").mkdir()
    client.put("/api/v1/settings/directories", json={"movies": str(tmp_path / "films")})

    assert client.put("/api/v1/settings/directories", json={"movies": None}).status_code == 200
    assert app.settings.directories.movies.is_dir()


def test_a_disk_that_is_away_keeps_nothing_else_from_being_changed(client, app, tmp_path):
    folder = tmp_path / "films"
    folder.mkdir()
    client.put("/api/v1/settings/directories", json={"movies": str(folder)})
    folder.rmdir()

    assert client.put("/api/v1/settings/downloads", json={"timeout": "9s"}).status_code == 200
    assert client.put("/api/v1/settings/directories", json={"folderMode": "775"}).status_code == 200


def test_a_wrong_value_is_pointed_at(client):
    problem = client.put("/api/v1/settings/downloads", json={"timeout": "10 parsecs"}).json()

    assert problem["errors"][0]["pointer"] == "/timeout"
    assert "accepted: 60s" in problem["errors"][0]["detail"]


def test_a_secret_goes_in_and_never_comes_out(client, app):
    secret = "0123456789abcdef0123"
    address = "/api/v1/settings/radarr?force=true"
    answer = client.put(address, json={"url": "http://127.0.0.1:9", "apiKey": secret})

    assert answer.status_code == 200
    assert secret not in answer.text + client.get("/api/v1/settings/radarr").text
    with app.database.connect() as connection:
        stored = connection.exec_driver_sql("SELECT api_key FROM instances").scalar_one()
    assert secret not in stored
    assert app.secrets.decrypt(stored) == secret


def test_what_the_environment_fixes_cannot_change(tmp_path, database, clock, client, app):
    fixed = make_app(tmp_path / "data", database, clock, {"downloads.timeout": "5s"})

    with pytest.raises(Exception, match="set on the command line"):
        fixed.change_settings({"downloads.timeout": 9})


# --- Radarr and Sonarr


def test_without_an_instance_there_is_null(client):
    assert client.get("/api/v1/settings/radarr").json() is None


def test_an_instance_is_asked_before_it_is_kept(client):
    answer = client.put("/api/v1/settings/radarr", json={"url": "http://127.0.0.1:9", "apiKey": "0123456789abcdef"})

    assert answer.status_code == 502
    assert answer.json()["code"] == "arr-unreachable"
    assert client.get("/api/v1/settings/radarr").json() is None


def test_force_keeps_it_without_asking_and_its_key_never_comes_out(client):
    given = {"url": "http://127.0.0.1:9", "apiKey": "0123456789abcdef", "qualityProfileId": 4}

    kept = client.put("/api/v1/settings/radarr", params={"force": True}, json=given)
    again = client.put("/api/v1/settings/radarr", params={"force": True}, json={"url": "http://127.0.0.1:10"})
    given = {"url": "http://127.0.0.1:10", "qualityProfileId": None}
    emptied = client.put("/api/v1/settings/radarr", params={"force": True}, json=given)

    assert (again.json()["qualityProfileId"], emptied.json()["qualityProfileId"]) == (4, None)
    assert kept.status_code == again.status_code == 200
    assert "0123456789abcdef" not in kept.text + again.text
    assert again.json() == {
        "name": "radarr",
        "url": "http://127.0.0.1:10",
        "apiKey": "********",
        "apiKeySet": True,
        "qualityProfileId": 4,
        "origin": "ui",
    }


def test_the_first_one_needs_its_key(client):
    assert client.put("/api/v1/settings/sonarr", json={"url": "http://127.0.0.1:9"}).status_code == 409


def test_a_request_names_no_file_that_the_server_would_read(client):
    answer = client.put("/api/v1/settings/downloads", json={"caFile": "/etc/shadow"})
    instance = {"kind": "radarr", "url": "http://radarr.example", "apiKey": "0" * 32, "caFile": "/etc/shadow"}

    assert answer.status_code == 422
    assert "caFile" not in client.get("/api/v1/settings/downloads").json()["values"]
    assert client.post("/api/v1/instances", json=instance).status_code == 422
