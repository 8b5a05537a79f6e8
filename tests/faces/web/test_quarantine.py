"""Files that were set aside, on the page, over the API and on the command line."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from stalkeer.faces.cli.main import run_command_line
from stalkeer.model import DownloadId, DownloadState
from stalkeer.runtime import App
from stalkeer.store.downloads.downloads import get_download
from stalkeer.store.downloads.quarantine import list_set_aside, note_set_aside
from tests.faces.web.sample import fill

FAILED = 8
REASON = "it plays 24 min where 90 are expected"


@pytest.fixture
def file(app: App, tmp_path: Path) -> Path:
    """The file of a download that failed."""
    fill(app.database, app.secrets, app.clock())
    path = tmp_path / "quarantine" / "8-1-1.part"
    path.parent.mkdir()
    path.write_bytes(b"half a film")
    with app.database.begin() as connection:
        note_set_aside(connection, get_download(connection, DownloadId(FAILED)), path, REASON, app.clock())
    return path


def run(app: App, *arguments: str) -> tuple[int, dict]:
    out = io.StringIO()
    with redirect_stdout(out):
        code = run_command_line([*arguments, "--json"], build=lambda _: app, serve=lambda _: None)
    return int(code), json.loads(out.getvalue() or "{}")


def title_of(app: App) -> str:
    with app.database.connect() as connection:
        return get_download(connection, DownloadId(FAILED)).identity.title


def is_empty(app: App) -> bool:
    with app.database.connect() as connection:
        return list_set_aside(connection) == []


def test_every_face_lists_quarantined_files_with_title_and_reason(client: TestClient, app: App, file: Path):
    page = client.get("/activity/quarantine").text
    (record,) = client.get("/api/v1/quarantine").json()["records"]
    _, listed = run(app, "quarantine", "list")

    assert title_of(app) in page and REASON in page
    assert (record["title"], record["reason"], record["path"]) == (title_of(app), REASON, str(file))
    assert [(one["title"], one["reason"]) for one in listed["files"]] == [(title_of(app), REASON)]


@pytest.mark.parametrize("face", ["page", "api", "cli"])
def test_every_face_deletes_it(client: TestClient, app: App, file: Path, face: str):
    if face == "page":
        client.post("/activity/quarantine/1/delete")
    elif face == "api":
        assert client.delete("/api/v1/quarantine/1").status_code == 204
    else:
        assert run(app, "quarantine", "delete", "1")[0] == 0

    assert is_empty(app) and not file.exists()


@pytest.mark.parametrize("face", ["page", "api", "cli"])
def test_every_face_accepts_a_quarantined_file(client: TestClient, app: App, file: Path, face: str):
    if face == "page":
        client.post("/activity/quarantine/1/accept")
    elif face == "api":
        answer = client.post("/api/v1/quarantine/1/accept")
        assert answer.status_code == 200, answer.text
    else:
        assert run(app, "quarantine", "accept", "1")[1]["download"] > FAILED

    assert is_empty(app)
    with app.database.connect() as connection:
        newest = get_download(connection, DownloadId(max(row["id"] for row in downloads(client))))
    assert newest.state is DownloadState.FETCHED and newest.transfer.part_path == str(file)


def downloads(client: TestClient) -> list[dict]:
    return client.get("/api/v1/downloads?pageSize=100").json()["records"]


@pytest.mark.parametrize("face", ["api", "cli"])
def test_a_file_that_is_not_there_is_said_to_be_so(client: TestClient, app: App, file: Path, face: str):
    if face == "api":
        assert client.post("/api/v1/quarantine/99/accept").status_code == 404
    else:
        assert run(app, "quarantine", "accept", "99")[0] != 0


def test_an_empty_quarantine_says_so(client: TestClient):
    assert "The quarantine is empty" in client.get("/activity/quarantine").text
