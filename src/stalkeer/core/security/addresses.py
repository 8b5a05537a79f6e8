"""Find the real origin of a request. Forwarded headers count only from a trusted proxy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
UNKNOWN = IPv4Address("0.0.0.0")  # noqa: S104 - stands for no address; it is in no network
# Headers of proxies: each shows that the peer is not the client. A browser sends none of them.
PROXY_HEADERS = frozenset(
    {
        "via",
        "forwarded",
        "forwarded-for",
        "x-real-ip",
        "x-client-ip",
        "client-ip",
        "true-client-ip",
        "x-cluster-client-ip",
        "proxy-client-ip",
        "wl-proxy-client-ip",
        "fastly-client-ip",
        "x-proxyuser-ip",
        "x-remote-ip",
        "x-remote-addr",
        "x-forwarder-for",
        "x-host",
        "x-scheme",
        "x-url-scheme",
        "x-rewrite-url",
        "front-end-https",
        "cdn-loop",
        "x-amzn-trace-id",
        "x-arr-log-id",
    }
)
PROXY_PREFIXES = ("x-forwarded", "x-original-", "x-envoy-", "x-nginx-", "x-varnish", "cf-", "x-azure-", "tailscale-")
# an address of somebody else, the user whom a proxy has signed in, the time at which a proxy began
PROXY_FORMS = re.compile(
    r"(?:^|-)(?:client|connecting|user|remote|real|external)-?(?:ip|addr|address)$|forwarded-for$"
    r"|^(?:x-)?remote-(?:user|name|email|groups)$|^x-(?:request|queue)-start$|^x-(?:traefik|haproxy|caddy|auth-request)"
)
HOST = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*))(?::[0-9]{1,5})?")
LOCAL_SUFFIXES = (".local", ".lan", ".home.arpa", ".internal", ".localhost")


@dataclass(frozen=True)
class RequestOrigin:
    """Hold the origin of a request.

    `peer` opened the connection. `client` is the address behind it, where a trusted proxy names it.
    """

    peer: Address
    client: Address
    scheme: str
    host: str
    is_peer_trusted: bool
    is_proxied: bool = False  # the peer speaks for somebody else, whether or not it is believed
    is_client_named: bool = False  # a trusted peer says for whom

    @property
    def is_client_unknown(self) -> bool:
        """Tell whether the client behind this peer is unknown, so that the peer's address proves no origin."""
        return self.is_proxied and not self.is_client_named

    @property
    def proxy_hint(self) -> str:
        """Explain which setting makes the client behind the proxy known; empty for a known client."""
        if not self.is_client_unknown:
            return ""
        if self.is_peer_trusted:
            return f"The proxy at {self.peer} sends no X-Forwarded-For, so its requests are not local; set it there"
        return (
            f"The request came through a proxy at {self.peer} that security.trusted_proxies does not name, so "
            "requests through it are not local; add its address there"
        )

    @property
    def is_this_machine(self) -> bool:
        return self.client.is_loopback and not self.is_client_unknown

    @property
    def household(self) -> str:
        return household_of(self.client)


def household_of(address: Address) -> str:
    """Return the key for limits: the address, or for IPv6 its /64 network, because a household may use all of it."""
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return str(address)


@lru_cache(maxsize=32)
def networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ip_network(text, strict=False) for text in texts)


def is_within(address: Address, allowed: Iterable[Network]) -> bool:
    return address is not UNKNOWN and any(address in network for network in allowed)


def parse_address(text: str | None) -> Address:
    """Parse an address; UNKNOWN when invalid. An IPv4-mapped IPv6 address becomes IPv4."""
    try:
        found = ip_address((text or "").strip().strip("[]").partition("%")[0])
    except ValueError:
        return UNKNOWN
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found


def find_origin(
    peer: str | None, scheme: str, headers: Mapping[str, str], trusted: tuple[str, ...], http_version: str = "1.1"
) -> RequestOrigin:
    """Read the forwarded headers if `peer` is a trusted proxy; `headers` has lower-case names.

    HTTP/1.0 shows a proxy without a header, because no browser uses it.
    """
    peer_address = parse_address(peer)
    proxies = networks(trusted)
    host = headers.get("host", "")
    is_proxied = http_version == "1.0" or any(map(is_proxy_header, headers))
    if not is_within(peer_address, proxies):
        return RequestOrigin(peer_address, peer_address, scheme, host, is_peer_trusted=False, is_proxied=is_proxied)
    forwarded_for = headers.get("x-forwarded-for", "")
    forwarded_scheme = headers.get("x-forwarded-proto", scheme).split(",")[-1].strip().lower()
    return RequestOrigin(
        peer=peer_address,
        client=_client_of(forwarded_for, peer_address, proxies),
        scheme=forwarded_scheme if forwarded_scheme in ("http", "https") else scheme,
        host=headers.get("x-forwarded-host", host).split(",")[-1].strip(),
        is_peer_trusted=True,
        is_proxied=is_proxied,
        is_client_named=bool(forwarded_for.strip()),
    )


def is_proxy_header(name: str) -> bool:
    return name in PROXY_HEADERS or name.startswith(PROXY_PREFIXES) or PROXY_FORMS.search(name) is not None


def _client_of(forwarded: str, peer: Address, proxies: tuple[Network, ...]) -> Address:
    """Return the last address that is not a trusted proxy. The client may have forged the addresses before it."""
    client = peer
    for text in reversed([part for part in forwarded.split(",") if part.strip()]):
        client = parse_address(text)
        if not is_within(client, proxies):
            return client
    return client


def host_name(host: str) -> str:
    """Return the host: `example.org` of `example.org:7825`, `::1` of `[::1]:7825`; empty for a value that no browser
    sends.
    """
    found = HOST.fullmatch(host)
    return (found["v6"] or found["name"]).lower() if found else ""


def is_local_name(host: str, allowed: tuple[str, ...]) -> bool:
    """Tell whether no public DNS resolves this name: an address, localhost, a local suffix, one label, or allowed."""
    name = host_name(host)
    if not name or (":" in name and parse_address(name) is UNKNOWN):
        return False
    if name in {entry.lower() for entry in allowed} or name.endswith(LOCAL_SUFFIXES):
        return True
    return parse_address(name) is not UNKNOWN or "." not in name
