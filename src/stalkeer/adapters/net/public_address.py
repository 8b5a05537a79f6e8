"""Whether an address lies inside the user's own network, and whether a redirect would lead there from outside.

Providers may send us on to other servers of theirs; they may not have us ask the router or a neighbour for them.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

Resolve = Callable[[str], Sequence[str]]


def look_up(host: str) -> Sequence[str]:
    """The addresses of a host name; none where it has none."""
    try:
        return [str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        return ()


def leads_inside(before: str, after: str, resolve: Resolve = look_up) -> bool:
    """Whether a server outside (URL `before`) sends us to one inside. Servers inside may send us anywhere."""
    return _is_inside(after, resolve) and not _is_inside(before, resolve)


def _is_inside(url: str, resolve: Resolve) -> bool:
    host = urlsplit(url).hostname
    return host is not None and any(_is_private(address) for address in resolve(host))


def _is_private(text: str) -> bool:
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return not address.ipv4_mapped.is_global
    return not address.is_global
