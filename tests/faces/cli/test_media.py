"""The media server on the command line."""

from pathlib import Path

import pytest

from stalkeer.jobs.media.refresh import note_new_file
from tests.doubles.media_servers import KINDS, TOKEN, media_server


@pytest.fixture(params=KINDS)
def server(request):
    with media_server(request.param) as double:
        yield double


@pytest.fixture
def connected(app, server):
    given = {"type": server.kind, "url": server.url, "token": TOKEN, "refresh": True}
    app.change_settings({f"media_server.{name}": value for name, value in given.items()})
    return server


def test_the_library_of_a_path_is_shown_and_nothing_is_changed(stalkeer, connected):
    ended = stalkeer("media", "test", "/media/films/Alien (1979)/Alien (1979).mkv", "--json")

    assert ended.code == 0
    assert (ended.document["folder"], ended.document["chosen"]) == ("/media/films/Alien (1979)", ["Films"])
    assert connected.told == []


def test_a_path_of_no_library_fails_with_what_to_do(stalkeer, connected):
    ended = stalkeer("media", "test", "/elsewhere/Alien")

    assert ended.code == 1
    assert "Add its folder to a library there" in ended.out
    assert "/media/films" in ended.out  # the folders that it has


def test_what_the_server_was_not_told_of_is_listed_and_tried_again_after_a_test(stalkeer, connected, app):
    assert "No folders wait" in stalkeer("media", "list").out
    with app.database.begin() as connection:
        note_new_file(connection, app.settings.media_server, Path("/media/films/Alien/Alien.mkv"), app.clock())

    listed = stalkeer("media", "list", "--json").document

    assert [(folder["folder"], folder["files"]) for folder in listed["folders"]] == [("/media/films/Alien", 1)]
    assert set(listed["folders"][0]) == {"folder", "files", "queuedAt", "notBefore", "attempts", "error"}  # as the API
    assert "/media/films/Alien" in stalkeer("media", "list").out


def test_without_a_media_server_the_setting_is_named(stalkeer):
    ended = stalkeer("media", "test")

    assert ended.code != 0
    assert "media_server.type" in ended.err
