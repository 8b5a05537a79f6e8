"""Settings > Media Server: what is typed can be tried before it is saved."""

from pathlib import Path

import pytest

from stalkeer.jobs.media.refresh import note_new_file, tell_media_server
from tests.doubles.media_servers import PLEX, TOKEN, media_server

PAGE = "/settings/media-server"


@pytest.fixture
def server():
    with media_server(PLEX) as double:
        yield double


@pytest.fixture
def form(server):
    return {
        "media_server.type": PLEX,
        "media_server.url": server.url,
        "media_server.token": TOKEN,
        "media_server.refresh": "true",
        "media_server.path_mappings": "/data/vod=/media, /other=/more",
    }


def test_unsaved_values_are_tested_and_the_library_of_a_path_is_marked(client, app, server, form):
    said = client.post(f"{PAGE}/test", data=form | {"test_path": "/data/vod/films/Alien (1979)"})

    assert "would look for new files in /media/films/Alien (1979), for the library Films" in said.text
    assert said.text.count("looks at it") == 1
    assert server.told == []
    assert app.settings.media_server.url == ""


def test_a_path_of_no_library_and_a_server_that_is_away_are_told(client, form):
    said = client.post(f"{PAGE}/test", data=form | {"test_path": "/elsewhere"})
    assert "No library of Plex contains /elsewhere" in said.text

    said = client.post(f"{PAGE}/test", data=form | {"media_server.url": "http://127.0.0.1:9"})
    assert "Plex did not answer" in said.text
    assert TOKEN not in said.text


def test_it_is_saved_shown_without_its_token_and_folders_that_wait_stand_there_with_the_reason(client, app, form):
    client.post(PAGE, data=form)
    assert app.settings.media_server.path_mappings == ("/data/vod=/media", "/other=/more")
    with app.database.begin() as connection:
        note_new_file(connection, app.settings.media_server, Path("/elsewhere/Alien/Alien.mkv"), app.clock())
    tell_media_server(app.media)

    shown = client.get(PAGE).text

    assert "/elsewhere/Alien" in shown
    assert "Add its folder to a library there" in shown
    assert TOKEN not in shown
    assert client.post(f"{PAGE}/test", data=form | {"media_server.token": ""}).text.count("libraries") == 1
