"""The users of the room, each asking the way the program does: what they got, or their own error in words."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter

from stalkeer.adapters.arr.client import Address, ArrClient
from stalkeer.adapters.net.deadlines import Deadlines
from stalkeer.adapters.net.inward import IsInside, is_inside
from stalkeer.adapters.playlists.fetch import NotModified, PlaylistRequest, fetch_playlist
from stalkeer.adapters.playlists.xtream import Panel, PanelLogin
from stalkeer.adapters.tmdb.client import TmdbAccess, TmdbClient, TmdbPace
from stalkeer.adapters.transfers.pace import Bandwidth
from stalkeer.adapters.transfers.request import Fetched, TransferLimits, TransferRequest
from stalkeer.adapters.transfers.transfer import transfer
from stalkeer.errors import ArrError, SourceError, TmdbError
from stalkeer.model import InstanceKind
from tests.doubles.watching import Watching

ANYTHING = TypeAdapter(dict[str, object])
DOCUMENT = json.dumps({"user_info": {"auth": 1, "status": "Active"}, "name": "Radarr"}).encode()
PLAYLIST = b"#EXTM3U\n#EXTINF:-1,Umbra Station (2016)\nhttp://host.example/1.mkv\n"
MOVIE = b"\x1a\x45\xdf\xa3" + bytes(range(256)) * 8


@dataclass(frozen=True)
class Asked:
    """What came of a question: the bytes, or the user's own words for why there are none."""

    content: bytes = b""
    words: str = ""


@dataclass(frozen=True)
class Ways:
    """What a test may turn at."""

    seconds: float = 5.0
    https_only: bool = False
    proxy: str = ""
    fields: Mapping[str, str] | None = None
    listed_by: str = ""
    is_inside: IsInside = is_inside
    has_sidecar: bool = False


User = Callable[[str, Path, Ways], Asked]


def movie(url: str, folder: Path, ways: Ways) -> Asked:
    """A download of the transfer engine."""
    part = folder / "7.part"
    limits = TransferLimits(ways.seconds, ways.seconds, ways.seconds, ways.seconds)
    request = TransferRequest(
        url,
        part,
        ways.fields or {},
        proxy=ways.proxy or None,
        https_only=ways.https_only,
        listed_by=ways.listed_by,
        is_inside=ways.is_inside,
        has_sidecar=ways.has_sidecar,
        limits=limits,
    )
    outcome = transfer(request, Watching(), Bandwidth().pace())
    return Asked(part.read_bytes()) if isinstance(outcome, Fetched) else Asked(words=outcome.message)


def playlist(url: str, folder: Path, ways: Ways) -> Asked:
    request = PlaylistRequest(
        url,
        proxy=ways.proxy,
        https_only=ways.https_only,
        headers=ways.fields or {},
        deadlines=Deadlines(ways.seconds, ways.seconds, ways.seconds),
    )
    try:
        found = fetch_playlist(request, folder / "list.m3u")
    except SourceError as error:
        return Asked(words=str(error))
    assert not isinstance(found, NotModified)
    return Asked(found.path.read_bytes())


def account(url: str, folder: Path, ways: Ways) -> Asked:
    """The status of an account; `url` is its base."""
    login = PanelLogin(url, "ann", "s3cret", proxy=ways.proxy, headers=ways.fields or {}, https_only=ways.https_only)
    try:
        found = Panel(login, folder, short_s=ways.seconds).account(datetime.now(UTC))
    except SourceError as error:
        return Asked(words=str(error))
    return Asked(DOCUMENT if found.status == "active" else b"")


def instance(url: str, _folder: Path, ways: Ways) -> Asked:
    """A question to Radarr."""
    address = Address(InstanceKind.RADARR, "radarr", url, "api-key", read_timeout_s=ways.seconds)
    try:
        with ArrClient(address) as client:
            return Asked(json.dumps(client.get(ANYTHING, "tag")).encode())
    except ArrError as error:
        return Asked(words=str(error))


def tmdb(url: str, _folder: Path, _ways: Ways) -> Asked:
    try:
        with TmdbClient(TmdbAccess("key-of-tmdb", url), TmdbPace(0.0)) as client:
            return Asked(json.dumps(client.get(ANYTHING, "configuration")).encode())
    except TmdbError as error:
        return Asked(words=str(error))


FOLLOWING: dict[str, User] = {"movie": movie, "playlist": playlist, "account": account}
ALL: dict[str, User] = FOLLOWING | {"instance": instance, "tmdb": tmdb}
CONTENT = {"movie": MOVIE, "playlist": PLAYLIST, "account": DOCUMENT, "instance": DOCUMENT, "tmdb": DOCUMENT}
TARGET = {
    "movie": "",
    "playlist": "",
    "account": "/player_api.php",
    "instance": "/api/v3/tag",
    "tmdb": "/3/configuration",
}
