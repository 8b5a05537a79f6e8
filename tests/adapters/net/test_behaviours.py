"""The table of behaviours: every user of the room meets the same servers, over real sockets."""

from __future__ import annotations

import contextlib
import gzip
import socket
import ssl
import threading
import time
import zlib

import pytest
import stamina

from tests.adapters.net.users import ALL, CONTENT, FOLLOWING, MOVIE, PLAYLIST, TARGET, Ways
from tests.doubles.certificates import self_signed, server_context
from tests.doubles.raw_server import RawServer, answer, drip, redirect

BRIEFLY = Ways(seconds=0.4)
SECRETS = ("s3cret", "api-key", "key-of-tmdb", "t0ken")


@pytest.fixture(autouse=True)
def one_try():
    with stamina.set_testing(True, attempts=1, cap=True):
        yield


@pytest.fixture(params=sorted(ALL))
def user(request):
    return request.param


@pytest.fixture(params=sorted(FOLLOWING))
def follower(request):
    return request.param


def ask(name, url, folder, ways=None):
    return ALL[name](url, folder, ways or Ways())


# --- redirects, addresses and cookies -------------------------------------------------------------------------------


def led_to(name, folder, location, *fields, **ways):
    """Ask a server that redirects to `location`; the server that must be reached at last, and what came of it."""
    with RawServer(default=answer(CONTENT[name])) as server:
        server.replies[TARGET[name] or "/start"] = redirect(location, *fields)
        start = server.url if TARGET[name] else f"{server.url}/start"
        return server, ask(name, start, folder, Ways(**ways))


@pytest.mark.parametrize(
    ("location", "target"),
    [
        (b"/movie/a%2fb%2B%c3%b1.mkv?sig=a%2Fb+c%3d&x", "/movie/a%2fb%2B%c3%b1.mkv?sig=a%2Fb+c%3d&x"),
        ("/vidéos/ñandú.mkv".encode(), "/vid%C3%A9os/%C3%B1and%C3%BA.mkv"),
        (b"/caf\xe9.mkv", "/caf%E9.mkv"),
        (b"/a film.mkv", "/a%20film.mkv"),
        (b"//{place}//double//slash.mkv?", "//double//slash.mkv?"),
        (b"http://{place}/a;b=1/../c.mkv?x#part", "/a;b=1/../c.mkv?x"),
        (b"next/100%.mkv", "/next/100%.mkv"),
        (b"../up/./here.mkv", "/up/here.mkv"),
    ],
)
def test_a_redirect_is_asked_for_byte_for_byte_as_browsers_do(follower, tmp_path, location, target):
    with RawServer(default=answer(CONTENT[follower])) as server:
        start = TARGET[follower] or "/start"
        server.replies[start] = redirect(location.replace(b"{place}", server.place.encode()))
        found = ask(follower, server.url if TARGET[follower] else server.url + "/start", tmp_path)

    assert found.content == CONTENT[follower], found.words
    assert server.targets[-1] == target


@pytest.mark.parametrize("target", ["/a%2fb/%7euser/x+y%20z.mkv?sig=%2b%2F%3d", "//x/..%2f./7.mkv", "/a|b{c}^`.mkv?q"])
@pytest.mark.parametrize("name", ["movie", "playlist"])
def test_an_address_goes_out_as_it_was_given(tmp_path, name, target):
    with RawServer(default=answer(CONTENT[name])) as server:
        found = ask(name, server.url + target, tmp_path)

    assert found.content == CONTENT[name], found.words
    assert server.targets == [target]


@pytest.mark.parametrize(
    "location",
    [
        "http://[::1", "http://[zz]/", f"http://h:{'9' * 5000}/", "http://h:0/", "http://", "http:///x", "https:x",
        "file:///etc/passwd", "ftp://h/x", "gopher://h:25/x", "javascript:1", "http://a b/", "http://a\\@b/",
        "http://" + "x" * 300 + "é/",
    ],
)  # fmt: skip
def test_a_redirect_that_cannot_be_followed_is_told_in_the_users_own_words(follower, tmp_path, location):
    server, found = led_to(follower, tmp_path, location)

    assert found.words and "Traceback" not in found.words
    assert len(server.lines) == 1


