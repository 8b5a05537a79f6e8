"""Playlists from the network: bounded, unpacked, asked for only when they changed; no message tells a login."""

from __future__ import annotations

import base64
import gzip
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from stalkeer.adapters.playlists.fetch import NotModified, PlaylistFile, PlaylistRequest, fetch_playlist
from stalkeer.errors import NotAPlaylist, SourceError, SourceRefused, SourceUnreachable
from tests.doubles.proxies import Proxy

TEXT = b"#EXTM3U\n" + b"".join(b"#EXTINF:-1,Film %d\nhttp://h.example/%d.mkv\n" % (n, n) for n in range(2000))
Behaviour = Callable[[BaseHTTPRequestHandler], None]


class Server:
    def __init__(self) -> None:
        self.behaviour: Behaviour = plain
        self.heads: list[dict[str, str]] = []
        self.paths: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/get.php?username=ann-login&password=s3cret-pass"

    @property
    def port(self) -> int:
        return int(self._http.server_address[1])

    def __enter__(self) -> Server:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.heads.append(dict(self.headers.items()))
                server.paths.append(self.path)
                server.behaviour(self)

            def log_message(self, *_arguments: object) -> None:
                return None

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


def answer(status: int, body: bytes = b"", **headers: str) -> Behaviour:
    def behave(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return behave


plain = answer(200, TEXT, ETag='"v1"', Last_Modified="Thu, 01 Jan 2026 00:00:00 GMT")


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def fetch(server: Server, folder: Path, **how: object) -> PlaylistFile:
    fetched = fetch_playlist(PlaylistRequest(server.url, **how), folder / "list.m3u")  # type: ignore[arg-type]
    assert isinstance(fetched, PlaylistFile)
    return fetched


def test_a_playlist_is_stored_with_its_validators(server, tmp_path):
    file = fetch(server, tmp_path)

    assert file.path.read_bytes() == TEXT
    assert (file.size, file.etag, file.last_modified) == (len(TEXT), '"v1"', "Thu, 01 Jan 2026 00:00:00 GMT")


def test_the_same_bytes_have_the_same_digest_packed_or_not(server, tmp_path):
    first = fetch(server, tmp_path)
    server.behaviour = answer(200, gzip.compress(TEXT), Content_Encoding="gzip")
    second = fetch(server, tmp_path)
    server.behaviour = answer(
        200, gzip.compress(TEXT[:5000]) + gzip.compress(TEXT[5000:]), Content_Type="audio/x-mpegurl"
    )
    third = fetch(server, tmp_path)

    assert first.digest == second.digest == third.digest
    assert third.path.read_bytes() == TEXT


def test_a_known_copy_is_asked_about_and_not_fetched_again(server, tmp_path):
    server.behaviour = answer(304)

    request = PlaylistRequest(server.url, etag='"v1"', last_modified="Thu, 01 Jan 2026 00:00:00 GMT")
    assert isinstance(fetch_playlist(request, tmp_path / "x"), NotModified)
    assert server.heads[0]["If-None-Match"] == '"v1"'
    assert server.heads[0]["If-Modified-Since"] == "Thu, 01 Jan 2026 00:00:00 GMT"


def test_user_agent_headers_and_basic_login_are_sent(server, tmp_path):
    url = f"http://bob:pw%40x@127.0.0.1:{server.port}/list.m3u"

    fetch_playlist(PlaylistRequest(url, user_agent="Box/1", headers={"Referer": "http://r.example/"}), tmp_path / "x")

    sent = server.heads[0]
    assert (sent["User-Agent"], sent["Referer"]) == ("Box/1", "http://r.example/")
    assert base64.b64decode(sent["Authorization"].split()[1]) == b"bob:pw@x"


def test_a_request_goes_through_its_proxy(server, tmp_path):
    request = PlaylistRequest("http://far.example/list.m3u", proxy=f"http://127.0.0.1:{server.port}")

    assert isinstance(fetch_playlist(request, tmp_path / "x"), PlaylistFile)
    assert server.paths == ["http://far.example/list.m3u"]


@pytest.mark.parametrize(
    ("proxy", "host", "logins"),
    [
        ("socks5://{}", "127.0.0.1", []),
        ("socks5h://{}", "localhost", []),
        ("socks5h://joe:pr0xy-pass@{}", "localhost", ["joe:pr0xy-pass"]),
    ],
    ids=["socks5 resolves here", "socks5h resolves there", "login"],
)
def test_a_request_goes_through_a_socks_proxy(server, tmp_path, proxy, host, logins):
    with Proxy() as socks:
        url = server.url.replace("127.0.0.1", host)
        fetch_playlist(PlaylistRequest(url, proxy=proxy.format(socks.address)), tmp_path / "list.m3u")

    assert (tmp_path / "list.m3u").read_bytes() == TEXT
    assert socks.seen == [f"SOCKS {host}:{server.port}"]
    assert socks.logins == logins


def test_a_socks_proxy_that_is_away_is_told_of_without_any_login(server, tmp_path):
    request = PlaylistRequest(server.url, proxy="socks5h://joe:pr0xy-pass@127.0.0.1:9")

    with pytest.raises(SourceUnreachable) as told:
        fetch_playlist(request, tmp_path / "list.m3u")

    assert not any(secret in str(told.value) for secret in ("joe", "pr0xy-pass", "s3cret-pass", "ann-login"))


@pytest.mark.parametrize("packed", [False, True])
def test_a_playlist_beyond_the_limit_is_refused_while_it_arrives(server, tmp_path, packed):
    body = gzip.compress(b"#EXTM3U\n" + b"\0" * 50_000_000) if packed else TEXT * 20
    server.behaviour = answer(200, body)

    with pytest.raises(NotAPlaylist, match="larger than 1 MB"):
        fetch(server, tmp_path, max_size=1_000_000)


def cut_off(handler: BaseHTTPRequestHandler) -> None:
    answer(200, TEXT[:1000], Content_Length=str(len(TEXT)))(handler)
    handler.close_connection = True


def silent(handler: BaseHTTPRequestHandler) -> None:
    handler.server.got_one = threading.Event()  # type: ignore[attr-defined]
    handler.server.got_one.wait(1.5)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("behaviour", "error", "said"),
    [
        (cut_off, SourceUnreachable, "cut off"),
        (silent, SourceUnreachable, "no answer in time"),
        (answer(200, gzip.compress(TEXT)[:-100]), SourceUnreachable, "incomplete"),
        (answer(401), SourceRefused, "401"),
        (answer(403), SourceRefused, "403"),
        (answer(404, b"<html>nginx</html>"), SourceRefused, "404"),
        (answer(429), SourceUnreachable, "429"),
        (answer(503), SourceUnreachable, "503"),
        (answer(302, Location="http://127.0.0.1:9/elsewhere"), SourceUnreachable, "could not be fetched"),
        (answer(302, Location="file:///etc/passwd"), SourceError, ""),
    ],
)
def test_what_goes_wrong_is_told_without_the_login(server, tmp_path, behaviour, error, said):
    server.behaviour = behaviour

    with pytest.raises(error) as raised:
        fetch(server, tmp_path, timeout_s=0.5)

    assert said in str(raised.value)
    for secret in ("ann-login", "s3cret-pass"):
        assert secret not in str(raised.value)


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1:25/x"])
def test_a_redirect_to_anything_but_http_is_refused(server, tmp_path, target):
    server.behaviour = answer(302, Location=target)

    with pytest.raises(SourceRefused, match="only http and https"):
        fetch(server, tmp_path)


