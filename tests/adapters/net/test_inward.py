"""What counts as the user's own network, and who may send us there."""

from __future__ import annotations

import pytest

from stalkeer.adapters.net.addresses import parse_address
from stalkeer.adapters.net.bulk import Question, Route, ask
from stalkeer.adapters.net.failures import Cause, NetworkFailure
from stalkeer.adapters.net.inward import Fence, is_inside, look_up
from stalkeer.adapters.playlists.fetch import PlaylistRequest, fetch_playlist
from stalkeer.errors import SourceRefused
from tests.adapters.net.users import MOVIE, PLAYLIST, Ways, movie
from tests.doubles.proxies import Proxy
from tests.doubles.raw_server import RawServer, answer, redirect

INSIDE = [
    *("127.0.0.1", "10.0.0.5", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "192.0.0.8"),
    *("198.18.0.1", "224.0.0.1", "239.255.255.250", "255.255.255.255", "192.88.99.1", "203.0.113.7"),
    *("::1", "::", "::127.0.0.1", "::ffff:10.0.0.5", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::10.0.0.5"),
    *("64:ff9b:1::1", "2002:7f00:1::", "2002:a00:5::1", "2002:808:808::1", "fec0::1", "feff::1", "fe80::1%eth0"),
    *("fc00::1", "fd12:3456::1", "ff02::1", "ff0e::1", "2001:db8::1", "2001::1", "100::1", "3fff::1"),
]
OUTSIDE = [
    *("1.1.1.1", "8.8.8.8", "100.63.255.255", "172.32.0.1", "223.255.255.255", "2606:4700::1111", "2a00:1450::1"),
    *("::ffff:8.8.8.8", "64:ff9b::808:808"),
]


@pytest.mark.parametrize("address", INSIDE)
def test_every_special_range_counts_as_inside(address):
    assert is_inside(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_public_servers_are_outside_also_behind_a_translator_of_the_network(address):
    assert not is_inside(address)


def is_refused(listed_by, *hops):
    fence = Fence(listed_by, {"panel.example": ["8.8.8.8"], "nas.lan": ["192.168.1.2"]}.get)
    try:
        for hop in hops:
            fence.check(parse_address("http://h.example"), [hop])
    except NetworkFailure as failure:
        return failure.cause is Cause.INWARD
    return False


@pytest.mark.parametrize(
    ("listed_by", "hops", "refused"),
    [
        ("http://panel.example", ["8.8.8.8", "1.1.1.1"], False),
        ("http://panel.example", ["10.0.0.5"], True),
        ("http://panel.example", ["8.8.8.8", "127.0.0.1"], True),
        ("http://nas.lan", ["192.168.1.2", "10.0.0.5"], False),
        ("http://nas.lan", ["10.0.0.5"], False),
        ("http://nas.lan", ["192.168.1.2", "8.8.8.8", "10.0.0.5"], True),
        ("", ["192.168.1.2"], False),
        ("http://[::1", ["192.168.1.2"], True),
    ],
)
def test_a_source_inside_may_name_addresses_inside_until_a_server_outside_has_answered(listed_by, hops, refused):
    assert is_refused(listed_by, *hops) is refused


def test_one_address_inside_among_several_is_enough():
    with pytest.raises(NetworkFailure, match="inside your own network"):
        Fence("http://8.8.8.8", lambda host: [host]).check(parse_address("http://h.example"), ["1.1.1.1", "127.0.0.1"])


def test_a_name_that_is_none_has_no_addresses():
    assert look_up("127.0.0.1") == ["127.0.0.1"]
    assert look_up("x" * 300) == ()


# 127.0.0.1 stands for a server outside, 127.0.0.2 for one inside


def only_two_is_inside(address):
    return address == "127.0.0.2"


def test_a_playlist_outside_cannot_send_us_inside(tmp_path):
    with (
        RawServer("127.0.0.2") as inside,
        RawServer(default=redirect(inside.url + "/reboot")) as outside,
        pytest.raises(SourceRefused, match="inside your own network"),
    ):
        fetch_playlist(PlaylistRequest(outside.url, is_inside=only_two_is_inside), tmp_path / "x")

    assert (len(outside.lines), inside.lines) == (1, [])


def test_a_playlist_that_the_user_typed_may_lie_inside_and_send_us_on_inside(tmp_path):
    with RawServer("127.0.0.2", answer(PLAYLIST)) as there, RawServer("127.0.0.2", redirect(there.url)) as here:
        fetch_playlist(PlaylistRequest(here.url, is_inside=only_two_is_inside), tmp_path / "x")

    assert (tmp_path / "x").read_bytes() == PLAYLIST


def test_a_name_that_means_something_else_a_moment_later_is_connected_to_as_it_was_judged():
    with RawServer("127.0.0.2") as inside, RawServer(default=answer(b"outside")) as outside:
        asked = []

        def rebinding(host):
            asked.append(host)
            return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

        url = f"http://rebound.example:{outside.port}/"
        question = Question(url, listed_by="http://8.8.8.8", resolve=rebinding, is_inside=only_two_is_inside)
        found = ask(question)
        body = found.read1(100)
        found.close()

    assert (body, asked, inside.lines) == (b"outside", ["rebound.example"], [])


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "0x7f000001", "2130706433", "localhost", "[::ffff:127.0.0.1]"])
def test_a_movie_listed_by_a_source_outside_is_not_asked_for_inside(tmp_path, host):
    with RawServer(default=answer(b"secret")) as server:
        found = movie(f"http://{host}:{server.port}/7.mkv", tmp_path, Ways(listed_by="http://8.8.8.8/get.php"))

    assert "inside your own network" in found.words
    assert server.lines == []


