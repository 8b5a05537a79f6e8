"""Where a request really comes from. Forwarded headers count only when a trusted proxy sent them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
UNKNOWN = IPv4Address("0.0.0.0")  # noqa: S104 - stands for no address; it is in no network
PROXY_HEADERS = ("x-forwarded-for", "x-real-ip", "forwarded")
LOCAL_SUFFIXES = (".local", ".lan", ".home.arpa", ".internal", ".localhost")


@dataclass(frozen=True)
class Origin:
    """`peer` opened the connection; `client` is who it speaks for, as far as a trusted proxy says."""

    peer: Address
    client: Address
    scheme: str
    host: str
    is_peer_trusted: bool
    is_proxied: bool = False  # the peer says that it speaks for somebody else, whether or not it is believed

    @property
    def is_behind_unknown_proxy(self) -> bool:
        """Whether somebody unknown is behind this peer: it is then no proof of where the request comes from."""
        return self.is_proxied and not self.is_peer_trusted

    @property
    def is_this_machine(self) -> bool:
        return self.client.is_loopback and not self.is_behind_unknown_proxy

    @property
    def household(self) -> str:
        return household_of(self.client)


def household_of(address: Address) -> str:
    """What limits count for: the address; for IPv6 its /64, all of which one line may use."""
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return str(address)


@lru_cache(maxsize=32)
def networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ip_network(text, strict=False) for text in texts)


def is_within(address: Address, allowed: Iterable[Network]) -> bool:
    return address is not UNKNOWN and any(address in network for network in allowed)


def parse_address(text: str | None) -> Address:
    """The address; UNKNOWN for what is none. An IPv4 address in IPv6 clothing is the IPv4 address."""
    try:
        found = ip_address((text or "").strip().strip("[]").partition("%")[0])
    except ValueError:
        return UNKNOWN
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found


def find_origin(peer: str | None, scheme: str, headers: Mapping[str, str], trusted: tuple[str, ...]) -> Origin:
    """Read the forwarded headers if `peer` is a trusted proxy; `headers` has lower-case names."""
    peer_address = parse_address(peer)
    proxies = networks(trusted)
    host = headers.get("host", "")
    is_proxied = any(name in headers for name in PROXY_HEADERS)
    if not is_within(peer_address, proxies):
        return Origin(peer_address, peer_address, scheme, host, is_peer_trusted=False, is_proxied=is_proxied)
    client = _client_of(headers.get("x-forwarded-for", ""), peer_address, proxies)
    forwarded_scheme = headers.get("x-forwarded-proto", scheme).split(",")[-1].strip().lower()
    return Origin(
        peer=peer_address,
        client=client,
        scheme=forwarded_scheme if forwarded_scheme in ("http", "https") else scheme,
        host=headers.get("x-forwarded-host", host).split(",")[-1].strip(),
        is_peer_trusted=True,
        is_proxied=is_proxied,
    )


def _client_of(forwarded: str, peer: Address, proxies: tuple[Network, ...]) -> Address:
    """The last address that is not one of our proxies: whatever stands before it, the client may have written."""
    client = peer
    for text in reversed([part for part in forwarded.split(",") if part.strip()]):
        client = parse_address(text)
        if not is_within(client, proxies):
            return client
    return client


def host_name(host: str) -> str:
    """`example.org` of `example.org:7825`, `::1` of `[::1]:7825`."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()


def is_local_name(host: str, allowed: tuple[str, ...]) -> bool:
    """Whether no public DNS can answer for this name: an address, localhost, a local suffix, one label, or allowed."""
    name = host_name(host)
    if not name:
        return False
    if name in {entry.lower() for entry in allowed} or name.endswith(LOCAL_SUFFIXES):
        return True
    return parse_address(name) is not UNKNOWN or "." not in name
