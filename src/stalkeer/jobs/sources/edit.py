"""Change a source: one patch and one way to apply it, for the pages, the API and the command line.

A field that is not named stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final, Literal, TypeVar

from stalkeer.errors import Conflict
from stalkeer.jobs.sources.describe import describe_source
from stalkeer.secrets import SecretBox
from stalkeer.store.db.database import Database, Transaction
from stalkeer.store.sources.sources import (
    CONFIG,
    M3U,
    Credentials,
    NewSource,
    SourceRow,
    change_source,
    get_source,
    kept_credentials,
    read_credentials,
)


class Unnamed(Enum):
    """The value of a patch's field that was not named. None would be a value: it takes a limit back."""

    KEEP = "keep"


KEEP: Final = Unnamed.KEEP
Keep = Literal[Unnamed.KEEP]
T = TypeVar("T")


@dataclass(frozen=True)
class SourcePatch:
    """The new values of some fields. `address` is a playlist's file or address, or an account's server.

    `as_playlist` keeps a `get.php` address as the playlist that it returns; it counts with a new address only.
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

    @property
    def changes_credentials(self) -> bool:
        """Whether anything is named that is stored encrypted."""
        fields = (self.address, self.username, self.password, self.headers, self.proxy)
        return any(value is not KEEP for value in fields)


def edit_source(database: Database, secrets: SecretBox, slug: str, patch: SourcePatch) -> SourceRow:
    """Apply the patch to the source of this name, in one transaction.

    Raises NotFound, Conflict where the configuration describes the source, InvalidInput where the result could not be
    asked, and SecretError where the stored login is to stay and cannot be read.
    """
    with database.begin() as connection:
        row = editable_source(connection, slug)
        # an unreadable login may be replaced, but is not lost by a change of something else
        read = kept_credentials if patch.changes_credentials else read_credentials
        return change_source(connection, row, apply_patch(row, read(row, secrets), patch), secrets)


def editable_source(connection: Transaction, slug: str) -> SourceRow:
    """Return the source of this name. Raises NotFound, and Conflict where the configuration describes it."""
    row = get_source(connection, slug)
    if row.origin == CONFIG:
        raise Conflict(
            f"{slug} comes from the configuration file or the environment; change it there, under `playlists`"
        )
    return row


def apply_patch(row: SourceRow, credentials: Credentials, patch: SourcePatch) -> NewSource:
    """Describe the source as it is after the patch. `credentials` are those that are stored."""
    options = row.options
    return replace(
        _placed(row, _with_login(credentials, patch), patch),
        options=replace(
            options,
            user_agent=_pick(patch.user_agent, options.user_agent),
            refresh=_pick(patch.refresh, options.refresh),
            max_shrink=_pick(patch.max_shrink, options.max_shrink),
            adult=_pick(patch.adult, options.adult),
        ),
        priority=_pick(patch.priority, row.priority),
        enabled=_pick(patch.enabled, row.enabled),
        max_connections=_pick(patch.max_connections, row.max_connections),
        bandwidth_limit=_pick(patch.bandwidth_limit, row.bandwidth_limit),
    )


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


def _placed(row: SourceRow, credentials: Credentials, patch: SourcePatch) -> NewSource:
    """Kind and address: a playlist stays one unless it is given an account."""
    if isinstance(patch.address, Unnamed):
        return NewSource(row.slug, row.kind, credentials)
    stays_playlist = row.kind == M3U and not _pick(patch.username, "")
    if stays_playlist and not patch.address.lower().startswith(("http://", "https://")):
        credentials = replace(credentials, username="", password="")  # a file needs no login
    bare = replace(credentials, path="", url="")
    as_playlist = patch.as_playlist or (stays_playlist and bool(credentials.username))
    return describe_source(row.slug, patch.address, bare, row.options, as_playlist=as_playlist)
