"""What can be done with a download from its row, as the sample has them."""

from __future__ import annotations

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from stalkeer.model import DownloadId, DownloadState
from stalkeer.runtime import App
from stalkeer.store.db import tables
from stalkeer.store.downloads.downloads import get_download
from tests.faces.web.sample import fill

QUEUED, BLOCKED = 4, 7


@pytest.fixture(autouse=True)
def _sample(app: App) -> None:
    fill(app.database, app.secrets, app.clock())


def state_of(app: App, number: int) -> DownloadState:
    with app.database.connect() as connection:
        return get_download(connection, DownloadId(number)).state


def test_what_an_instance_refused_is_imported_anyway_when_the_user_says_so(client: TestClient, app: App):
    refused = {"state": "refused", "refusal": "Not an upgrade"}
    with app.database.begin() as connection:
        items = update(tables.download_items).where(tables.download_items.c.download_id == BLOCKED)
        connection.execute(items.values(refused))

    page = client.get(f"/activity/{BLOCKED}").text
    client.post(f"/activity/{BLOCKED}/accept")

    assert "Import anyway" in page
    assert state_of(app, BLOCKED) is not DownloadState.BLOCKED


def test_what_no_instance_refused_cannot_be_imported_anyway_and_its_reason_is_shown(client: TestClient, app: App):
    reason = "not a video: the server sent text (42 bytes)"
    with app.database.begin() as connection:
        row = update(tables.downloads).where(tables.downloads.c.id == BLOCKED)
        connection.execute(row.values(error=reason, error_code="not_a_video"))
        items = update(tables.download_items).where(tables.download_items.c.download_id == BLOCKED)
        connection.execute(items.values(state="waiting", refusal=None))

    pages = [client.get(f"/activity/{BLOCKED}").text, client.get("/activity?show=trouble").text]

    assert all(reason in page and "Import anyway" not in page for page in pages)


def test_a_finished_file_that_waits_for_its_place_says_why(client: TestClient, app: App):
    with app.database.begin() as connection:
        row = update(tables.downloads).where(tables.downloads.c.id == BLOCKED)
        connection.execute(row.values(state="fetched", error="the disk is full; free some space"))

    assert "the disk is full; free some space" in client.get("/activity").text


def test_the_first_of_the_queue_goes_no_further_up(client: TestClient):
    said = client.post(f"/activity/{QUEUED}/up", headers={"HX-Request": "true"})

    assert "is%20already%20first" in said.headers["Stalkeer-Toast"]


def test_a_row_is_not_dropped_among_those_of_another_priority(client: TestClient, app: App):
    with app.database.begin() as connection:
        connection.execute(update(tables.downloads).where(tables.downloads.c.id == QUEUED).values(priority=2))

    said = client.post(f"/activity/{QUEUED}/place", data={"other": "5", "side": "after"})

    assert said.status_code == 422 and "have different priorities" in said.text


def test_a_temporary_pause_and_speed_limit_are_shown_on_every_page(client: TestClient):
    client.post("/queue/pause", data={"minutes": "30"})
    client.post("/queue/speed", data={"rate": "5MB", "minutes": "60"})
    pages = [client.get(path).text for path in ("/", "/catalogue", "/system/about")]

    assert all("Resume queue" in page and "5.0 MB/s until" in page for page in pages)
    client.post("/queue/resume")
    client.post("/queue/speed/end")
    assert "Pause for 30 minutes" in client.get("/queue/for-now").text
    assert client.post("/queue/speed", data={"rate": "fast"}).status_code == 422
