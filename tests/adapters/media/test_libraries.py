"""What Plex, Jellyfin and Emby say of their libraries, and what they are told."""

import pytest

from stalkeer.adapters.media.libraries import read_libraries, refresh_folder
from stalkeer.adapters.media.server import MediaServer
from stalkeer.errors import MediaServerError
from tests.doubles.media_servers import EMBY, JELLYFIN, KINDS, PLEX, TOKEN, media_server


@pytest.mark.parametrize("kind", KINDS)
def test_the_libraries_are_read_with_their_folders(kind):
    with media_server(kind) as server:
        found = read_libraries(MediaServer(kind, server.url, TOKEN))

    assert [(library.name, library.folders) for library in found] == [
        ("Films", ("/media/films",)),
        ("Series", ("/media/series", "/more/series")),
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_without_libraries_has_none(kind):
    with media_server(kind) as server:
        server.libraries = {}

        assert read_libraries(MediaServer(kind, server.url, TOKEN)) == ()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "folder", ["/media/films/Alien (1979)", "/media/films/Amélie & co #1 + 50% (2001)", "/media/films"]
)
def test_a_folder_arrives_byte_for_byte(kind, folder):
    with media_server(kind) as server:
        asked = MediaServer(kind, server.url, TOKEN)

        refresh_folder(asked, read_libraries(asked)[0], folder)

    assert server.told == [folder]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("status", "words"),
    [(500, "answered 500"), (403, "refused the token"), (302, "answered 302"), (404, "answered 404")],
)
def test_an_error_names_the_server_and_not_the_token(kind, status, words):
    with media_server(kind) as server:
        server.status = status
        asked = MediaServer(kind, server.url, TOKEN)

        for question in (read_libraries, lambda one: refresh_folder(one, _any_library(), "/media/films")):
            with pytest.raises(MediaServerError, match=words) as raised:
                question(asked)
            assert TOKEN not in str(raised.value)


@pytest.mark.parametrize(
    ("kind", "url"), [(PLEX, "http://[::1"), (JELLYFIN, "ftp://127.0.0.1/"), (EMBY, "http://127.0.0.1:99999")]
)
def test_an_address_that_cannot_be_used_is_refused_without_a_request(kind, url):
    with pytest.raises(MediaServerError, match="cannot be used"):
        read_libraries(MediaServer(kind, url, TOKEN))


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_in_another_form_is_refused(kind):
    with media_server(PLEX if kind != PLEX else EMBY) as server:
        server._is_let_in = lambda _request: True
        server._plex = server._emby = lambda _request: _answer(b'{"error": "no"}')

        with pytest.raises(MediaServerError, match="unknown form"):
            read_libraries(MediaServer(kind, server.url, TOKEN))


def _any_library():
    from stalkeer.adapters.media.libraries import MediaLibrary

    return MediaLibrary("1", "Films", ("/media/films",))


def _answer(body):
    from stalkeer.demo.http import Response

    return Response(200, body)
