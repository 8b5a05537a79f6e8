"""Keep an account's values apart from its URLs: a template and an Access make a real URL.

`Templates` finds the hosts, users, passwords and tokens that a playlist's URLs share, and replaces them by names.
Stored templates then survive a change of these values. Real URLs are secrets: never log them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, urlsplit

from stalkeer.core.catalogue.learned import (
    MOST_BASES,
    PATH,
    LearnedAccess,
    keep_numbers,
    logins_of,
    merge_tokens,
    numbered,
    path_tokens,
    shared_parts,
    tokens_of,
)

PLACEHOLDER = re.compile(r"\{(base|username|password|token|userinfo)(\d*)\}")
_PLACEHOLDER_BYTES = re.compile(rb"\{(?=(?:base|username|password|token|userinfo)\d*\})")
_USERINFO = re.compile(rb"(?<=://)([^\s/?#|\"'<>]*)@")
_ENTRY_URL = re.compile(rb"^\s*(https?://[^\s|]+)", re.MULTILINE | re.IGNORECASE)
_HOST = re.compile(rb"https?://[^\s/?#|]+")
MOST_USERINFOS = 500  # logins in URLs before the host; an entry with a further login loses it
SHORTEST_SECRET = 6  # characters
BASE_SHARE = 0.05  # share of the sample above which a host belongs to the source


@dataclass(frozen=True)
class Access:
    """Hold the values of a template's names in the form for URLs, and the headers and proxy of the source."""

    base: str = ""
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    user_agent: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    proxy: str = field(default="", repr=False)
    extras: Mapping[str, str] = field(default_factory=dict, repr=False)  # base2, username2, token, ...
    typed: str = field(default="", repr=False)  # the source's address as the user gave it; empty for a file

    def value(self, name: str) -> str | None:
        if name in ("base", "username", "password"):
            return str(getattr(self, name))
        return self.extras.get(name)


def fill(template: str, access: Access) -> str:
    """Return the real URL of `template`. It is a secret.

    >>> fill("{base}/movie/{username}/{password}/7.mkv", Access("http://tv.example", "ann", "s3cret"))
    'http://tv.example/movie/ann/s3cret/7.mkv'
    """

    def value(match: re.Match[str]) -> str:
        found = access.value(match[1] + match[2])
        return match[0] if found is None else found

    return PLACEHOLDER.sub(value, template)


def url_part(value: str) -> str:
    """Quote a user name or password for the path of a URL."""
    return quote(value, safe="")


