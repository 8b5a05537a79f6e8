"""Parse foreign URLs, and send them byte for byte as they were given.

Percent signs, dots, slashes and the query stay as they are, because a signed URL is valid only unchanged. Characters
that a request line must not contain, such as spaces and non-ASCII letters, are encoded as in browsers: UTF-8 with
percent signs. Foreign text that is no address becomes a NetworkFailure here and nowhere else.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from ipaddress import IPv6Address
from urllib.parse import unquote

from stalkeer.adapters.net.failures import Cause, NetworkFailure

PORTS = {"http": 80, "https": 443}
_PARTS = re.compile(r"(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(\?[^#]*)?", re.DOTALL)
_HOST_AND_PORT = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::(\d{0,5}))?")
_NEVER_IN_A_HOST = re.compile(r"[\x00-\x20\x7f\"#%/<>?@\\^`{|}\[\]]")
_NEVER_SENT = re.compile(rb"[^\x21-\x7e]")
_LINE_SIGNS = re.compile(r"[\t\r\n]")
_MOST_DIGITS = 18  # digits of the largest size, offset or count that a database takes


@dataclass(frozen=True)
class HttpAddress:
    """Hold a parsed http or https URL. `target` is path and query for the request line."""

    scheme: str
    host: str  # in ASCII, an IPv6 address without its brackets
    port: int
    target: str = field(repr=False)
    username: str | None = field(default=None, repr=False)
    password: str = field(default="", repr=False)

    @property
    def origin(self) -> tuple[str, str, int]:
        return self.scheme, self.host, self.port

    @property
    def host_field(self) -> str:
        """Return the `Host` field, without a default port."""
        host = f"[{self.host.partition('%')[0]}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """Return the URL without its login."""
        return f"{self.scheme}://{self.host_field}{self.target}"


def parse_address(text: str) -> HttpAddress:
    """Parse a URL. Raises NetworkFailure for an invalid URL, or one that is neither http nor https."""
    found = _PARTS.match(_trimmed(text))
    assert found is not None  # the pattern matches any text
    scheme, authority, path, query = found.groups()
    if scheme is not None and scheme.lower() not in PORTS:
        raise NetworkFailure(
            Cause.ADDRESS, f"the address leads to {scheme.lower()[:20]}://, only http and https are used"
        )
    if scheme is None or not authority:
        raise _unreadable()
    login, _, place = authority.rpartition("@")
    username, _, password = login.partition(":")
    scheme = scheme.lower()
    host, port = _host_and_port(place)
    return HttpAddress(
        scheme,
        host,
        port if port is not None else PORTS[scheme],
        _sendable((path or "/") + (query or "")),
        unquote(username) if login else None,
        unquote(password),
    )


def login_field(address: HttpAddress) -> dict[str, str]:
    """Return the request field for the login in a URL; empty without one."""
    if address.username is None:
        return {}
    login = f"{address.username}:{address.password}".encode("utf-8", "surrogateescape")
    return {"Authorization": "Basic " + base64.b64encode(login).decode("ascii")}


def join_address(base: str, reference: str) -> str:
    """Resolve `reference` against the URL `base` of its answer. Neither is normalised."""
    reference = _trimmed(reference)
    found, there = _PARTS.match(reference), _PARTS.match(base)
    assert found is not None
    assert there is not None
    if found[1] is not None:
        return reference
    start = f"{there[1] or ''}:"
    if found[2] is not None:
        return start + reference
    start += f"//{there[2] or ''}"
    if reference.startswith("/"):
        return start + reference
    if not found[3]:
        return start + there[3] + (reference if found[4] is not None else there[4] or "")
    return start + _merged(there[3], found[3]) + (found[4] or "")


def header_text(value: str) -> str:
    """Return a header's value as UTF-8, because libraries decode it as latin-1.

    Values that are not UTF-8 stay as they are.
    """
    try:
        return value.encode("latin-1").decode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return value


def shown(url: str) -> str:
    """Return a URL for messages: host and last part of the path. A panel's login or token is between them."""
    try:
        address = parse_address(url)
    except NetworkFailure:
        return "an unreadable address"
    path = address.target.partition("?")[0]
    parts = [part for part in path.split("/") if part]
    last = parts[-1] if parts and "." in parts[-1] else ""
    middle = "/…/" if len(parts) > 1 else "/"
    return f"{address.host_field}{middle if last else ''}{last}"


def shown_origin(url: str) -> str:
    """Return scheme, host and port of a URL for messages; empty for an invalid URL."""
    try:
        address = parse_address(url)
    except NetworkFailure:
        return ""
    return f"{address.scheme}://{address.host_field}"


def shown_path(url: str) -> str:
    """Return a URL for messages without login and query, for URLs whose path contains no secret."""
    try:
        address = parse_address(url)
    except NetworkFailure:
        return "an unreadable address"
    return f"{address.scheme}://{address.host_field}{address.target.partition('?')[0]}"


def host_of(url: str) -> str:
    """Return the host of a URL; empty for an invalid URL."""
    try:
        return parse_address(url).host
    except NetworkFailure:
        return ""


def whole_number(text: str | None) -> int | None:
    """Return a size or count of a foreign answer; None for text that is no number or has too many digits."""
    if text is None or not text.isascii() or not text.isdecimal() or len(text) > _MOST_DIGITS:
        return None
    return int(text)


def _trimmed(text: str) -> str:
    return _LINE_SIGNS.sub("", text.strip("".join(map(chr, range(33)))))


def _host_and_port(place: str) -> tuple[str, int | None]:
    found = _HOST_AND_PORT.fullmatch(place)
    if found is None or not found[1]:
        raise _unreadable()
    port = int(found[2]) if found[2] else None
    if port is not None and not 0 < port < 65536:
        raise _unreadable()
    return (_ipv6(found[1][1:-1]) if found[1].startswith("[") else _name(found[1])), port


def _ipv6(text: str) -> str:
    plain, _, zone = text.replace("%25", "%").partition("%")
    try:
        IPv6Address(plain)
    except ValueError:
        raise _unreadable() from None
    return f"{plain}%{zone}" if zone else plain


def _name(text: str) -> str:
    """Return the ASCII form of a host name."""
    if _NEVER_IN_A_HOST.search(text):
        raise _unreadable()
    try:
        return text.lower() if text.isascii() else text.encode("idna").decode().lower()
    except UnicodeError:
        raise _unreadable() from None


def _sendable(target: str) -> str:
    try:
        raw = target.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a lone surrogate, which no valid URL contains
        raise _unreadable() from None
    return _NEVER_SENT.sub(lambda found: b"%%%02X" % found[0][0], raw).decode("ascii")


def _merged(base: str, path: str) -> str:
    """Merge a relative path by RFC 3986, 5.2.3 and 5.2.4."""
    folders = [*base.rpartition("/")[0].split("/"), *path.split("/")]
    kept: list[str] = []
    for name in folders:
        if name == "..":
            if len(kept) > 1:
                kept.pop()
        elif name != ".":
            kept.append(name)
    if folders[-1] in (".", ".."):
        kept.append("")
    return "/".join(kept) if kept and kept[0] == "" else "/" + "/".join(kept)


def _unreadable() -> NetworkFailure:
    return NetworkFailure(Cause.ADDRESS, "the address cannot be read as a URL")