def test_ten_hops_are_followed_and_no_more(follower, tmp_path):
    with RawServer() as server:
        start = TARGET[follower] or "/0"
        names = [start, *(f"/{number}" for number in range(1, 11))]
        for name, following in zip(names, names[1:], strict=False):
            server.replies[name] = redirect(following)
        server.replies["/10"] = answer(CONTENT[follower])
        url = server.url if TARGET[follower] else server.url + start
        found = ask(follower, url, tmp_path)
        server.replies["/10"] = redirect("/11")
        (tmp_path / "other").mkdir()
        too_far = ask(follower, url, tmp_path / "other")

    assert found.content == CONTENT[follower], found.words
    assert "redirects more than 10 times" in too_far.words


def test_a_redirect_is_never_followed_with_a_key(tmp_path):
    for name in ("instance", "tmdb"):
        server, found = led_to(name, tmp_path, "http://127.0.0.2:9/elsewhere?t0ken")
        assert found.words and not any(secret in found.words for secret in SECRETS)
        assert len(server.lines) == 1


def test_cookies_set_on_the_way_are_sent_back_on_the_way_and_forgotten_after_it(follower, tmp_path):
    with RawServer(default=answer(CONTENT[follower])) as server:
        start = TARGET[follower] or "/start"
        server.replies[start] = redirect(
            "/in/next", "Set-Cookie: pass=t0ken; Path=/; HttpOnly", "Set-Cookie: other=1; Path=/elsewhere"
        )
        url = server.url if TARGET[follower] else server.url + start
        ask(follower, url, tmp_path, Ways(fields={"Cookie": "own=1"}))
        (tmp_path / "again").mkdir()
        ask(follower, url, tmp_path / "again")
        sent = [fields.get("cookie") for fields in server.fields]

    assert sent[:2] == ["own=1", "own=1; pass=t0ken"]
    assert sent[2] is None


def test_cookies_and_credentials_stay_with_their_host(follower, tmp_path):
    with RawServer("127.0.0.2", answer(CONTENT[follower])) as elsewhere:
        fields = {
            "Authorization": "Basic eDp5",
            "Cookie": "own=1",
            "X-Api-Key": "k",
            "X-Auth-Token": "k",
            "Referer": "http://x/",
        }
        _, found = led_to(follower, tmp_path, elsewhere.url + "/x", "Set-Cookie: pass=1; Path=/", fields=fields)
        place = elsewhere.place

    assert found.content == CONTENT[follower], found.words
    [there] = elsewhere.fields
    assert not {"authorization", "cookie", "x-api-key", "x-auth-token"} & set(there)
    assert there["referer"] == "http://x/"
    assert there["host"] == place


def test_https_only_holds_at_the_first_address_and_at_each_hop(follower, tmp_path):
    with RawServer(default=answer(CONTENT[follower])) as server:
        found = ask(follower, server.url, tmp_path, Ways(https_only=True))

    assert "https_only" in found.words
    assert server.lines == []


# --- codings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("label", ["none", "identity", "binary", "utf-8", "aws-chunked", "gzip", "deflate", "x-gzip"])
def test_a_label_on_plain_bytes_harms_nobody(user, tmp_path, label):
    with RawServer(default=answer(CONTENT[user], f"Content-Encoding: {label}")) as server:
        found = ask(user, server.url, tmp_path)

    assert found.content == CONTENT[user], found.words


def deflated(payload):
    return zlib.compress(payload)


def raw_deflated(payload):
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(payload) + packer.flush()


