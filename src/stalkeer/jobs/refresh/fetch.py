"""Open the present list of a source: a playlist file, a playlist's address, or an account's listing."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from io import BufferedReader
from pathlib import Path

from stalkeer.adapters.playlists.encoding import as_utf8, readable_start
from stalkeer.adapters.playlists.fetch import NotModified, PlaylistFile, PlaylistRequest, fetch_playlist, open_local
from stalkeer.adapters.playlists.guard import check_is_playlist
from stalkeer.adapters.playlists.m3u import Chunks
from stalkeer.adapters.playlists.panel_json import AccountInfo
from stalkeer.adapters.playlists.xtream import Panel, PanelLogin
from stalkeer.core.catalogue.access import login_in_url
from stalkeer.core.catalogue.portals import HINT, is_portal_address
from stalkeer.errors import NotAPlaylist, SourceRefused, SourceUnreachable
from stalkeer.jobs.refresh.reading import ListingWalk, PlaylistWalk, Walk
from stalkeer.model import AccountStatus
from stalkeer.settings.sections.jobs import CatalogueSettings
from stalkeer.store.sources.credentials import panel_login
from stalkeer.store.sources.description import XTREAM, Credentials, SourceOptions
from stalkeer.store.sources.rows import SourceRow

SPOOL = "spool"


@dataclass(frozen=True)
class OpenedList:
    """Hold the opened list of a source. `walk` begins to read it. `path` returns the unpacked playlist, if any."""

    walk: Callable[[], Walk]
    size: int | None
    done: Callable[[], int]
    path: Callable[[], Path | None] = lambda: None
    digest: str | None = None
    validators: Mapping[str, object] = field(default_factory=dict)
    missing: tuple[str, ...] = ()  # the lists that an account does not offer
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class FetchContext:
    """Hold settings and callbacks of a fetch. `progress` is called with (bytes so far, total) and may raise to stop.

    An account that no longer offers a list of the `known` kinds is an error; other lists may be missing.
    """

    settings: CatalogueSettings
    https_only: bool
    data_dir: Path
    progress: Callable[[int, int | None], None]
    account: Callable[[AccountInfo], None]  # called with the account's state
    clock: Callable[[], datetime]
    known: frozenset[str] = frozenset()


@contextmanager
def open_listing(
    row: SourceRow, credentials: Credentials, context: FetchContext, *, may_skip: bool
) -> Iterator[OpenedList | None]:
    """Open the list.

    Return None where the server says that nothing has changed. Raises SourceError for an answer that is no playlist.
    """
    with portal_hint(credentials), _open_source(row, credentials, context, may_skip=may_skip) as listing:
        yield listing


@contextmanager
def portal_hint(credentials: Credentials) -> Iterator[None]:
    """Add a hint to the error where the address is that of a Stalker portal."""
    try:
        yield
    except (SourceRefused, NotAPlaylist) as error:
        if is_portal_address(credentials.url):
            raise type(error)(f"{error}. {HINT}") from error
        raise


@contextmanager
def _open_source(
    row: SourceRow, credentials: Credentials, context: FetchContext, *, may_skip: bool
) -> Iterator[OpenedList | None]:
    if row.kind == XTREAM:
        with _open_account(row, credentials, context) as listing:
            yield listing
        return
    spool = context.data_dir / SPOOL / f"{row.slug}.m3u"
    try:
        file = _fetch(row, credentials, context, spool, may_skip=may_skip)
        if isinstance(file, NotModified):
            yield None
            return
        address = login_in_url(credentials.url)
        own = address[1:] if address is not None else None
        with ExitStack() as opened:

            @cache
            def text() -> PlaylistText:
                return opened.enter_context(open_text(file, spool))

            def walk() -> Walk:
                chunks = Chunks(text().stream)
                chunks.oddities += text().oddities
                return PlaylistWalk(chunks, credentials.learned, credentials.reference, own, file.url)

            check_start(file, credentials)
            yield OpenedList(
                walk=walk,
                size=file.size,
                done=lambda: text().stream.tell(),
                path=lambda: text().path,
                digest=file.digest,
                validators={"etag": file.etag, "last_modified": file.last_modified},
            )
    finally:
        spool.unlink(missing_ok=True)


def check_start(file: PlaylistFile, credentials: Credentials) -> None:
    """Raise NotAPlaylist where a fetched file does not begin like a playlist."""
    with file.path.open("rb") as stream:
        check_is_playlist(readable_start(stream.read(1 << 16)), subject_of(credentials))


@dataclass(frozen=True)
class PlaylistText:
    """Hold an opened playlist in UTF-8. `oddities` counts the lines in another encoding."""

    stream: BufferedReader
    path: Path
    oddities: Counter[str]


@contextmanager
def open_text(file: PlaylistFile, spool: Path) -> Iterator[PlaylistText]:
    """Convert a fetched playlist to UTF-8 and open it. A converted list is written beside `spool`."""
    recoded = spool.with_suffix(".utf-8")
    try:
        path, oddities = as_utf8(file.path, recoded, file.content_type)
        with path.open("rb") as stream:
            yield PlaylistText(stream, path, oddities)
    finally:
        recoded.unlink(missing_ok=True)


@contextmanager
def _open_account(row: SourceRow, credentials: Credentials, context: FetchContext) -> Iterator[OpenedList]:
    """Open the account's lists. Check its state first, because the lists of an expired account are not reliable."""
    login = panel_login(row, credentials, context.settings.timeout, https_only=context.https_only)
    assert login is not None
    folder = context.data_dir / SPOOL / row.slug
    panel = Panel(login, folder, max_size=context.settings.max_size)
    try:
        account = panel.account(context.clock())
        context.account(account)
        check_account(account, login)
        lists = panel.lists(context.progress, context.known)
        oddities: Counter[str] = Counter()

        def walk() -> Walk:
            return ListingWalk(panel.entries(lists, oddities), lambda: oddities)

        yield OpenedList(
            walk=walk, size=None, done=lambda: 0, digest=lists.digest, missing=lists.missing, reasons=lists.reasons
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def check_account(account: AccountInfo, login: PanelLogin) -> None:
    """Raise SourceError with the reason where an account cannot be used."""
    said = f" ({account.message})" if account.message else ""
    if account.is_full:
        raise SourceUnreachable(
            f"The account at {login.host} has too many connections open{said}. The catalogue stays as it was; it is "
            "tried again at the next refresh"
        )
    if account.is_usable:
        return
    if account.status is AccountStatus.REFUSED:
        raise SourceRefused(
            f"The panel at {login.host} refuses the login{said}. The catalogue stays as it was; check username and "
            "password"
        )
    since = (
        f" since {account.expires_at:%Y-%m-%d}"
        if account.status is AccountStatus.EXPIRED and account.expires_at
        else ""
    )
    raise SourceRefused(
        f"The account at {login.host} is {account.status}{since}{said}. The catalogue stays as it was; ask the provider"
    )


def _fetch(
    row: SourceRow, credentials: Credentials, context: FetchContext, spool: Path, *, may_skip: bool
) -> PlaylistFile | NotModified:
    if credentials.path:
        return open_local(Path(credentials.path), spool, context.settings.max_size)
    request = playlist_request(row.options, credentials, context.settings, https_only=context.https_only)
    if may_skip:
        request = replace(request, etag=row.etag, last_modified=row.last_modified)
    return fetch_playlist(request, spool, context.progress)


def playlist_request(
    options: SourceOptions, credentials: Credentials, settings: CatalogueSettings, *, https_only: bool
) -> PlaylistRequest:
    """Return the request for a playlist's address."""
    return PlaylistRequest(
        url=credentials.url,
        user_agent=options.user_agent,
        headers=credentials.headers,
        proxy=credentials.proxy,
        timeout_s=settings.timeout,
        max_size=settings.max_size,
        https_only=https_only,
    )


def subject_of(credentials: Credentials) -> str:
    """Name a playlist in a message, without its login."""
    if credentials.path:
        return f"The playlist file {credentials.path}"
    return PlaylistRequest(url=credentials.url).subject
