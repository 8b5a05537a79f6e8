"""The media server over the API: tested before it is saved, and its token is never shown."""

from pathlib import Path

import pytest

from stalkeer.jobs.media.refresh import note_new_file
from tests.doubles.media_servers import JELLYFIN, TOKEN, media_server

PATH = "/api/v1/media-server"


@pytest.fixture
def jellyfin():
    with media_server(JELLYFIN) as double:
        yield double


@pytest.fixture
def draft(jellyfin):
    return {"type": JELLYFIN, "url": jellyfin.url, "token": TOKEN}


def test_a_draft_is_tested_and_not_saved(client, app, draft):
    given = draft | {"path": "/data/vod/Alien (1979)/Alien.mkv", "pathMappings": ["/data/vod=/media/films"]}

    said = client.post(f"{PATH}/test", json=given).json()

    assert (said["ok"], said["folder"], said["chosen"]) == (True, "/media/films/Alien (1979)", ["Films"])
    assert app.settings.media_server.url == ""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"token": "wrong-token-4711"}, "refused the token"),
        ({"url": "http://127.0.0.1:9"}, "did not answer"),
        ({"path": "/elsewhere"}, "Add its folder to a library there"),
    ],
    ids=["token", "address", "path"],
)
def test_a_failed_test_says_why_without_the_token(client, draft, change, words):
    said = client.post(f"{PATH}/test", json=draft | change)

    assert said.json()["ok"] is False
    assert words in said.json()["error"]
    assert TOKEN not in said.text and "4711" not in said.text


def test_a_stored_token_is_not_sent_to_another_address(client, app, draft):
    client.put("/api/v1/settings/media-server", json=draft)
    with media_server(JELLYFIN) as other:
        said = client.post(f"{PATH}/test", json={"url": other.url})

        assert said.status_code == 422
        assert "token" in said.text
        assert other.asked == 0
    assert client.post(f"{PATH}/test", json={"url": draft["url"]}).json()["ok"]
    assert client.post(f"{PATH}/test", json={}).json()["ok"]


@pytest.mark.parametrize("wrong", [{"url": "jellyfin"}, {"pathMappings": ["/data"]}, {"path": "here"}], ids=str)
def test_values_that_cannot_be_used_are_refused(client, draft, wrong):
    assert client.post(f"{PATH}/test", json=draft | wrong).status_code == 422


def test_folders_that_wait_are_listed(client, app, draft):
    client.put("/api/v1/settings/media-server", json=draft | {"refresh": True})
    with app.database.begin() as connection:
        note_new_file(connection, app.settings.media_server, Path("/elsewhere/Alien/Alien.mkv"), app.clock())

    [folder] = client.get(f"{PATH}/folders").json()["records"]

    assert (folder["folder"], folder["files"], folder["error"]) == ("/elsewhere/Alien", 1, None)