@pytest.mark.parametrize(
    ("pack", "label"),
    [
        (gzip.compress, "gzip"),
        (gzip.compress, ""),
        (gzip.compress, "none"),
        (lambda payload: gzip.compress(gzip.compress(payload)), "gzip"),
        (lambda payload: gzip.compress(payload[:20]) + gzip.compress(payload[20:]), "x-gzip"),
        (deflated, "deflate"),
        (raw_deflated, "deflate"),
    ],
)
@pytest.mark.parametrize("name", ["playlist", "account", "instance", "tmdb"])
def test_a_list_is_unpacked_by_what_it_is(tmp_path, name, pack, label):
    fields = [f"Content-Encoding: {label}"] if label else []
    with RawServer(default=answer(pack(CONTENT[name]), *fields)) as server:
        found = ask(name, server.url, tmp_path)

    assert found.content == CONTENT[name], found.words


@pytest.mark.parametrize("label", ["gzip", "deflate", "br", "zstd"])
def test_a_movie_that_comes_compressed_is_refused(tmp_path, label):
    packed = {
        "gzip": gzip.compress(MOVIE), "deflate": zlib.compress(MOVIE), "br": b"\x8b\x03\x80" + MOVIE[4:],
        "zstd": b"\x28\xb5\x2f\xfd" + MOVIE[4:],
    }[label]  # fmt: skip
    with RawServer(default=answer(packed, f"Content-Encoding: {label}")) as server:
        found = ask("movie", server.url, tmp_path)

    assert "compresses" in found.words


@pytest.mark.parametrize("name", ["playlist", "account", "instance", "tmdb"])
def test_a_list_packed_in_a_way_that_is_not_undone_is_told(tmp_path, name):
    with RawServer(default=answer(b"\x8b\x03\x80\x01\x02\xff" * 40, "Content-Encoding: br")) as server:
        found = ask(name, server.url, tmp_path)

    assert "compressed (br)" in found.words


def test_a_list_packed_over_and_over_ends_at_the_third_layer(tmp_path):
    packed = PLAYLIST
    for _layer in range(5):
        packed = gzip.compress(packed)
    with RawServer(default=answer(packed)) as server:
        found = ask("playlist", server.url, tmp_path)

    assert "packed more than 3 times" in found.words


# --- heads ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "before",
    [
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n",
        b"HTTP/1.1 102 Processing\r\n\r\n" * 20,
    ],
)
def test_interim_answers_are_passed_over(user, tmp_path, before):
    with RawServer(default=before + answer(CONTENT[user])) as server:
        found = ask(user, server.url, tmp_path)

    assert found.content == CONTENT[user], found.words


def test_a_movie_of_status_203_or_from_an_icy_server_is_taken(tmp_path):
    for reply in (answer(MOVIE, status="203 Non-Authoritative"), b"ICY 200 OK\r\n\r\n" + MOVIE):
        (tmp_path / "7.part").unlink(missing_ok=True)
        with RawServer(default=reply) as server:
            assert ask("movie", server.url, tmp_path).content == MOVIE


@pytest.mark.parametrize(
    "fields",
    [
        ("Content-Range: bytes 0-9/" + "9" * 5000,),
        ("Retry-After: " + "9" * 5000,),
        ("Content-Disposition: \xff\xfe",),
    ],
)
def test_numbers_of_thousands_of_digits_break_nothing(user, tmp_path, fields):
    with RawServer(default=answer(CONTENT[user], *fields)) as server:
        found = ask(user, server.url, tmp_path)

    assert found.content == CONTENT[user], found.words


@pytest.mark.parametrize("name", ["account", "instance"])
def test_json_that_no_reader_takes_is_told_in_words(tmp_path, name):
    for body in (b'{"name": ' + b"9" * 5000 + b"}", b"[" * 100_000):
        with RawServer(default=answer(body)) as server:
            assert ask(name, server.url, tmp_path).words


