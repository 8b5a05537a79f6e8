"""Ask an Xtream panel's `player_api.php` for the account, its lists, a series' episodes or a movie's details."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import xxhash

from stalkeer.adapters.net.addresses import shown_origin
from stalkeer.adapters.net.deadlines import Deadlines
from stalkeer.adapters.playlists.fetch import TIMEOUT_S, NotModified, PlaylistRequest, fetch_playlist
from stalkeer.adapters.playlists.loose_json import ItemStream, as_map, first_document
from stalkeer.adapters.playlists.m3u import ByteStream
from stalkeer.adapters.playlists.panel_json import (
    AccountInfo,
    MovieDetails,
    account_info,
    category_names,
    episode_entries,
    live_entry,
    movie_details,
    movie_entry,
    series_entry,
)
from stalkeer.core.catalogue.access import Templates, url_part
from stalkeer.core.catalogue.learned import LearnedAccess
from stalkeer.errors import NotAPlaylist, SourceError, SourceFaulty, SourceRefused
from stalkeer.model import Entry, EntryKind

LARGEST_ANSWER = 64_000_000  # bytes of an answer about a series or movie
SHORT_ANSWER_S = 10.0  # seconds for the complete answer about an account, a series or a movie
_LISTS: tuple[tuple[str, str, Callable[[Mapping[str, Any], Mapping[str, str]], Entry | None]], ...] = (
    ("get_vod_streams", "get_vod_categories", movie_entry),
    ("get_series", "get_series_categories", series_entry),
    ("get_live_streams", "get_live_categories", live_entry),
)
_MOVIES = "get_vod_streams"
_KINDS = {"get_vod_streams": EntryKind.MOVIE, "get_series": EntryKind.SERIES, "get_live_streams": EntryKind.LIVE}
_NAMES = {"get_vod_streams": "movies", "get_series": "series", "get_live_streams": "channels"}
_NOT_FOUND = re.compile(rb"\s*<(?:!doctype|html|head|h1|center).*?(?:\b404\b|not\s+found)", re.IGNORECASE | re.DOTALL)
Progress = Callable[[int, int | None], None]


@dataclass(frozen=True)
class PanelLogin:
    """Describe an account and how to ask its panel. `base` may have a path."""

    base: str
    username: str = field(repr=False)
    password: str = field(repr=False)
    user_agent: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    proxy: str = field(default="", repr=False)
    timeout_s: float = TIMEOUT_S
    https_only: bool = False

    @property
    def host(self) -> str:
        return shown_origin(self.base) or "an address that is none"

    def address(self, action: str, **query: str) -> str:
        asked = {
            "username": self.username,
            "password": self.password,
            **({"action": action} if action else {}),
            **query,
        }
        return f"{self.base.rstrip('/')}/player_api.php?{urlencode(asked)}"


@dataclass(frozen=True)
class PanelLists:
    """Describe a panel's lists on disk.

    `digest` is over all their bytes. `missing` names the lists that it lacks, and `reasons` has its answer for each.
    """

    files: Mapping[str, Path]
    size: int
    digest: str
    missing: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


@dataclass
class _Fetched:
    files: dict[str, Path] = field(default_factory=dict)
    size: int = 0
    hasher: xxhash.xxh3_128 = field(default_factory=xxhash.xxh3_128)

    def add(self, name: str, path: Path, digest: str, size: int) -> None:
        self.files[name] = path
        self.size += size
        self.hasher.update(f"{name} {digest}\n".encode())


class Panel:
    """Ask the panel of an account. Answers are spooled to `folder`, so that its connection is never held for long."""

    def __init__(
        self, login: PanelLogin, folder: Path, *, max_size: int = LARGEST_ANSWER, short_s: float = SHORT_ANSWER_S
    ) -> None:
        self._login = login
        self._short_s = short_s
        self._folder = folder
        self._max_size = max_size
        written = (url_part(login.username), url_part(login.password))
        self._templates = Templates.of(LearnedAccess((login.base.rstrip("/"),), (written,)))

    def account(self, now: datetime) -> AccountInfo:
        """Ask for the account's state. Raises NotAPlaylist where no panel answers, SourceRefused for a wrong login."""
        info = account_info(self._document("", "The account"), now)
        if info is None:
            raise NotAPlaylist(
                f"{self._login.host} answers, but not as an Xtream panel does; check the server's address and port"
            )
        return info

    def lists(self, progress: Progress, known: Collection[str] = ()) -> PanelLists:
        """Fetch all lists that the panel offers. Missing categories are ignored.

        A panel may refuse a list that it does not offer, and answer with an error or a page in place of series or
        channels. Raises the error of such a list if there is no list at all, or if the list had entries before:
        `known` has the kinds of these.
        """
        fetched = _Fetched()
        refusals: dict[str, SourceError] = {}
        for action, categories, _ in _LISTS:
            for name in (categories, action):
                try:
                    spooled = self._spool(name, f"The account's list of {_NAMES[action]}", progress)
                    if name == action:
                        self._check_list(action, spooled[0])
                except (NotAPlaylist, SourceRefused, SourceFaulty) as error:
                    if name == action:
                        refusals[action] = error
                    continue
                fetched.add(name, *spooled)
        for action, refusal in refusals.items():
            is_needed = action == _MOVIES and not isinstance(refusal, SourceRefused)
            if is_needed or len(refusals) == len(_LISTS) or _KINDS[action] in known:
                raise refusal
        missing = tuple(_NAMES[action] for action in refusals)
        reasons = tuple(str(refusal).partition(". The catalogue")[0] for refusal in refusals.values())
        return PanelLists(fetched.files, fetched.size, fetched.hasher.hexdigest(), missing, reasons)

    def _check_list(self, action: str, path: Path) -> None:
        """Raise SourceRefused for a page that says "not found" with status 200, NotAPlaylist for any other text."""
        with path.open("rb") as stream:
            start = stream.read(4_000)
        if _NOT_FOUND.match(start):
            raise SourceRefused(f"The account's list of {_NAMES[action]} is not found at {self._login.host}")
        with path.open("rb") as stream:
            self._items(action, stream).check()

    def _items(self, action: str, stream: ByteStream) -> ItemStream:
        return ItemStream(stream, f"The account's list of {_NAMES[action]} at {self._login.host}")

    def entries(self, lists: PanelLists, oddities: Counter[str]) -> Iterator[Entry]:
        """Yield movies, series, then channels. Items without an id are counted and left out."""
        for action, categories, read in _LISTS:
            if action not in lists.files:
                continue
            groups = self._categories(lists.files.get(categories))
            with lists.files[action].open("rb") as stream:
                items = self._items(action, stream)
                for item in items:
                    if "user_info" in item or item.get("#") == "user_info":
                        raise self._refused()
                    entry = read(item, groups)
                    if entry is None:
                        oddities["without-id"] += 1
                    else:
                        yield self._hidden(entry)
                oddities["not-an-object"] += items.odd

    def episodes(self, series: Entry, series_id: str) -> list[Entry]:
        document = self._document("get_series_info", "The series", series_id=series_id)
        return [self._hidden(entry) for entry in episode_entries(document, series)]

    def movie(self, stream_id: str) -> MovieDetails:
        return movie_details(self._document("get_vod_info", "The movie", vod_id=stream_id))

    def _hidden(self, entry: Entry) -> Entry:
        """Return the entry without the login that its logo's address may contain."""
        logo = self._templates.hide(entry.logo)
        return entry if logo == entry.logo else entry._replace(logo=logo)

    def _categories(self, path: Path | None) -> dict[str, str]:
        if path is None:
            return {}
        with path.open("rb") as stream:
            try:
                return category_names(iter(ItemStream(stream, "The account's categories")))
            except NotAPlaylist:
                return {}

    def _document(self, action: str, what: str, **query: str) -> object:
        with ExitStack() as stack:
            path, _, _ = self._spool(action or "account", what, _quiet, self._short(), **query)
            stack.callback(path.unlink, missing_ok=True)
            text = path.read_bytes().decode("utf-8", "replace").lstrip("\ufeff \r\n\t")
        try:
            document = first_document(text) if text else None
        except (ValueError, RecursionError) as error:
            said = " ".join(text.split())[:60]
            raise NotAPlaylist(
                f"{what} at {self._login.host} is answered with {said!r} instead of JSON; check address and account"
            ) from error
        if action and as_map(as_map(document).get("user_info")).get("auth") in (0, "0"):
            raise self._refused()
        return document

    def _short(self) -> Deadlines:
        step_s = min(self._login.timeout_s, self._short_s)
        return Deadlines(step_s, step_s, step_s, whole_s=self._short_s)

    def _spool(
        self, name: str, what: str, progress: Progress, deadlines: Deadlines | None = None, **query: str
    ) -> tuple[Path, str, int]:
        action = "" if name == "account" else name
        request = PlaylistRequest(
            url=self._login.address(action, **query),
            what=what,
            user_agent=self._login.user_agent,
            headers=self._login.headers,
            proxy=self._login.proxy,
            timeout_s=self._login.timeout_s,
            max_size=self._max_size,
            https_only=self._login.https_only,
            deadlines=deadlines,
        )
        file = fetch_playlist(request, self._folder / f"{name}.json", progress)
        assert not isinstance(file, NotModified)  # no conditional request was sent
        return file.path, file.digest, file.size

    def _refused(self) -> SourceRefused:
        return SourceRefused(f"The panel at {self._login.host} refuses the login; check username and password")


def _quiet(_done: int, _total: int | None) -> None:
    return None
