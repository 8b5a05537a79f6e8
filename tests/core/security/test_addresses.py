"""Where a request comes from; whom to believe."""

from __future__ import annotations

import pytest

from stalkeer.core.security.addresses import find_origin, is_local_name, parse_address

PROXY = "172.18.0.2"
TRUSTED = ("172.18.0.0/16",)


def client_of(peer, forwarded, trusted=TRUSTED):
    return str(find_origin(peer, "http", {"x-forwarded-for": forwarded, "host": "h"}, trusted).client)


def test_a_stranger_cannot_say_where_he_comes_from():
    assert client_of("203.0.113.9", "192.168.1.5") == "203.0.113.9"


def test_a_trusted_proxy_is_believed():
    assert client_of(PROXY, "203.0.113.9") == "203.0.113.9"


def test_what_a_client_wrote_before_the_proxy_is_not_believed():
    assert client_of(PROXY, "192.168.1.5, 203.0.113.9") == "203.0.113.9"


def test_a_chain_of_trusted_proxies_is_followed():
    assert client_of(PROXY, "203.0.113.9, 172.18.0.7") == "203.0.113.9"


def test_rubbish_from_a_proxy_is_no_local_address():
    assert client_of(PROXY, "localhost") == "0.0.0.0"


def test_scheme_and_host_come_from_the_proxy_only():
    headers = {"x-forwarded-proto": "https", "x-forwarded-host": "films.example", "host": "stalkeer:7825"}

    behind = find_origin(PROXY, "http", headers, TRUSTED)
    direct = find_origin("203.0.113.9", "http", headers, TRUSTED)

    assert (behind.scheme, behind.host) == ("https", "films.example")
    assert (direct.scheme, direct.host) == ("http", "stalkeer:7825")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("[::1]", "::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("x", "0.0.0.0"),
        (None, "0.0.0.0"),
    ],
)
def test_addresses_are_read_in_their_forms(text, address):
    assert str(parse_address(text)) == address


@pytest.mark.parametrize(
    "host", ["localhost:7825", "192.168.1.2:7825", "[::1]:7825", "nas", "nas.local", "tv.home.arpa"]
)
def test_names_that_no_public_dns_answers_are_local(host):
    assert is_local_name(host, ())


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "192.168.1.2.evil.example:80"])
def test_names_of_the_internet_are_not_local(host):
    assert not is_local_name(host, ())


def test_a_name_may_be_allowed():
    assert is_local_name("Films.Example:443", ("films.example",))


@pytest.mark.parametrize(
    "host",
    [
        "[::1].evil.example",
        "[::1]evil.example",
        "[::1",
        "[evil.example]",
        "[:::::]",
        "localhost@evil.example",
        "evil.example#.local",
        "evil.example/.local",
        "evil.example .local",
        "localhost:80:evil.example",
        ".local",
        "a..local",
        "nas.local.",
        "localhost:port",
        "127.1.evil.example",
    ],
)
def test_a_host_that_no_browser_sends_is_not_local(host):
    assert not is_local_name(host, ("evil.example",)[:0])


SELF_NAMED = [
    ("Via", "1.1 proxy"),
    ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Host", "films.example"),
    ("X-Forwarded-Server", "proxy"),
    ("X-Forwarded-Prefix", "/x"),
    ("X-Original-URL", "/x"),
    ("X-Original-Forwarded-For", "203.0.113.9"),
    ("CF-Connecting-IP", "203.0.113.9"),
    ("CF-Ray", "1"),
    ("CDN-Loop", "cloudflare"),
    ("True-Client-IP", "203.0.113.9"),
    ("X-Client-IP", "203.0.113.9"),
    ("X-Envoy-External-Address", "203.0.113.9"),
    ("X-Amzn-Trace-Id", "Root=1"),
    ("X-Forwarded-For", ""),
    ("Fly-Client-IP", "203.0.113.9"),
    ("Do-Connecting-IP", "203.0.113.9"),
    ("X-Appengine-User-IP", "203.0.113.9"),
    ("X-Arr-ClientIP", "203.0.113.9"),
    ("X-Vercel-Forwarded-For", "203.0.113.9"),
    ("X-Request-Start", "t=1"),
    ("X-Traefik-Router", "x"),
    ("Remote-User", "alice"),
]
FROM_BROWSERS = (
    "user-agent",
    "x-requested-with",
    "hx-request",
    "sec-fetch-site",
    "x-api-key",
    "x-request-id",
    "origin",
)


@pytest.mark.parametrize("name", FROM_BROWSERS)
def test_what_browsers_and_programs_send_names_no_proxy(name):
    assert not find_origin("127.0.0.1", "http", {name: "x", "host": "nas"}, ()).is_client_unknown


@pytest.mark.parametrize(("name", "value"), SELF_NAMED)
def test_a_proxy_that_names_itself_by_any_header_is_not_the_user(name, value):
    origin = find_origin("127.0.0.1", "http", {name.lower(): value, "host": "nas"}, ())

    assert origin.is_client_unknown
    assert not origin.is_this_machine
    assert "security.trusted_proxies" in origin.proxy_hint


def test_a_trusted_proxy_that_names_no_client_is_not_the_user_either():
    origin = find_origin(PROXY, "http", {"x-forwarded-proto": "https", "host": "nas"}, TRUSTED)

    assert origin.is_client_unknown
    assert "X-Forwarded-For" in origin.proxy_hint


def test_who_speaks_http_1_0_is_a_proxy():
    assert find_origin("127.0.0.1", "http", {"host": "nas"}, (), "1.0").is_client_unknown


def test_a_browser_names_no_proxy():
    browser = {"host": "nas:7825", "user-agent": "x", "accept": "*/*", "connection": "keep-alive", "x-api-key": "x"}

    origin = find_origin("192.168.1.5", "http", browser, ())

    assert not origin.is_client_unknown
    assert origin.proxy_hint == ""
