"""Follow the redirects of a request: choose the next address and the headers that may go there.

Ten hops, http and https only. Credentials are sent only to the host they belong to. Cookies that a server sets are sent
back during the redirects, and forgotten afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address

from stalkeer.adapters.net.addresses import (
    HttpAddress,
    header_text,
    join_address,
    login_field,
    parse_address,
    whole_number,
)
from stalkeer.adapters.net.failures import Cause, NetworkFailure

STATUSES = frozenset({301, 302, 303, 307, 308})
MOST_HOPS = 10
MOST_COOKIES = 50
_OWN_HOST_ONLY = frozenset({"authorization", "proxy-authorization", "cookie", "cookie2", "host"})
_TELLING = ("auth", "token", "api-key", "apikey", "secret", "password", "session")


def is_credential(name: str) -> bool:
    """Return whether a request field is a credential for a single host."""
    lower = name.casefold()
    return lower in _OWN_HOST_ONLY or any(word in lower for word in _TELLING)


def goes_along(before: HttpAddress, after: HttpAddress) -> bool:
    """Return whether credentials for `before` may be sent to `after`: the same server, or the same host over TLS."""
    if before.origin == after.origin:
        return True
    return before.host == after.host and before.origin[::2] == ("http", 80) and after.origin[::2] == ("https", 443)


def fields_for(url: str, meant_for: str, fields: Mapping[str, str]) -> dict[str, str]:
    """Return the request fields of an address that may be sent to another."""
    try:
        if goes_along(parse_address(meant_for), parse_address(url)):
            return dict(fields)
    except NetworkFailure:
        pass
    return {name: value for name, value in fields.items() if not is_credential(name)}


@dataclass(frozen=True)
class _Cookie:
    name: str
    value: str = field(repr=False)
    host: str
    is_host_only: bool
    path: str
    is_secure: bool

    def is_for(self, address: HttpAddress) -> bool:
        if address.host != self.host and (self.is_host_only or not address.host.endswith(f".{self.host}")):
            return False
        if self.is_secure and address.scheme != "https":
            return False
        path = address.target.partition("?")[0]
        return path.startswith(self.path) and (self.path.endswith("/") or path[len(self.path) :][:1] in ("", "/"))


@dataclass
class Chain:
    """Hold address and fields of the next request. `follow` moves to the address of a redirect."""

    address: HttpAddress
    fields: dict[str, str] = field(repr=False)
    https_only: bool = False
    url: str = field(default="", repr=False)
    hops: int = 0
    _cookies: dict[tuple[str, str, str], _Cookie] = field(default_factory=dict, repr=False)

    @classmethod
    def begin(cls, url: str, fields: Mapping[str, str], *, https_only: bool) -> Chain:
        """Begin with the given address. Raises NetworkFailure for an address that is invalid or not allowed."""
        address = parse_address(url)
        chain = cls(address, dict(fields), https_only, url)
        chain._check_scheme()
        return chain

    def request_fields(self) -> dict[str, str]:
        """Return the fields of the next request, with the login and the cookies for its address."""
        fields = dict(self.fields)
        names = {name.casefold(): name for name in fields}
        if "authorization" not in names:
            fields |= login_field(self.address)
        cookies = [f"{cookie.name}={cookie.value}" for cookie in self._cookies.values() if cookie.is_for(self.address)]
        if cookies:
            own = names.get("cookie", "Cookie")
            fields[own] = "; ".join([fields[own], *cookies] if own in fields else cookies)
        return fields if "host" in names else {"Host": self.address.host_field, **fields}

    def follow(self, status: int, location: str | None, set_cookies: Sequence[str]) -> bool:
        """Move on if the answer is a redirect.

        Raises NetworkFailure for an invalid address, or after too many redirects.
        """
        if status not in STATUSES or not location:
            return False
        for line in set_cookies:
            self._keep_cookie(line)
        if self.hops >= MOST_HOPS:
            raise NetworkFailure(Cause.REDIRECTS, f"it redirects more than {MOST_HOPS} times; check its address")
        before = self.address
        self.url = join_address(self.url, header_text(location))
        self.address = parse_address(self.url)
        self.hops += 1
        self._check_scheme()
        if not goes_along(before, self.address):
            self.fields = {name: value for name, value in self.fields.items() if not is_credential(name)}
        return True

    def _check_scheme(self) -> None:
        if self.https_only and self.address.scheme != "https":
            raise NetworkFailure(
                Cause.NOT_HTTPS, "the address is not https, and downloads.https_only allows nothing else"
            )

    def _keep_cookie(self, line: str) -> None:
        """Store a cookie by RFC 6265, 5.2 and 5.3, except for the default path: a cookie on a redirect is meant for the
        next request.
        """
        pair, *attributes = line.split(";")
        name, is_pair, value = (part.strip() for part in pair.partition("="))
        if not name or not is_pair or _is_unsendable(name + value):
            return
        said = {
            key.strip().casefold(): text.strip()
            for key, _, text in (attribute.partition("=") for attribute in attributes)
        }
        domain = said.get("domain", "").lstrip(".").casefold()
        host = self.address.host
        if domain and domain != host and (not host.endswith(f".{domain}") or "." not in domain or _is_ip(host)):
            return
        path = said.get("path", "")
        cookie = _Cookie(
            name,
            value,
            domain or host,
            not domain,
            path if path.startswith("/") else "/",
            "secure" in said,
        )
        key = (cookie.name, cookie.host, cookie.path)
        self._cookies.pop(key, None)
        if not _is_over(said) and len(self._cookies) < MOST_COOKIES:
            self._cookies[key] = cookie


def _is_unsendable(text: str) -> bool:
    return not text.isascii() or any(ord(sign) < 32 or ord(sign) == 127 for sign in text)


def _is_ip(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _is_over(said: Mapping[str, str]) -> bool:
    if "max-age" in said:
        age = said["max-age"]
        return age.startswith("-") or whole_number(age) == 0
    try:
        expires = parsedate_to_datetime(said["expires"])
    except (KeyError, TypeError, ValueError):
        return False
    return (expires if expires.tzinfo else expires.replace(tzinfo=UTC)) < datetime.now(UTC)
