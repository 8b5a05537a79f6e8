"""Make the description of a source from the fields of a user: a file, a playlist's address, or an account.

A new source is treated as a change of an empty one, so that both follow the same rules.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import time
from enum import Enum
from pathlib import Path
from typing import Final, Literal, TypeVar

from stalkeer.core.catalogue.access import login_in_url
from stalkeer.core.downloads.viewing import NIGHT, UseTimes, UseWhen
from stalkeer.core.security.plain_text import is_harmless
from stalkeer.errors import InvalidInput
from stalkeer.model import SourceKind
from stalkeer.settings.types import SLUG
from stalkeer.settings.units import parse_cron
from stalkeer.store.sources.description import Credentials, NewSource, SourceOptions, check_new_source

MOST_PRIORITY = 1_000_000
MOST_CONNECTIONS = 1_000
MOST_BANDWIDTH = 10**12
LONGEST_USER_AGENT = 512


class Unnamed(Enum):
    """Mark a field of a patch that was not named. None is a value: it removes a limit."""

    KEEP = "keep"


KEEP: Final = Unnamed.KEEP
Keep = Literal[Unnamed.KEEP]
T = TypeVar("T")


@dataclass(frozen=True)
class SourcePatch:
    """Hold the new values of some fields.

    `address` is a playlist's file or address, or an account's server. `as_playlist` reads a `get.php` address as a
    plain playlist; it applies only with a new address.
    """

    address: str | Keep = field(default=KEEP, repr=False)
    as_playlist: bool = False
    username: str | Keep = field(default=KEEP, repr=False)
    password: str | Keep = field(default=KEEP, repr=False)
    headers: Mapping[str, str] | Keep = field(default=KEEP, repr=False)
    proxy: str | Keep = field(default=KEEP, repr=False)
    user_agent: str | Keep = KEEP
    refresh: str | Keep = KEEP
    max_shrink: float | None | Keep = KEEP
    adult: bool | Keep = KEEP
    priority: int | Keep = KEEP
    enabled: bool | Keep = KEEP
    max_connections: int | None | Keep = KEEP
    bandwidth_limit: int | None | Keep = KEEP
    use: UseTimes | Keep = KEEP

    @property
    def changes_credentials(self) -> bool:
        """Return whether the patch names a field that is stored encrypted."""
        fields = (self.address, self.username, self.password, self.headers, self.proxy)
        return any(value is not KEEP for value in fields)

    @property
    def switch(self) -> bool | None:
        """Return the new state of a patch that only enables or disables the source, else None."""
        return None if isinstance(self.enabled, Unnamed) or self != SourcePatch(enabled=self.enabled) else self.enabled


def build_source(slug: str, fields: SourcePatch) -> NewSource:
    """Describe a new source. Raises InvalidInput with the invalid field."""
    if not SLUG.fullmatch(slug):
        raise InvalidInput(
            f"{slug!r} is not a name for a source; use lower-case letters, digits, - and _, at most 64",
            fields={"slug": "Use lower-case letters, digits, - and _, at most 64."},
        )
    if isinstance(fields.address, Unnamed) or not fields.address.strip():
        raise InvalidInput(
            "A source needs either the path of a playlist file or an address", fields={"url": "Enter an address."}
        )
    return apply_patch(NewSource(slug, SourceKind.M3U, Credentials()), fields)


def apply_patch(present: NewSource, patch: SourcePatch) -> NewSource:
    """Describe a source as it is after the patch. Raises InvalidInput with the invalid field."""
    options = present.options
    options = _used(patch.use, options)
    described = replace(
        _placed(present, _with_login(present.credentials, patch), patch),
        options=replace(
            options,
            user_agent=_pick(patch.user_agent, options.user_agent),
            refresh=_pick(patch.refresh, options.refresh),
            max_shrink=_pick(patch.max_shrink, options.max_shrink),
            adult=_pick(patch.adult, options.adult),
        ),
        priority=_pick(patch.priority, present.priority),
        enabled=_pick(patch.enabled, present.enabled),
        max_connections=_pick(patch.max_connections, present.max_connections),
        bandwidth_limit=_pick(patch.bandwidth_limit, present.bandwidth_limit) or None,
    )
    check_new_source(described)
    return _within_bounds(described, patch)


def _used(use: UseTimes | Keep, present: SourceOptions) -> SourceOptions:
    if isinstance(use, Unnamed):
        return present
    return replace(present, use=use.when.value, use_from=f"{use.start:%H:%M}", use_until=f"{use.end:%H:%M}")


def read_use(when: str, start: str, end: str) -> UseTimes:
    """Read the times when an account may be used. Raises InvalidInput."""
    if when not in tuple(UseWhen):
        raise InvalidInput(f"{when!r} is not a valid time of use; accepted: {', '.join(UseWhen)}")
    try:
        begins = time.fromisoformat(start) if start else NIGHT[0]
        ends = time.fromisoformat(end) if end else NIGHT[1]
    except ValueError:
        raise InvalidInput(f"{start!r} to {end!r} are no times of day; accepted: 01:00 and 07:00") from None
    return UseTimes(UseWhen(when), begins, ends)


def _pick(named: T | Keep, present: T) -> T:
    return present if isinstance(named, Unnamed) else named


def _with_login(present: Credentials, patch: SourcePatch) -> Credentials:
    return replace(
        present,
        username=_pick(patch.username, present.username),
        password=_pick(patch.password, present.password),
        headers=_pick(patch.headers, present.headers),
        proxy=_pick(patch.proxy, present.proxy),
    )


def _placed(present: NewSource, credentials: Credentials, patch: SourcePatch) -> NewSource:
    """Return kind and address. A playlist stays a playlist unless the patch names an account."""
    if isinstance(patch.address, Unnamed):
        return replace(present, credentials=credentials)
    stays_playlist = present.kind == SourceKind.M3U and not _pick(patch.username, "")
    if stays_playlist and not _is_web_address(patch.address):
        credentials = replace(credentials, username="", password="")  # a file needs no login
    bare = replace(credentials, path="", url="")
    as_playlist = patch.as_playlist or (stays_playlist and bool(credentials.username))
    kind, placed = locate(patch.address, bare, as_playlist=as_playlist)
    return replace(present, kind=kind, credentials=placed)


def locate(address: str, credentials: Credentials, *, as_playlist: bool = False) -> tuple[SourceKind, Credentials]:
    """Recognise whether a text names a file, the address of a playlist, or the server of an account.

    A panel's `get.php` address becomes its account, because the account's lists have more details than the playlist.
    """
    address = address.strip()
    if not _is_web_address(address):
        if credentials.username:
            address = f"http://{address}"
        elif "://" in address:
            raise InvalidInput(f"{address.partition('://')[0]}:// is not an address that playlists are fetched from")
        else:
            return SourceKind.M3U, replace(credentials, path=_file_path(address))
    login = None if as_playlist else login_in_url(address)
    if login is not None:
        url, username, password = login
        return SourceKind.XTREAM, replace(credentials, url=url, username=username, password=password)
    if credentials.username and not as_playlist:
        return SourceKind.XTREAM, replace(credentials, url=address.rstrip("/"))
    return SourceKind.M3U, replace(credentials, url=address)


def _file_path(text: str) -> str:
    """Return the absolute path. Raises InvalidInput for a text that cannot be a path."""
    if not is_harmless(text) or "\0" in text or "\n" in text:
        raise InvalidInput(f"{text!r} is not a path: it contains characters that are not printed")
    try:
        return str(Path(text).expanduser().absolute())
    except RuntimeError as error:  # ~name of an unknown user
        raise InvalidInput(f"{text!r} is not a path: {error}") from error


def _is_web_address(address: str) -> bool:
    return address.strip().lower().startswith(("http://", "https://"))


def _within_bounds(source: NewSource, patch: SourcePatch) -> NewSource:
    """Check the named fields. Stored values are not checked again."""
    _check_number("priority", patch.priority, -MOST_PRIORITY, MOST_PRIORITY)
    _check_number("connections at once", patch.max_connections, 0, MOST_CONNECTIONS)
    _check_number("speed limit", patch.bandwidth_limit, 0, MOST_BANDWIDTH)
    _check_number("max_shrink", patch.max_shrink, 0, 1)
    if not isinstance(patch.user_agent, Unnamed) and len(patch.user_agent) > LONGEST_USER_AGENT:
        raise InvalidInput(f"The User-Agent has {len(patch.user_agent)} characters; accepted: {LONGEST_USER_AGENT}")
    if isinstance(patch.refresh, Unnamed):
        return source
    try:
        return replace(source, options=replace(source.options, refresh=parse_cron(patch.refresh or "off")))
    except ValueError as error:
        raise InvalidInput(f"Refresh times: {patch.refresh!r} {error}") from error


def _check_number(label: str, value: float | None | Keep, least: int, most: int) -> None:
    if isinstance(value, Unnamed) or value is None or least <= value <= most:
        return
    raise InvalidInput(f"{label.capitalize()}: {value} is out of range; accepted: {least:,} to {most:,}")


def removal_words(slug: str, present: Collection[str]) -> str:
    """Tell what a removal did: one that config.yml describes is still there, as described."""
    return f"{slug} is again as in config.yml." if slug in present else f"Removed {slug}."
