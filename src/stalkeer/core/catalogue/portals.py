"""Recognise the addresses of Stalker portals, which are not supported."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

HINT = (
    "It looks like the address of a Stalker portal (an account by MAC address); these are not supported. Ask the "
    "provider for an M3U address or an Xtream Codes login"
)
_PATH = re.compile(
    r"(?:/[^/]+)*?/(?:c|stalker_portal(?:/.*)?|portal|(?:c/|server/)?(?:portal|load)\.php)(?:/(?:index\.html)?)?",
    re.IGNORECASE,
)
_MAC = re.compile(r"(?:^|&)mac=(?:[0-9a-f]{2}(?::|%3a)){5}[0-9a-f]{2}", re.IGNORECASE)


def is_portal_address(url: str) -> bool:
    """Tell whether an address is one of a Stalker portal: `/c/`, `/stalker_portal/c/`, `/portal.php`, `?mac=`.

    >>> is_portal_address("http://tv.example/stalker_portal/c/"), is_portal_address("http://tv.example/a.m3u")
    (True, False)
    """
    try:
        parts = urlsplit(url.strip())
    except ValueError:  # an invalid URL such as `http://[::1`
        return False
    return _PATH.fullmatch(parts.path) is not None or _MAC.search(parts.query) is not None
