"""Decide whether an address is inside the user's own network, and whether it may be requested.

Providers may list and redirect to other servers of theirs, but not to the router, a neighbour or this machine. An
address that the user typed may be inside, and a source whose own address is inside may list inside addresses.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from stalkeer.adapters.net.addresses import HttpAddress, parse_address
from stalkeer.adapters.net.failures import Cause, NetworkFailure

Resolve = Callable[[str], Sequence[str]]
IsInside = Callable[[str], bool]

# The special ranges of IANA's registries, which no public server uses. They are listed here because Python's lists
# differ between versions and count multicast and site-local addresses as public.
_SPECIAL_V4 = tuple(
    map(
        ip_network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
            *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24"),
            *("203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        ),
    )
)
_PUBLIC_V6 = ip_network("2000::/3")  # all else is link-local, site-local, unique local, multicast or reserved
_SPECIAL_V6 = tuple(map(ip_network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))
_NAT64 = IPv6Network("64:ff9b::/96")  # on IPv6-only networks, every public IPv4 server has an address in it


def look_up(host: str) -> Sequence[str]:
    """Return the addresses of a host name, empty where it has none."""
    try:
        return [str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        return ()


def literal(host: str) -> str | None:
    """Return the IP address of a host in any notation that systems accept (`127.1`, `0x7f000001`); None for a name."""
    try:
        return str(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)[0][4][0])
    except (OSError, UnicodeError):
        return None


def is_inside(text: str) -> bool:
    """Return whether an IP address is not that of a public server.

    >>> is_inside("192.168.1.1"), is_inside("64:ff9b::a00:5"), is_inside("1.1.1.1")
    (True, True, False)
    """
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv4Address):
        return any(address in network for network in _SPECIAL_V4)
    inner = _inner_v4(address)
    if inner is not None:
        return is_inside(str(inner))
    return address not in _PUBLIC_V6 or any(address in network for network in _SPECIAL_V6)


def _inner_v4(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that packets to an IPv6 address reach, or None."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None


@dataclass
class Fence:
    """Keep a request and its redirects out of the user's network.

    `listed_by` is the source's address as the user typed it; it is empty where the requested address comes from the
    user's own file. After a server outside has answered, no redirect may lead inside.
    """

    listed_by: str = field(default="", repr=False)
    resolve: Resolve = look_up
    is_inside: IsInside = is_inside
    _was_outside: bool = False

    def check(self, address: HttpAddress, found: Sequence[str], resolve: Resolve | None = None) -> None:
        """Raise NetworkFailure where `found`, the addresses of `address`, must not be requested.

        `resolve` replaces the look-up with one that can be halted.
        """
        if not any(map(self.is_inside, found)):
            self._was_outside = True
        elif self._was_outside or not self._is_source_inside(resolve or self.resolve):
            raise NetworkFailure(
                Cause.INWARD,
                f"the address leads to {address.host}, inside your own network, and is not followed there; if that is "
                "meant, enter the address there as the source's own",
            )

    def check_behind_proxy(self, address: HttpAddress) -> None:
        """Do the same where a proxy looks names up. Only a host that is an IP address can be judged."""
        host = address.host.rstrip(".")
        if host == "localhost" or host.endswith(".localhost"):
            self.check(address, ["127.0.0.1"])
        elif (written := literal(address.host)) is not None:
            self.check(address, [written])

    def _is_source_inside(self, resolve: Resolve) -> bool:
        if not self.listed_by:
            return True
        try:
            host = parse_address(self.listed_by).host
        except NetworkFailure:
            return False
        return any(map(self.is_inside, resolve(host)))
