"""Transfers through proxies: plain, tunnelled and SOCKS; a stop frees them like any other."""

import threading

import pytest

from stalkeer.adapters.transfers.request import Fetched, Stopped, Tls, TransferFailed
from stalkeer.demo.content import Pattern
from stalkeer.demo.provider import Provider
from tests.adapters.transfers.conftest import SIZE
from tests.doubles.certificates import self_signed, server_context
from tests.doubles.provider_faults import on, stall_after
from tests.doubles.proxies import Proxy


@pytest.fixture
def proxy():
    with Proxy() as running:
        yield running


def test_plain_requests_go_through_an_http_proxy_and_redirects_too(desk, proxy):
    outcome = desk.fetch(proxy=f"http://{proxy.address}")

    assert isinstance(outcome, Fetched) and desk.part.read_bytes() == desk.film
    assert [line.split("/")[3] for line in proxy.seen] == ["movie", "vauth"]


def test_the_proxy_s_login_goes_to_the_proxy_only(desk, proxy):
    desk.fetch(proxy=f"http://me:p%40ss@{proxy.address}")

    assert set(proxy.logins) == {"Basic bWU6cEBzcw=="}


@pytest.mark.parametrize("scheme", ["http", "socks5", "socks5h"])
def test_https_is_tunnelled_and_verified_end_to_end(desk, proxy, tmp_path, scheme):
    pem = self_signed(tmp_path)
    with Provider(tls=server_context(pem), redirects=False) as secure:
        secure.add("/film.mkv", Pattern(SIZE))
        there = f"127.0.0.1:{secure.port}"

        trusted = desk.fetch(url=f"{secure.url}/film.mkv", proxy=f"{scheme}://{proxy.address}", tls=Tls(ca_file=pem))
        desk.part.unlink()
        untrusted = desk.fetch(url=f"{secure.url}/film.mkv", proxy=f"{scheme}://{proxy.address}")

    assert isinstance(trusted, Fetched) and isinstance(untrusted, TransferFailed)
    assert proxy.seen[0] == (f"CONNECT {there}" if scheme == "http" else f"SOCKS {there}")


@pytest.mark.parametrize(("scheme", "host"), [("socks5", "127.0.0.1"), ("socks5h", "localhost")])
def test_names_are_resolved_where_the_scheme_says(desk, proxy, scheme, host):
    desk.provider.redirects = False

    outcome = desk.fetch(url=desk.url.replace("127.0.0.1", "localhost"), proxy=f"{scheme}://{proxy.address}")

    assert isinstance(outcome, Fetched)
    assert proxy.seen[0].startswith(f"SOCKS {host}:")


@pytest.mark.parametrize("scheme", ["http", "socks5"])
def test_a_stop_frees_a_transfer_through_a_proxy(desk, proxy, scheme):
    desk.provider.hook = on(stall_after(100_000))
    results = []
    thread = threading.Thread(target=lambda: results.append(desk.fetch(proxy=f"{scheme}://{proxy.address}")))
    thread.start()
    assert desk.watching.first_byte.wait(5)

    desk.watching.stop()
    thread.join(1)

    assert isinstance(results[0], Stopped)


def test_a_proxy_that_is_not_there_is_a_transient_failure(desk):
    outcome = desk.fetch(proxy="socks5://127.0.0.1:9")

    assert isinstance(outcome, TransferFailed)
