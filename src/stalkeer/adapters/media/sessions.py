"""Read the sessions of a media server: the media that users watch now. Only playing sessions count."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, TypeAdapter
from pydantic.alias_generators import to_pascal

from stalkeer.adapters.media.server import PLEX, LibraryRequest, MediaServer, ask
from stalkeer.adapters.net.deadlines import Deadlines
from stalkeer.errors import MediaServerError

DEADLINES = Deadlines(connect_s=2.0, head_s=3.0, silence_s=3.0)  # seconds; the server is asked every few seconds
PATHS = {PLEX: "/status/sessions", "jellyfin": "/Sessions", "emby": "/Sessions"}
WEB = ("http://", "https://")
STREAM_FILES = (".strm",)  # files that contain only the address of a stream
LIVE_TYPES = ("TvChannel", "LiveTvChannel", "LiveTvProgram")


@dataclass(frozen=True)
class Watched:
    """Describe a session of a player. `place` is its file or address; `is_stream`: it comes from a provider.

    `is_live`: a channel, whose `title` is the channel's name.
    """

    title: str
    place: str = field(repr=False)
    is_stream: bool
    is_live: bool = False

    @property
    def address(self) -> str:
        """Return the stream's address; empty for one that only has a name."""
        return self.place if self.place.lower().startswith(WEB) else ""


class _Plain(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Part(_Plain):
    file: str = ""
    key: str = ""


class _Media(_Plain):
    Part: tuple[_Part, ...] = ()


class _Metadata(_Plain):
    title: str = ""
    live: str | int | bool | None = None
    Media: tuple[_Media, ...] = ()


class _Container(_Plain):
    Metadata: tuple[_Metadata, ...] = ()


class _PlexSessions(_Plain):
    MediaContainer: _Container


class _Item(_Plain):
    model_config = ConfigDict(extra="ignore", alias_generator=to_pascal)

    name: str | None = None
    type: str | None = None
    path: str | None = None


class _Session(_Plain):
    model_config = ConfigDict(extra="ignore", alias_generator=to_pascal)

    now_playing_item: _Item | None = None


_PLEX = TypeAdapter(_PlexSessions)
_EMBY = TypeAdapter(tuple[_Session, ...])


def read_sessions(server: MediaServer) -> tuple[Watched, ...]:
    """Return the media that users watch now. Raises MediaServerError where no Plex, Jellyfin or Emby answers."""
    content = ask(server, LibraryRequest("GET", PATHS[server.kind], "for its sessions"), DEADLINES)
    try:
        return _of_plex(content) if server.kind == PLEX else _of_emby(content)
    except ValueError as error:
        raise MediaServerError(f"{server.name} answered in an unknown form. Check `media_server.type`.") from error


def _of_plex(content: bytes) -> tuple[Watched, ...]:
    found = _PLEX.validate_json(content).MediaContainer.Metadata
    return tuple(
        _watched(session.title, _place_of(session), is_live=str(session.live) in ("1", "True")) for session in found
    )


def _place_of(metadata: _Metadata) -> str:
    parts = (part for media in metadata.Media for part in media.Part)
    return next((part.file or part.key for part in parts if part.file or part.key), "")


def _of_emby(content: bytes) -> tuple[Watched, ...]:
    items = (session.now_playing_item for session in _EMBY.validate_json(content))
    return tuple(
        _watched(session.name or "", session.path or "", is_live=session.type in LIVE_TYPES)
        for session in items
        if session
    )


def _watched(title: str, place: str, *, is_live: bool) -> Watched:
    is_address = place.lower().startswith(WEB)
    return Watched(title, place, is_live or is_address or place.lower().endswith(STREAM_FILES), is_live)