class Templates:
    """Replace the values that a playlist's URLs share by names.

    `known` comes from an earlier refresh: a known value keeps its number, so templates stay comparable. `own` is the
    login of the playlist's own URL. It is hidden even if no entry's URL contains it.
    """

    def __init__(self, known: LearnedAccess | None = None, own: tuple[str, str] | None = None) -> None:
        self._known = known or LearnedAccess()
        self._own = own
        self._bases: list[bytes] = []
        self._logins: list[tuple[bytes, bytes]] = []
        self._tokens: list[tuple[bytes, bytes]] = []
        self._parts: list[bytes] = []
        self._userinfos = [userinfo.encode() for userinfo in self._known.userinfos]
        self._may_learn = True
        self._has_several_hosts = False
        self.lost_logins = 0
        self._replacements: list[tuple[bytes, bytes]] = []
        self.secrets: tuple[str, ...] = ()  # texts that reveal the account in any place

    def learn(self, sample: bytes) -> None:
        """Learn the shared values from the first megabyte or so of a playlist."""
        urls = _ENTRY_URL.findall(sample.replace(b"\r", b"\n"))
        logins, bases = logins_of(urls)
        others = [url for url in urls if not url.startswith(tuple(base + b"/" for base in bases))]
        hosts = Counter(found[0] for url in others if (found := _HOST.match(url)))
        self._has_several_hosts = len(hosts) > 1
        for host, count in hosts.most_common(MOST_BASES):
            if count >= 2 and count >= BASE_SHARE * len(urls):
                bases.setdefault(host)
        if self._own is not None:
            logins.setdefault((self._own[0].encode(), self._own[1].encode()))
        self._logins = keep_numbers(list(logins), [(u.encode(), p.encode()) for u, p in self._known.logins])
        self._bases = keep_numbers(list(bases)[:MOST_BASES], [base.encode() for base in self._known.bases])
        self._parts = shared_parts(_without_logins(urls, logins))
        in_path = path_tokens(self._parts, self._known)
        known_tokens = [(key.encode(), value.encode()) for key, value in self._known.tokens]
        self._tokens = merge_tokens(known_tokens, tokens_of(urls) + in_path)
        self._compile()

    @classmethod
    def of(cls, learned: LearnedAccess) -> Templates:
        """Make templates from known values, without learning."""
        templates = cls(learned)
        templates._bases = [base.encode() for base in learned.bases]
        templates._logins = [(username.encode(), password.encode()) for username, password in learned.logins]
        templates._tokens = [(key.encode(), value.encode()) for key, value in learned.tokens]
        templates._may_learn = False
        templates._compile()
        return templates

    def hide(self, address: str) -> str:
        """Hide the login in an address other than an entry's, such as a logo's.

        Return a template, or an empty text when no template can hide the login.
        """
        if "@" in address and ("{userinfo" in address or _USERINFO.search(address.encode("utf-8", "replace"))):
            return ""
        if not any(secret in address for secret in self.secrets):
            return address
        template = self.apply(address.encode("utf-8", "replace")).decode()
        return "" if any(secret in template for secret in self.secrets) else template

    @property
    def learned(self) -> LearnedAccess:
        return LearnedAccess(
            tuple(base.decode("utf-8", "replace") for base in self._bases),
            tuple((u.decode("utf-8", "replace"), p.decode("utf-8", "replace")) for u, p in self._logins),
            tuple((k.decode("utf-8", "replace"), v.decode("utf-8", "replace")) for k, v in self._tokens),
            tuple(userinfo.decode("utf-8", "replace") for userinfo in self._userinfos),
            tuple(part.decode("utf-8", "replace") for part in self._parts),
        )

    @property
    def has_several_hosts(self) -> bool:
        """Tell whether URLs of this list may have the same path on several hosts."""
        return self._has_several_hosts

    def key_text(self, key: str) -> str:
        """Write the key of an entry as it was before a part of its path was known as a token."""
        if "{token" in key:
            for number, (name, _) in enumerate(self._tokens, 1):
                if len(name) > len(PATH) and name.startswith(PATH.encode()):
                    text = name[len(PATH) :].decode("utf-8", "replace")
                    key = key.replace(f"/{{{numbered('token', number)}}}/", f"/{text}/")
        return key

    def translation(self, reference: LearnedAccess) -> list[tuple[bytes, bytes]]:
        """Return the replacements that turn a chunk's values into those of `reference`; empty without a change."""
        now = self.learned
        pairs = [(f"{new}/", f"{old}/") for new, old in zip(now.bases, reference.bases, strict=False)]
        pairs += [
            (f"/{new[0]}/{new[1]}/", f"/{old[0]}/{old[1]}/")
            for new, old in zip(now.logins, reference.logins, strict=False)
        ]
        pairs += [
            (_written(*new), _written(*old))
            for new, old in zip(now.tokens, reference.tokens, strict=False)
            if new[0] == old[0]
        ]
        return [(new.encode(), old.encode()) for new, old in pairs if new != old]

    @property
    def account_pattern(self) -> str:
        """Return a pattern for URLs of the first login: (section/, stream, .extension); empty without a login."""
        if not self._logins or not self._bases:
            return ""
        base = self._bases[0].decode("utf-8", "replace")
        username, password = (part.decode("utf-8", "replace") for part in self._logins[0])
        login = f"{re.escape(username)}/{re.escape(password)}"
        return rf"{re.escape(base)}/(movie/|series/|live/|){login}/(?a:(\d++)(\.\w++|))"

    def apply(self, chunk: bytes) -> bytes:
        if b"{" in chunk:  # names in the playlist itself must not be filled with the account's values
            chunk = _PLACEHOLDER_BYTES.sub(b"%7B", chunk)
        for value, name in self._replacements:
            chunk = chunk.replace(value, name)
        return _USERINFO.sub(self._userinfo_name, chunk) if b"@" in chunk else chunk

    def _userinfo_name(self, match: re.Match[bytes]) -> bytes:
        """Return the name for a login before the host; empty where no name is left."""
        userinfo = match[1]
        if userinfo not in self._userinfos:
            if not self._may_learn or len(self._userinfos) >= MOST_USERINFOS:
                self.lost_logins += 1
                return b""
            self._userinfos.append(userinfo)
        return b"{%s}@" % numbered("userinfo", self._userinfos.index(userinfo) + 1).encode()

    def _compile(self) -> None:
        self.secrets = tuple(_secrets_of(self.learned))
        # the longest base first: a base may be the beginning of another
        bases = sorted(enumerate(self._bases, 1), key=lambda item: -len(item[1]))
        self._replacements = [(base + b"/", b"{%s}/" % numbered("base", n).encode()) for n, base in bases if base]
        for number, (username, password) in enumerate(self._logins, 1):
            names = (numbered("username", number).encode(), numbered("password", number).encode())
            self._replacements.append((b"/%s/%s/" % (username, password), b"/{%s}/{%s}/" % names))
        for number, (key, value) in enumerate(self._tokens, 1):
            name = numbered("token", number).encode()
            if key.startswith(PATH.encode()):
                self._replacements.append((b"/%s/" % value, b"/{%s}/" % name))
            else:
                self._replacements.append((b"%s=%s" % (key, value), b"%s={%s}" % (key, name)))
        for number, login in enumerate(self._logins, 1):
            for field_name, value in zip(("username", "password"), login, strict=True):
                name = numbered(field_name, number).encode()
                self._replacements.append(
                    (b"%s=%s" % (field_name.encode(), value), b"%s={%s}" % (field_name.encode(), name))
                )


