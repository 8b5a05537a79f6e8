"""What Plex, Jellyfin and Emby say of their sessions."""

import pytest

from stalkeer.adapters.media.server import MediaServer
from stalkeer.adapters.media.sessions import read_sessions
from stalkeer.errors import MediaServerError
from tests.doubles.media_servers import EMBY, JELLYFIN, PLEX, TOKEN, media_server


@pytest.mark.parametrize("kind", [PLEX, JELLYFIN, EMBY])
def test_what_is_played_is_told_with_its_place_and_whether_a_provider_sends_it(kind):
    with media_server(kind) as server:
        asked = MediaServer(kind, server.url, TOKEN)
        assert read_sessions(asked) == ()
        server.playing = [
            ("News", "", True),
            ("Dune", "http://tv.example:8080/movie/u/p/1.mkv", False),
            ("Alien", "/media/Alien.strm", False),
            ("Heat", "/media/Heat.mkv", False),
        ]

        found = read_sessions(asked)

    assert [(one.title, one.is_stream) for one in found] == [
        ("News", True),
        ("Dune", True),
        ("Alien", True),
        ("Heat", False),
    ]


@pytest.mark.parametrize("kind", [PLEX, JELLYFIN])
def test_a_wrong_token_another_program_and_a_silent_one_are_told_without_the_token(kind):
    other = JELLYFIN if kind == PLEX else PLEX
    with media_server(kind) as server:
        for asked, words in (
            (MediaServer(kind, server.url, "wrongtoken4711"), "refused the token"),
            (MediaServer(other, server.url, TOKEN), "refused the token"),
            (MediaServer(kind, "http://127.0.0.1:9", TOKEN), "did not answer"),
        ):
            with pytest.raises(MediaServerError, match=words) as raised:
                read_sessions(asked)
            assert asked.token not in str(raised.value)
