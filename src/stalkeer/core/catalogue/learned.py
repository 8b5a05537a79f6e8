"""Learn the values that a playlist's URLs share: hosts, logins, tokens.

All of them are secrets, and none belongs to a single entry.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")
TOKEN_NAMES = frozenset(
    {"access_token", "apikey", "auth", "authkey", "e", "exp", "expires", "expiry", "hash", "hdnea", "hdnts", "key"}
    | {"key-pair-id", "login", "md5", "pass", "password", "policy", "pwd", "sid", "sig", "sign", "signature", "st", "t"}
    | {"token", "u", "user", "username", "wmsauthsign"}
)
MOST_BASES = 8
MOST_TOKENS = 32
FEWEST_URLS = 3  # URLs that must share a part of their path before it may be a token
PATH = "/"  # begins the key of a token in the path; the rest of the key replaces the token in keys of entries
_LOGIN_URL = re.compile(
    rb"(?P<base>https?://[^\s/?#|]+(?:/[^\s/?#|]+)*?)/(?:(?P<section>movie|series|live)/)?"
    rb"(?P<username>[^\s/?#|]+)/(?P<password>[^\s/?#|]+)/\d+(?P<extension>\.\w+)?(?=[\s?|]|$)"
)
_PARTS = re.compile(rb"https?://[^\s/?#|]+((?:/[^\s/?#|]+)*)/[^\s/?#|]*")
_RANDOM = re.compile(rb"(?=.*\d)(?=.*[A-Za-z])[\w~.=-]{12,}|[0-9a-fA-F]{16,}|\d{10,}")


@dataclass(frozen=True)
class LearnedAccess:
    """Hold the values that a playlist's URLs share, in the order of their numbers.

    `tokens` are pairs of a query key and its value, or of a key that begins with "/" and a part of the path. `parts`
    are the parts that all plain URLs have in their path: one that changes in all of them is a token.
    """

    bases: tuple[str, ...] = ()
    logins: tuple[tuple[str, str], ...] = ()
    tokens: tuple[tuple[str, str], ...] = ()
    userinfos: tuple[str, ...] = field(default=(), repr=False)  # `user:password` before a host
    parts: tuple[str, ...] = ()

    def named(self) -> dict[str, str]:
        """Return every placeholder name with its value."""
        values: dict[str, str] = {}
        for number, base in enumerate(self.bases, 1):
            values[numbered("base", number)] = base
        for number, (username, password) in enumerate(self.logins, 1):
            values[numbered("username", number)] = username
            values[numbered("password", number)] = password
        for number, (_, token) in enumerate(self.tokens, 1):
            values[numbered("token", number)] = token
        for number, userinfo in enumerate(self.userinfos, 1):
            values[numbered("userinfo", number)] = userinfo
        return values


def numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name}{number}"


def logins_of(urls: Iterable[bytes]) -> tuple[dict[tuple[bytes, bytes], None], dict[bytes, None]]:
    """Return the logins in panel URLs, with their hosts, in order of appearance.

    A URL without a section (`/user/password/7`) may also be two folders. It counts only when the same login appears
    with a section, or when it is a frequent stream without a file extension.
    """
    found = [match for url in urls if (match := _LOGIN_URL.fullmatch(url))]
    typed = {(match["username"], match["password"]) for match in found if match["section"]}
    bare = Counter(
        (match["username"], match["password"])
        for match in found
        if not match["section"] and (match["extension"] or b"") in (b"", b".ts", b".m3u8")
    )
    believed = typed | {login for login, count in bare.items() if count >= 3}
    logins: dict[tuple[bytes, bytes], None] = {}
    bases: dict[bytes, None] = {}
    for match in found:
        login = (match["username"], match["password"])
        if login in believed:
            logins.setdefault(login)
            bases.setdefault(match["base"])
    return dict(list(logins.items())[:MOST_BASES]), bases


def tokens_of(urls: list[bytes]) -> list[tuple[bytes, bytes]]:
    """Return query values with a secret's name that at least half of the URLs share."""
    seen: Counter[tuple[bytes, bytes]] = Counter()
    for url in urls:
        _, mark, query = url.partition(b"?")
        if mark:
            pairs = (pair.partition(b"=") for pair in query.split(b"&"))
            seen.update((key, value) for key, _, value in pairs if value and _is_token(key))
    return [pair for pair, count in seen.items() if count >= 2 and count * 2 >= len(urls)][:MOST_BASES]


def _is_token(key: bytes) -> bool:
    return key.lower().decode("latin-1") in TOKEN_NAMES


def merge_tokens(
    known: Sequence[tuple[bytes, bytes]], found: Sequence[tuple[bytes, bytes]]
) -> list[tuple[bytes, bytes]]:
    """Give known tokens their new values, at their places; tokens that are new come behind them."""
    merged = list(known)
    fresh = [pair for pair in found if pair not in merged]
    taken = {merged.index(pair) for pair in found if pair in merged}
    for key, value in fresh:
        place = next((n for n, pair in enumerate(merged) if pair[0] == key and n not in taken), None)
        if place is not None:
            merged[place] = key, value
            taken.add(place)
        elif len(merged) < MOST_TOKENS:
            taken.add(len(merged))
            merged.append((key, value))
    return merged


def shared_parts(urls: Iterable[bytes]) -> list[bytes]:
    """Return the folders that all plain URLs have in their path, in the order of the first URL."""
    paths = [found[1].split(b"/")[1:] for url in urls if (found := _PARTS.match(url))]
    if len(paths) < FEWEST_URLS:
        return []
    common = set(paths[0]).intersection(*paths[1:])
    return [part for part in dict.fromkeys(paths[0]) if part in common]


def path_tokens(shared: Sequence[bytes], known: LearnedAccess) -> list[tuple[bytes, bytes]]:
    """Find the tokens among the parts that all URLs share, as pairs for `LearnedAccess.tokens`.

    A part that has changed in all URLs since the last refresh is a token. In a list that is read for the first time, a
    part that looks random is a token, too.
    """
    if known == LearnedAccess():
        return [(PATH.encode(), part) for part in shared if _RANDOM.fullmatch(part)]
    slots = {value.encode(): key.encode() for key, value in known.tokens if key.startswith(PATH)}
    before = [part.encode() for part in known.parts]
    gone = [part for part in before if part not in shared]
    fresh = [part for part in shared if part not in before]
    tokens = [(slots[part], part) for part in shared if part in slots]
    for old, new in zip(gone, fresh, strict=False):
        tokens.append((slots.get(old, PATH.encode() + old), new))
    return tokens


def keep_numbers(found: list[T], known: list[T]) -> list[T]:
    """Order `found` so that known values keep their places and new values take free places."""
    places = {index: value for index, value in enumerate(known) if value in found}
    fresh = [value for value in found if value not in known]
    kept: list[T] = []
    while fresh or len(kept) <= max(places, default=-1):
        index = len(kept)
        kept.append(places[index] if index in places else fresh.pop(0) if fresh else known[index])
    return kept