def test_a_redirect_is_followed_without_the_login_to_another_host(server, tmp_path):
    with Server() as elsewhere:
        server.behaviour = answer(302, Location=f"http://127.0.0.1:{elsewhere.port}/list.m3u")
        headers = {"Authorization": "Basic eDp5", "Cookie": "session=1", "X-Player": "tv"}

        assert isinstance(fetch(server, tmp_path, headers=headers), PlaylistFile)

        [there], [here] = elsewhere.heads, server.heads
    assert (here["Authorization"], here["Cookie"]) == ("Basic eDp5", "session=1")
    assert "Authorization" not in there
    assert "Cookie" not in there
    assert there["X-Player"] == "tv"


def test_a_redirect_loop_ends(server, tmp_path):
    server.behaviour = answer(302, Location="/again")

    with pytest.raises(SourceUnreachable, match="more than 10 times"):
        fetch(server, tmp_path)

    assert len(server.paths) == 11


def test_https_only_refuses_http_and_redirects_to_it(server, tmp_path):
    with pytest.raises(SourceRefused, match="https_only"):
        fetch(server, tmp_path, https_only=True)

    assert server.paths == []


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("http://", SourceRefused),
        ("http://[::1", SourceRefused),
        ("http://h:99999/", SourceRefused),
        ("http://no-such-host.invalid/x?password=s3cret-pass", SourceUnreachable),
    ],
)
def test_an_address_that_leads_nowhere_is_told(tmp_path, url, error):
    with pytest.raises(error) as raised:
        fetch_playlist(PlaylistRequest(url, timeout_s=1), tmp_path / "x")

    assert "s3cret-pass" not in str(raised.value)


def test_progress_is_told_and_may_stop_the_fetch(server, tmp_path):
    class Enough(Exception):
        pass

    seen: list[tuple[int, int | None]] = []

    def progress(done: int, total: int | None) -> None:
        seen.append((done, total))
        raise Enough

    with pytest.raises(Enough):
        fetch_playlist(PlaylistRequest(server.url), tmp_path / "x", progress)

    assert seen[0][1] == len(TEXT)
