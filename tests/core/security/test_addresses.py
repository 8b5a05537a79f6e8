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