def _written(key: str, value: str) -> str:
    """Write a token as URLs have it."""
    return f"/{value}/" if key.startswith(PATH) else f"{key}={value}"


def _without_logins(urls: Iterable[bytes], logins: Iterable[tuple[bytes, bytes]]) -> list[bytes]:
    of_logins = [b"/%s/%s/" % login for login in logins]
    return [url for url in urls if not any(login in url for login in of_logins)]


def _secrets_of(learned: LearnedAccess) -> Iterator[str]:
    """Yield the texts that reveal the account.

    A short password is too common by itself, so yield it only within a login.
    """
    for key, value in learned.tokens:
        yield _written(key, value)
    for username, password in learned.logins:
        if len(password) >= SHORTEST_SECRET:
            yield password
        else:
            yield from (f"/{username}/{password}/", f"password={password}")


def login_in_url(url: str) -> tuple[str, str, str] | None:
    """Return (base, username, password) of a panel's `get.php` or `player_api.php` URL; None for any other.

    >>> login_in_url("http://tv.example:8080/get.php?username=ann&password=s3cret&type=m3u_plus")
    ('http://tv.example:8080', 'ann', 's3cret')
    """
    try:
        parts = urlsplit(url.strip())
    except ValueError:  # an invalid URL such as `http://[::1`
        return None
    head, _, script = parts.path.rpartition("/")
    if parts.scheme not in ("http", "https") or script not in ("get.php", "player_api.php", "panel_api.php"):
        return None
    query = dict(parse_qsl(parts.query))
    if not query.get("username") or not query.get("password"):
        return None
    return f"{parts.scheme}://{parts.netloc}{head}", query["username"], query["password"]