@pytest.mark.parametrize(
    "listed",
    [
        "#EXTM3U\n#EXTINF:4,\nhttp://{}/1.ts\n#EXT-X-ENDLIST\n",
        "#EXTM3U\n#EXTINF:4,\n//{}/1.ts\n#EXT-X-ENDLIST\n",
        "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nhttp://{}/list.m3u8\n",
        '#EXTM3U\n#EXT-X-MAP:URI="http://{}/head"\n#EXTINF:4,\n1.ts\n#EXT-X-ENDLIST\n',
    ],
    ids=["part", "part without scheme", "variant", "header"],
)
def test_what_an_hls_list_names_is_not_asked_for_inside(tmp_path, listed):
    with RawServer("127.0.0.2", answer(b"secret")) as inside, RawServer() as outside:
        outside.default = answer(listed.format(inside.place).encode())
        found = movie(outside.url, tmp_path, Ways(listed_by=outside.url, is_inside=only_two_is_inside))

    assert "inside your own network" in found.words
    assert (len(outside.lines), inside.lines) == (1, [])


def test_a_sidecar_that_leads_inside_is_left_alone(tmp_path):
    with RawServer("127.0.0.2", answer(b"secret")) as inside, RawServer(default=redirect(inside.url)) as outside:
        outside.replies["/7.mkv"] = answer(MOVIE)
        found = movie(
            outside.url + "/7.mkv",
            tmp_path,
            Ways(listed_by=outside.url, is_inside=only_two_is_inside, has_sidecar=True),
        )

    assert found.content == MOVIE
    assert (outside.targets[:2], inside.lines) == (["/7.mkv", "/7.mkv.sha256"], [])


@pytest.mark.parametrize("scheme", ["http", "socks5", "socks5h"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_proxy_leads_no_listed_address_inside_either(tmp_path, scheme, host):
    with RawServer(default=answer(b"secret")) as server, Proxy() as proxy:
        question = Question(
            f"http://{host}:{server.port}/", route=Route(f"{scheme}://{proxy.address}"), listed_by="http://8.8.8.8"
        )
        with pytest.raises(NetworkFailure, match="inside your own network"):
            ask(question)

    assert server.lines == []
