"""Instances and sources of config.yml are edited on the page: what is saved there goes before the file."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from stalkeer.app import build_security
from stalkeer.demo.radarr import Radarr
from stalkeer.faces.cli.main import run_command_line
from stalkeer.model import InstanceKind
from stalkeer.runtime import App
from stalkeer.settings import load_settings
from stalkeer.settings.live import LiveSettings
from stalkeer.store.library.instances import InstanceRow, get_instance, sync_config_instances
from stalkeer.store.sources.description import configured_sources
from stalkeer.store.sources.filters import active_filters, sync_config_filters
from stalkeer.store.sources.sources import get_source, sync_config_sources
from tests.doubles.app import make_app
from tests.doubles.server import make_server

FILE = """
radarr: {url: "http://127.0.0.1:9", api_key: keyofthefile4711}
playlists: [{name: main, path: /data/list.m3u, priority: 1, filters: [{field: group, exclude: "^XXX"}]}]
"""


@pytest.fixture(params=["file", "environment"])
def place(request) -> str:
    return request.param


@pytest.fixture
def app(tmp_path, database, clock, place) -> App:
    made = make_app(tmp_path / "data", database, clock)
    config, environ = tmp_path / "config.yml", {}
    config.write_text(FILE if place == "file" else "")
    if place == "environment":
        environ = {
            "STALKEER__RADARR__URL": "http://127.0.0.1:9",
            "STALKEER__RADARR__API_KEY": "keyofthefile4711",
            "STALKEER__PLAYLISTS__0__NAME": "main",
            "STALKEER__PLAYLISTS__0__PATH": "/data/list.m3u",
        }
    flags = {"data_dir": str(tmp_path / "data")}
    opened = replace(made, live=LiveSettings(lambda stored: load_settings(config, environ, flags, stored), {}))
    start_again(opened)
    return opened


@pytest.fixture
def client(app: App) -> Iterator[TestClient]:
    security = build_security(app)
    headers = {"X-Api-Key": security.keys.ensure(), "Sec-Fetch-Site": "same-origin"}
    with TestClient(make_server(app, security), headers=headers) as opened:
        yield opened


def start_again(app: App) -> None:
    """As a start takes over the configuration."""
    settings = app.settings
    with app.database.begin() as connection:
        configured = {InstanceKind.RADARR: settings.radarr, InstanceKind.SONARR: settings.sonarr}
        sync_config_instances(connection, configured, app.secrets, app.clock())
        sync_config_sources(connection, configured_sources(settings), app.secrets, app.clock())
        sync_config_filters(connection, settings, app.clock())


def radarr(app: App) -> InstanceRow:
    with app.database.connect() as connection:
        return get_instance(connection, "radarr")


def test_an_instance_is_taken_over_edited_and_given_back(app, client, place):
    page = "/settings/instances/radarr"
    if place == "environment":
        assert client.post("/api/v1/instances/radarr/take-over").status_code == 409
        assert radarr(app).origin == "config"
        return
    client.post(f"{page}/take-over")
    client.post(page, data={"kind": "radarr", "url": "http://127.0.0.1:10", "anyway": "1"})
    start_again(app)
    assert (radarr(app).url, radarr(app).origin) == ("http://127.0.0.1:10", "ui")

    client.delete("/api/v1/instances/radarr")

    assert (radarr(app).url, radarr(app).origin) == ("http://127.0.0.1:9", "config")


def test_putting_the_default_instance_is_a_patch_whoever_described_it(app, client, place):
    change = client.put("/api/v1/settings/radarr?force=true", json={"qualityProfileId": 4})

    if place == "environment":
        assert change.status_code == 409
        return
    assert change.json()["qualityProfileId"] == 4 and change.json()["url"] == "http://127.0.0.1:9"
    again = client.put("/api/v1/settings/radarr?force=true", json={"url": "http://127.0.0.1:11"}).json()
    assert (again["qualityProfileId"], again["url"]) == (4, "http://127.0.0.1:11")
    start_again(app)
    assert radarr(app).options.quality_profile_id == 4
    assert app.secrets.decrypt(radarr(app).api_key) == "keyofthefile4711"


def test_a_refused_change_of_the_default_instance_takes_nothing_over(app, client, tmp_path):
    before = radarr(app)

    with Radarr(tmp_path / "movies", api_key="another4711key") as strict:
        unauthorised = client.put("/api/v1/settings/radarr", json={"url": strict.url})
    unusable = client.put("/api/v1/settings/radarr", json={"url": "ftp://127.0.0.1"})

    assert unauthorised.status_code >= 400 and unusable.status_code >= 400
    assert (radarr(app).origin, radarr(app).url, radarr(app).options) == ("config", before.url, before.options)


def test_a_source_is_taken_over_edited_and_given_back(app, client, place):
    if place == "environment":
        assert client.post("/api/v1/sources/main/take-over").status_code == 409
        return
    client.post("/sources/main/take-over")
    assert client.patch("/api/v1/sources/main", json={"priority": 7}).json()["priority"] == 7
    start_again(app)
    assert source(app).priority == 7

    client.delete("/api/v1/sources/main")

    assert (source(app).priority, source(app).origin) == (1, "config")


def test_the_filters_of_a_source_that_was_taken_over_are_the_page_s(app, client, place):
    if place == "environment":
        return
    assert patterns(app) == ["^XXX"]
    (row,) = client.get("/api/v1/filters").json()["records"]
    assert client.patch(f"/api/v1/filters/{row['id']}", json={"pattern": "^YYY"}).status_code == 409
    client.post("/sources/main/take-over")
    assert client.patch(f"/api/v1/filters/{row['id']}", json={"pattern": "^YYY"}).status_code == 200

    start_again(app)
    assert patterns(app) == ["^YYY"]
    client.delete(f"/api/v1/filters/{row['id']}")
    start_again(app)
    assert patterns(app) == []
    client.delete("/api/v1/sources/main")

    assert patterns(app) == ["^XXX"]


def patterns(app: App) -> list[str]:
    with app.database.connect() as connection:
        return [one.pattern for one in active_filters(connection, get_source(connection, "main").id)]


def source(app: App):
    with app.database.connect() as connection:
        return get_source(connection, "main")


def test_languages_are_set_by_page_and_api(app, client, place):
    if place == "environment":
        refused = client.patch("/api/v1/instances/radarr", json={"languages": ["original"]})
        assert (refused.status_code, radarr(app).options.languages) == (409, ())
        return
    client.post("/api/v1/instances/radarr/take-over")
    page = "/settings/instances/radarr"
    form = {"kind": "radarr", "url": "http://127.0.0.1:9", "anyway": "1", "languages": "fr, en:require"}
    client.post(page, data=form)
    assert client.get("/api/v1/instances/radarr").json()["languages"] == ["fr", "en:require"]

    changed = client.patch("/api/v1/instances/radarr", json={"languages": ["original"]}).json()

    assert changed["instance"]["languages"] == ["original"]
    assert 'value="original"' in client.get(page).text
    assert client.patch("/api/v1/instances/radarr", json={"languages": ["french"]}).status_code == 422


def test_the_command_line_shows_the_languages_of_an_instance_and_clears_them_only_with_a_word(app, client, place):
    if place == "environment":
        return
    client.post("/api/v1/instances/radarr/take-over")

    said = [run(app, "arr", "languages", "radarr", *words) for words in (["fr", "en:require"], [], ["any"], [])]

    assert [one["languages"] for one in said] == [["fr", "en:require"], ["fr", "en:require"], [], []]


def run(app: App, *arguments: str) -> dict:
    out = io.StringIO()
    with redirect_stdout(out):
        run_command_line([*arguments, "--json"], build=lambda _: app, serve=lambda _: None)
    return json.loads(out.getvalue())