# --- deadlines ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "behaviour",
    [
        lambda client: client.recv(1),
        drip(b"HTTP/1.1 200 OK\r\n" + b"X-Filler: yes\r\n" * 10_000, 0.02),
        drip(b"HTTP/1.1 100 Continue\r\n\r\n", 0.01),
    ],
    ids=["silent", "fields without end", "100 for ever"],
)
@pytest.mark.parametrize("user", sorted(set(ALL) - {"tmdb"}))  # whose limits are fixed
def test_a_head_that_does_not_end_is_given_up_in_time(user, tmp_path, behaviour):
    with RawServer(default=behaviour) as server:
        begun = time.monotonic()
        found = ask(user, server.url, tmp_path, BRIEFLY)

    assert "no answer in time" in found.words
    assert time.monotonic() - begun < 3


def test_a_short_answer_that_drips_is_given_up_in_time(tmp_path):
    def behave(client):
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        drip(b" ", 0.02)(client)

    with RawServer(default=behave) as server:
        begun = time.monotonic()
        found = ask("account", server.url, tmp_path, BRIEFLY)

    assert "no answer in time" in found.words
    assert time.monotonic() - begun < 3


# --- errors ---------------------------------------------------------------------------------------------------------


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def hung_up(client):
    client.shutdown(socket.SHUT_RDWR)


FAULTS = {
    "cut": (
        lambda name: answer(CONTENT[name]).replace(b"Content-Length: ", b"Content-Length: 9"),
        "ended in the middle",
    ),
    "not http": (lambda name: b"SSH-2.0-OpenSSH_9.2\r\n", "not HTTP"),
    "closed": (lambda name: hung_up, "without an answer"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_a_server_did_is_said(user, tmp_path, fault):
    reply, words = FAULTS[fault]
    with RawServer(default=reply(user)) as server:
        found = ask(user, server.url, tmp_path)

    assert words in found.words


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:{closed}", "refuse"),
        ("http://no-such-host.invalid", "host name is unknown"),
    ],
)
def test_why_there_is_no_connection_is_said(user, tmp_path, url, words):
    found = ask(user, url.format(closed=closed_port()), tmp_path, Ways(seconds=3))

    assert words in found.words


def served_once(speak):
    """The https address of a server that has one visitor, and speaks first."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        with listener, contextlib.suppress(OSError):
            client = listener.accept()[0]
            with client:
                client.settimeout(5)
                speak(client)

    threading.Thread(target=serve, daemon=True).start()
    return f"https://127.0.0.1:{listener.getsockname()[1]}"


def test_tls_that_is_not_trusted_and_tls_that_is_none_are_told_apart(user, tmp_path):
    context = server_context(self_signed(tmp_path))

    def speak_plainly(client):
        client.recv(1000)
        client.sendall(answer(status="400 Bad Request"))

    def speak_tls(client):
        with contextlib.suppress(ssl.SSLError):
            context.wrap_socket(client, server_side=True).close()

    none, untrusted = (ask(user, served_once(speak), tmp_path) for speak in (speak_plainly, speak_tls))

    assert "it speaks http, not https" in none.words
    assert "certificate is not trusted" in untrusted.words


@pytest.mark.parametrize(
    "proxy", ["http://joe:pr0xy@{}", "socks5://joe:pr0xy@{}", "socks5h://joe:pr0xy@{}", "nonsense"]
)
def test_a_proxy_that_fails_is_told_of_as_the_proxy(follower, tmp_path, proxy):
    with RawServer(default=answer(CONTENT[follower])) as server:
        found = ask(follower, server.url, tmp_path, Ways(proxy=proxy.format(f"127.0.0.1:{closed_port()}")))

    assert "the proxy" in found.words
    assert "pr0xy@" not in found.words and "joe" not in found.words
    assert server.lines == []


def test_no_words_tell_a_secret(user, tmp_path):
    for reply in (b"nonsense", redirect("http://h:t0ken@[::1/t0ken"), answer(status="500 t0ken")):
        with RawServer(default=reply) as server:
            found = ask(user, server.url, tmp_path)
        assert not any(secret in found.words for secret in SECRETS), found.words
