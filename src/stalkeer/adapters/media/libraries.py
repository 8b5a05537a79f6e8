"""Read the libraries of a media server, and let it look at a folder for new files."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, TypeAdapter
from pydantic.alias_generators import to_pascal

from stalkeer.adapters.media.server import PLEX, LibraryRequest, MediaServer, ask
from stalkeer.adapters.net.deadlines import Deadlines
from stalkeer.errors import MediaServerError

DEADLINES = Deadlines(connect_s=5.0, head_s=15.0, silence_s=15.0)
SECTIONS = "/library/sections"  # Plex
FOLDERS = "/Library/VirtualFolders"  # Jellyfin, Emby
UPDATED = "/Library/Media/Updated"


@dataclass(frozen=True)
class MediaLibrary:
    """Describe a library with its folders, as the media server sees them. `id` is empty except on Plex."""

    id: str
    name: str
    folders: tuple[str, ...]


class _Location(BaseModel):
    model_config = ConfigDict(extra="ignore")

    path: str = ""


class _Section(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)

    key: str
    title: str = ""
    Location: tuple[_Location, ...] = ()


class _Sections(BaseModel):
    model_config = ConfigDict(extra="ignore")

    Directory: tuple[_Section, ...] = ()


class _PlexSections(BaseModel):
    model_config = ConfigDict(extra="ignore")

    MediaContainer: _Sections


class _Folder(BaseModel):
    model_config = ConfigDict(extra="ignore", alias_generator=to_pascal)

    name: str | None = None
    locations: tuple[str, ...] = ()


class _Page(BaseModel):
    model_config = ConfigDict(extra="ignore", alias_generator=to_pascal)

    items: tuple[_Folder, ...]


_PLEX = TypeAdapter(_PlexSections)
_EMBY: TypeAdapter[tuple[_Folder, ...] | _Page] = TypeAdapter(tuple[_Folder, ...] | _Page)


def read_libraries(server: MediaServer) -> tuple[MediaLibrary, ...]:
    """List the libraries. Raises MediaServerError."""
    path = SECTIONS if server.kind == PLEX else FOLDERS
    content = ask(server, LibraryRequest("GET", path, "for its libraries"), DEADLINES)
    try:
        return _of_plex(content) if server.kind == PLEX else _of_emby(content)
    except ValueError as error:
        raise MediaServerError(f"{server.name} answered in an unknown form. Check `media_server.type`.") from error


def refresh_folder(server: MediaServer, library: MediaLibrary, folder: str) -> None:
    """Let the server look for new files in a folder of a library, as the server sees it. Raises MediaServerError."""
    what = "to the report of a new file"
    if server.kind == PLEX:
        question = LibraryRequest("GET", f"{SECTIONS}/{library.id}/refresh", what, query={"path": folder})
    else:
        told = {"Updates": [{"Path": folder, "UpdateType": "Created"}]}
        question = LibraryRequest("POST", UPDATED, what, body=told)
    ask(server, question, DEADLINES)


def _of_plex(content: bytes) -> tuple[MediaLibrary, ...]:
    return tuple(
        MediaLibrary(section.key, section.title, tuple(place.path for place in section.Location if place.path))
        for section in _PLEX.validate_json(content).MediaContainer.Directory
        if section.key.isdecimal()  # a part of an address
    )


def _of_emby(content: bytes) -> tuple[MediaLibrary, ...]:
    found = _EMBY.validate_json(content)
    folders = found.items if isinstance(found, _Page) else found
    return tuple(MediaLibrary("", folder.name or "", folder.locations) for folder in folders)
