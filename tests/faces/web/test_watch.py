"""Videos of the watch folders, on the page, over the API and on the command line."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from stalkeer.adapters.files.watched import list_videos
from stalkeer.core.downloads.watch import WatchState
from stalkeer.faces.cli.main import run_command_line
from stalkeer.runtime import App
from stalkeer.store.library.wanted_list import WantedFilter, list_wanted
from stalkeer.store.watch.watch_files import WatchFile, list_watch_files, note_found, set_state
from tests.faces.web.sample import fill

REASON = "no wanted item has its name"


@pytest.fixture
def file(app: App, tmp_path: Path) -> Path:
    """A file that needs the user."""
    fill(app.database, app.secrets, app.clock())
    path = tmp_path / "dropped" / "film <b>1.mkv"
    path.parent.mkdir()
    path.write_bytes(b"a film")
    (found,) = list_videos(path.parent).files
    with app.database.begin() as connection:
        note_found(connection, found, app.clock() - timedelta(hours=1))
        (row,) = list_watch_files(connection)
        set_state(connection, row, WatchState.FAILED, app.clock(), REASON)
    return path


def run(app: App, *arguments: str) -> tuple[int, dict]:
    out = io.StringIO()
    with redirect_stdout(out):
        code = run_command_line([*arguments, "--json"], build=lambda _: app, serve=lambda _: None)
    return int(code), json.loads(out.getvalue() or "{}")


def the_file(app: App) -> WatchFile:
    with app.database.connect() as connection:
        (row,) = list_watch_files(connection)
    return row


def wanted_id(app: App) -> int:
    with app.database.connect() as connection:
        return list_wanted(connection, WantedFilter())[0].id


def test_every_face_lists_it_with_its_reason(client: TestClient, app: App, file: Path):
    page = client.get("/activity/watch").text
    (record,) = client.get("/api/v1/watch?state=failed").json()["records"]
    _, listed = run(app, "watch", "list")

    assert REASON in page
    assert "film &lt;b&gt;1.mkv" in page
    assert (record["path"], record["state"], record["reason"]) == (str(file), "failed", REASON)
    assert [(one["path"], one["reason"]) for one in listed["files"]] == [(str(file), REASON)]
    assert client.get("/api/v1/watch?state=taken").json()["totalRecords"] == 0


@pytest.mark.parametrize("face", ["page", "api", "cli"])
def test_every_face_lets_the_user_choose_the_item(client: TestClient, app: App, file: Path, face: str):
    number, item = the_file(app).id, wanted_id(app)

    if face == "page":
        client.post(f"/activity/watch/{number}/take/{item}")
    elif face == "api":
        assert client.post(f"/api/v1/watch/{number}/take", json={"wantedIds": [item]}).status_code == 200
    else:
        assert run(app, "watch", "take", str(number), "--item", str(item))[0] == 0

    assert (the_file(app).state, the_file(app).chosen) == (WatchState.REVIEW, (item,))


@pytest.mark.parametrize("face", ["page", "api", "cli"])
def test_every_face_tries_it_again(client: TestClient, app: App, file: Path, face: str):
    number = the_file(app).id

    if face == "page":
        client.post(f"/activity/watch/{number}/retry")
    elif face == "api":
        assert client.post(f"/api/v1/watch/{number}/retry").status_code == 200
    else:
        assert run(app, "watch", "retry", str(number))[0] == 0

    assert (the_file(app).state, the_file(app).reason) == (WatchState.NEW, "")


@pytest.mark.parametrize("face", ["api", "cli"])
def test_every_face_refuses_an_unknown_file(client: TestClient, app: App, face: str):
    if face == "api":
        assert client.post("/api/v1/watch/99/retry").status_code == 404
    else:
        assert run(app, "watch", "retry", "99")[0] != 0


def test_the_page_finds_wanted_items_by_a_part_of_their_title(client: TestClient, app: App, file: Path):
    number = the_file(app).id
    with app.database.connect() as connection:
        title = list_wanted(connection, WantedFilter())[0].label

    found = client.get(f"/activity/watch/{number}/items", params={"q": title[:5]}).text

    assert f"/activity/watch/{number}/take/" in found


def test_an_empty_page_says_which_setting_is_missing(client: TestClient):
    assert "No watch folder is set" in client.get("/activity/watch").text


def test_the_folders_are_set_on_the_settings_page_and_over_the_api(client: TestClient, app: App, tmp_path: Path):
    first, second = tmp_path / "one", tmp_path / "two"

    client.post("/settings/media", data={"watch.folders": f"{first}, {second}"})
    assert app.settings.watch.folders == (first, second)

    answer = client.put("/api/v1/settings/watch", json={"folders": [str(second)]})
    assert answer.status_code == 200, answer.text
    assert answer.json()["values"]["folders"] == [str(second)]
    assert app.settings.watch.folders == (second,)
    assert client.put("/api/v1/settings/watch", json={"folders": ["relative"]}).status_code in (400, 422)
