"""The demo provider: what a client sees of a panel and of an ordinary web server."""

import re
import socket
import struct
import threading

import pytest
import urllib3

from stalkeer.demo.content import Memory, Pattern, ServedFile, sha256
from stalkeer.demo.panel import PanelMovie, PanelSeries, SeriesEpisode
from stalkeer.demo.provider import Provider

FILM = bytes(range(256)) * 40


@pytest.fixture
def provider():
    with Provider() as running:
        running.account("anna", "pw", max_connections=1)
        running.add("/movie/7.mkv", FILM)
        yield running


@pytest.fixture
def http():
    with urllib3.PoolManager(
        retries=urllib3.Retry(connect=0, read=0, redirect=3), headers={"User-Agent": "test"}
    ) as pool:
        yield pool


def test_a_film_is_served_behind_a_redirect_to_a_token(provider, http):
    url = provider.media_url("/movie/7.mkv", provider.accounts["anna"])

    first = http.request("GET", url, redirect=False)
    second = http.request("GET", first.headers["Location"], redirect=False)

    assert first.status == 302 and "/vauth/" in first.headers["Location"]
    assert second.status == 200 and second.data == FILM
    assert second.headers["Accept-Ranges"] == f"0-{len(FILM)}" and "ETag" not in second.headers


def test_the_range_counts_that_the_token_was_made_with(provider, http):
    url = provider.media_url("/movie/7.mkv", provider.accounts["anna"])

    first = http.request("GET", url, redirect=False, headers={"User-Agent": "x", "Range": "bytes=100-"})
    second = http.request("GET", first.headers["Location"], redirect=False)

    assert second.status == 206 and second.data == FILM[100:]


@pytest.mark.parametrize("url", ["/movie/anna/wrong/7.mkv", "/movie/anna/pw/8.mkv"])
def test_whatever_a_panel_dislikes_is_a_page_not_found(provider, http, url):
    answer = http.request("GET", provider.url + url, redirect=False)

    assert answer.status == 404 and b"<html>" in answer.data


def test_a_second_stream_of_a_full_account_kills_the_first(provider, http):
    provider.files["/movie/8.mkv"] = ServedFile(Pattern(50_000_000))
    url = provider.media_url("/movie/8.mkv", provider.accounts["anna"])
    first = http.request("GET", url, preload_content=False)
    first.read1(1000)

    second = http.request("GET", url, preload_content=False)
    second.read1(1000)

    with pytest.raises(urllib3.exceptions.HTTPError):
        first.read()
    assert provider.connections.killed["anna"] == 1 and provider.connections.peak["anna"] == 2
    second.close()


@pytest.fixture
def late_provider(provider):
    """Its threads notice the end of a stream only when `noticing` is set, as on a machine that is busy."""
    provider.accounts["anna"].max_connections = 2
    noticing = threading.Event()

    def linger(exchange):
        if not exchange.request.path.startswith("/vauth/"):
            return False
        exchange.send_head(exchange.answer)
        exchange.send_content(exchange.answer.content, 0, 1000)
        noticing.wait(10)
        return True

    provider.hook = linger
    yield provider
    noticing.set()


def stream(provider, number):
    """A stream on a connection of its own, of which some bytes have come."""
    request = "GET {} HTTP/1.1\r\nHost: h\r\nUser-Agent: test\r\n\r\n"
    opened = []
    target = f"/movie/anna/pw/{number}.mkv"
    for _ in range(2):
        opened.append(socket.create_connection(("127.0.0.1", provider.port), 10))
        opened[-1].sendall(request.format(target).encode())
        head = opened[-1].recv(4096)
        found = re.search(rb"Location: http://[^/]+(\S+)", head)
        target = "" if found is None else found[1].decode()
    opened[0].close()
    return opened[1]


