"""Folders are set on two pages; what the program could not use at its next start is refused on both."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import unquote

import pytest
from starlette.testclient import TestClient

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
