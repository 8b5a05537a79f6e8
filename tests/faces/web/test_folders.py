"""Folders are set on two pages; what the program could not use at its next start is refused on both."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
from starlette.testclient import TestClient

from stalkeer.faces.web.render import render
from stalkeer.jobs.library.doctor import FolderCheck, PathPair
from stalkeer.runtime import App

NAMES = ("temp", "movies", "tvshows")


def stored_folders(app: App) -> list[str]:
    return [name for name in app.live.stored if name.startswith("directories.")]


@pytest.mark.parametrize("page", ["/setup/paths", "/settings/media"])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("folder", "reason"),
    [
        ("relative", "is relative"),
        ("/proc/1", "is not writable"),
        ("/nowhere/at/all", "does not exist"),
        ("/etc/hostname", "is not a folder"),
    ],
)
def test_a_folder_that_cannot_be_used_is_refused_with_the_reason(
    client: TestClient, app: App, page: str, name: str, folder: str, reason: str
):
    said = client.post(page, data={f"directories.{name}": folder}, headers={"HX-Request": "true"})

    assert said.status_code == 422
    said_why = json.loads(unquote(said.headers["stalkeer-toast"]))["text"]
    assert said_why.startswith(f"directories.{name}: ") and reason in said_why
    assert stored_folders(app) == []


@pytest.mark.parametrize("page", ["/setup/paths", "/settings/media"])
def test_a_folder_that_can_be_used_is_kept(client: TestClient, app: App, tmp_path: Path, page: str):
    (tmp_path / "films").mkdir()

    client.post(page, data={"directories.movies": str(tmp_path / "films")})

    assert app.settings.directories.movies == tmp_path / "films"


def test_the_first_run_keeps_no_folder_that_was_left_as_it_is(client: TestClient, app: App):
    present = app.settings.directories

    said = client.post("/setup/paths", data={f"directories.{name}": str(getattr(present, name)) for name in NAMES})

    assert said.status_code == 200
    assert stored_folders(app) == []


@pytest.mark.parametrize("page", ["/setup/paths", "/settings/media"])
def test_a_missing_folder_is_created_when_asked_and_only_then(client: TestClient, app: App, tmp_path: Path, page: str):
    folder = tmp_path / "vod" / "films"
    given = {"directories.movies": str(folder)}

    said = client.post(page, data=given, headers={"HX-Request": "true"})
    was_there = folder.exists()
    client.post(page, data={**given, "create:directories.movies": "1"})

    assert json.loads(unquote(said.headers["stalkeer-create"])) == ["directories.movies"]
    assert "does not exist" in json.loads(unquote(said.headers["stalkeer-fields"]))["directories.movies"]
    assert not was_there and folder.is_dir()
    assert app.settings.directories.movies == folder


@pytest.mark.parametrize("folder", ["films", "../films", "/proc/nowhere/films", "/etc/hostname/films"])
def test_a_folder_that_cannot_be_created_is_refused_beside_its_field(client: TestClient, app: App, folder: str):
    given = {"directories.movies": folder, "create:directories.movies": "1"}

    said = client.post("/setup/paths", data=given, headers={"HX-Request": "true"})

    assert said.status_code == 422
    assert set(json.loads(unquote(said.headers["stalkeer-fields"]))) == {"directories.movies"}
    assert stored_folders(app) == [] and not Path("films").exists()


def test_the_card_of_a_folder_that_is_not_seen_takes_a_mapping_typed_or_proposed():
    unseen = FolderCheck("sonarr", "/data/vod", None, None, (), ("sonarr does not see it.",), ())
    other = replace(unseen, remote="/downloads", mapping=PathPair("/data/vod", "/downloads"))
    silent = replace(unseen, is_known=False)

    cards = [render("system/doctor.html", {"checks": [check], "base": ""}) for check in (unseen, other, silent)]

    assert re.search(r'name="remote"\s+value=""', cards[0])
    assert "sonarr sees this folder as" in cards[0] and "Save this mapping" in cards[0]
    assert 'value="/downloads"' in cards[1] and "Use this mapping" in cards[1]
    assert "mapping" not in cards[2]