def reset(connection):
    """Leave with a RST, as a killed client does that has not read everything."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@pytest.mark.parametrize("leave", [lambda one: one.shutdown(socket.SHUT_RDWR), lambda one: one.close(), reset])
def test_a_stream_that_its_client_has_left_counts_no_more_however_late_it_is_noticed(late_provider, leave):
    provider = late_provider

    first = stream(provider, 7)
    assert provider.open_streams() == 1
    leave(first)
    assert provider.open_streams() == 0
    with stream(provider, 7):
        assert (provider.open_streams(), provider.connections.peak["anna"]) == (1, 1)
    first.close()
    assert (provider.connections.opened["anna"], provider.connections.killed["anna"]) == (2, 0)


def test_streams_that_are_held_open_at_once_are_all_counted(late_provider):
    with stream(late_provider, 7), stream(late_provider, 7):
        assert (late_provider.open_streams(), late_provider.connections.peak["anna"]) == (2, 2)


def test_the_account_answers_with_its_limits_and_lists(provider, http):
    provider.listing.movies.append(PanelMovie(7, "A Film (2020)", tmdb_id=11))
    provider.listing.series.append(PanelSeries(3, "A Series", (SeriesEpisode(70, 1, 2, "Two"),)))
    api = f"{provider.url}/player_api.php?username=anna&password=pw"

    info = http.request("GET", api).json()["user_info"]
    films = http.request("GET", f"{api}&action=get_vod_streams").json()
    episodes = http.request("GET", f"{api}&action=get_series_info&series_id=3").json()["episodes"]

    assert (info["auth"], info["max_connections"], info["active_cons"]) == (1, "1", 0)
    assert films[0]["stream_id"] == 7 and films[0]["tmdb"] == "11"
    assert episodes["1"][0]["id"] == "70"


def test_the_playlist_lists_everything_under_the_accounts_own_urls(provider, http):
    provider.listing.movies.append(PanelMovie(7, "A Film (2020)"))

    text = http.request("GET", provider.playlist_url(provider.accounts["anna"])).data.decode()

    assert text.startswith("#EXTM3U\n#EXTINF:-1 ")
    assert f"A Film (2020)\n{provider.url}/movie/anna/pw/7.mkv\n" in text


def test_an_ordinary_file_has_validators_and_honours_if_range(provider, http):
    provider.files["/plain.mkv"] = ServedFile(Memory(FILM), etag='"v1"')
    ranged = {"Range": "bytes=10-"}

    same = http.request("GET", provider.url + "/plain.mkv", headers=ranged | {"If-Range": '"v1"'})
    other = http.request("GET", provider.url + "/plain.mkv", headers=ranged | {"If-Range": '"v0"'})
    beyond = http.request("GET", provider.url + "/plain.mkv", headers={"Range": "bytes=99999-"})

    assert (same.status, same.data) == (206, FILM[10:])
    assert (other.status, other.data) == (200, FILM)
    assert (beyond.status, beyond.headers["Content-Range"]) == (416, f"bytes */{len(FILM)}")


def test_a_hook_may_cut_the_answer(provider, http):
    provider.hook = lambda exchange: exchange.answer.status == 200 and exchange.deliver(cut_after=100)

    with pytest.raises(urllib3.exceptions.HTTPError):
        http.request("GET", provider.media_url("/movie/7.mkv", provider.accounts["anna"]))


def test_closing_ends_a_stalled_answer(http):
    entered = threading.Event()

    def stall(exchange):
        entered.set()
        exchange.stall()

    with Provider() as provider:
        provider.hook = stall
        waiting = http.request
        thread = threading.Thread(
            target=lambda: pytest.raises(urllib3.exceptions.HTTPError, waiting, "GET", provider.url)
        )
        thread.start()
        entered.wait(5)

    thread.join(5)
    assert not thread.is_alive()


def test_a_pattern_reads_the_same_wherever_it_is_entered():
    pattern = Pattern(300_000, seed=4)
    whole = pattern.read(0, 300_000)

    assert len(whole) == 300_000 and pattern.read(65_000, 70_000) == whole[65_000:135_000]
    assert pattern.read(299_990, 100) == whole[-10:]
    assert sha256(pattern) != sha256(Pattern(300_000, seed=5))
