"""Try a source before it is kept: what the account says of itself, and how the first names of its list are read."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from urllib.parse import urlencode

from stalkeer.errors import NotAPlaylist, SourceError
from stalkeer.jobs.refresh_fetch import check_account
from stalkeer.model import Entry, EntryKind
from stalkeer.playlists.access import login_in_url
from stalkeer.playlists.fetch import PlaylistRequest, fetch_playlist
from stalkeer.playlists.guard import check_is_playlist
from stalkeer.playlists.m3u_entry import read_entries
from stalkeer.playlists.panel_json import AccountInfo
from stalkeer.playlists.xtream import Panel, PanelLogin
from stalkeer.store.sources import NewSource
from stalkeer.titles import ParsedTitle, parse_title

ENOUGH = 1_000_000  # bytes of a list that a test looks at
MOST_ENTRIES = 4_000
SAMPLES = 5
TIMEOUT_S = 15.0
_READ = (EntryKind.FILM.value, EntryKind.EPISODE.value)


@dataclass(frozen=True)
class Sample:
    """A name of the list and what we read in it."""

    name: str
    title: str
    kind: str
    year: int | None
    season: int | None
    episodes: tuple[int, ...]
    resolution: int | None
    languages: tuple[str, ...]


@dataclass(frozen=True)
class SourceTrial:
    """What a test showed. `kinds` counts the part that was looked at; `is_part`: the list goes on after it."""

    account: AccountInfo | None = None
    kinds: Mapping[str, int] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    samples: tuple[Sample, ...] = ()
    is_part: bool = False
    remark: str = ""


class _Enough(Exception):  # noqa: N818 - nothing went wrong
    """The beginning of the list is here."""


def try_source(new: NewSource, clock: Callable[[], datetime]) -> SourceTrial:
    """Ask the source as it is described. Raises SourceError with what is wrong."""
    with tempfile.TemporaryDirectory(prefix="stalkeer-try-") as folder:
        login = _login(new)
        account = None
        remark = ""
        if login is not None:
            try:
                account = Panel(login, Path(folder)).account(clock())
                check_account(account, login)
            except NotAPlaylist:
                remark = "No account answers there; it is read as a playlist."
        try:
            entries, is_part = _first_entries(new, login, Path(folder) / "list.m3u")
        except SourceError:
            if account is None:
                raise
            return SourceTrial(account, remark="Its lists are read after it was added.")
    kinds = Counter(entry.kind for entry in entries)
    groups = Counter(entry.group for entry in entries if entry.group)
    return SourceTrial(
        account=account,
        kinds=dict(kinds),
        groups=tuple(group for group, _ in groups.most_common(12)),
        samples=_samples(entries),
        is_part=is_part,
        remark=remark,
    )


def _login(new: NewSource) -> PanelLogin | None:
    credentials = new.credentials
    found = login_in_url(credentials.url) if credentials.url else None
    if credentials.username:
        found = (credentials.url, credentials.username, credentials.password)
    return None if found is None else PanelLogin(*found, user_agent=new.options.user_agent, timeout_s=TIMEOUT_S)


def _first_entries(new: NewSource, login: PanelLogin | None, target: Path) -> tuple[list[Entry], bool]:
    credentials = new.credentials
    if credentials.path:
        path = Path(credentials.path)
        try:
            is_part = path.stat().st_size > ENOUGH
            with path.open("rb") as file:
                return _read(file.read(ENOUGH), target, str(path)), is_part
        except OSError as error:
            raise NotAPlaylist(f"The playlist file {path} cannot be read: {error.strerror}") from error
    request = PlaylistRequest(
        url=_list_url(login) if login is not None and credentials.username else credentials.url,
        user_agent=new.options.user_agent,
        headers=credentials.headers,
        proxy=credentials.proxy,
        timeout_s=TIMEOUT_S,
    )
    is_part = False
    try:
        fetch_playlist(request, target, _stop_early)
    except _Enough:
        is_part = True
    return _read(target.read_bytes(), target, request.subject), is_part


def _stop_early(done: int, _total: int | None) -> None:
    if done > ENOUGH:
        raise _Enough


def _list_url(login: PanelLogin) -> str:
    asked = {"username": login.username, "password": login.password, "type": "m3u_plus", "output": "ts"}
    return f"{login.base.rstrip('/')}/get.php?{urlencode(asked)}"


def _read(content: bytes, target: Path, subject: str) -> list[Entry]:
    check_is_playlist(content[: 1 << 16], subject)
    whole = content if len(content) < ENOUGH else content[: content.rfind(b"\n#EXTINF")]
    target.write_bytes(whole or content)
    with target.open("rb") as stream:
        return list(islice(read_entries(stream), MOST_ENTRIES))


def _samples(entries: list[Entry]) -> tuple[Sample, ...]:
    """A few films and episodes from all over the part that was read."""
    useful = [entry for entry in entries if entry.kind in _READ] or entries
    step = max(1, len(useful) // SAMPLES)
    return tuple(_sample(entry, parse_title(entry.name, group=entry.group)) for entry in useful[::step][:SAMPLES])


def _sample(entry: Entry, read: ParsedTitle) -> Sample:
    return Sample(
        name=entry.name,
        title=read.hypotheses[0].text if read.hypotheses else read.series_name,
        kind=entry.kind,
        year=read.year,
        season=read.season,
        episodes=read.episodes,
        resolution=read.resolution,
        languages=read.languages,
    )
