"""The endpoints of Plex, Jellyfin and Emby that are used, as their own API documents show the answers.

Jellyfin refuses the header names that it shared with Emby, as it does with legacy authorisation switched off. Plex
answers XML where JSON is not asked for, and takes a refresh with any path: a path of no folder does nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from stalkeer.demo.http import JsonServer, Response

TOKEN = "mediaservertoken0815"
PLEX, JELLYFIN, EMBY = "plex", "jellyfin", "emby"
KINDS = (PLEX, JELLYFIN, EMBY)
EMPTY = Response(204)
_REFRESH = re.compile(r"/library/sections/(\d+)/refresh")


@dataclass
class MediaServerDouble:
    """`playing` are (title, place, is_live) of what is watched now. An idle session is always there.

    `libraries` are their names with their folders. `told` are the paths that it was told of and that lie in a library.
    """

    kind: str
    url: str = ""
    playing: list[tuple[str, str, bool]] = field(default_factory=list)
    libraries: dict[str, Sequence[str]] = field(
        default_factory=lambda: {"Films": ("/media/films",), "Series": ("/media/series", "/more/series")}
    )
    told: list[str] = field(default_factory=list)
    refreshed: list[str] = field(default_factory=list)  # the libraries of `told`, on Plex
    status: int = 0  # answered in place of everything else
    asked: int = 0

    def answer(self, request) -> Response:
        self.asked += 1
        if not self._is_let_in(request):
            return Response(401, {})
        if self.status:
            return Response(self.status, {})
        return self._plex(request) if self.kind == PLEX else self._emby(request)

    def _is_let_in(self, request) -> bool:
        headers = {name.lower(): value for name, value in request.headers.items()}
        if self.kind == JELLYFIN:
            return headers.get("authorization") == f'MediaBrowser Token="{TOKEN}"'
        return headers.get("x-plex-token" if self.kind == PLEX else "x-emby-token") == TOKEN

    # --- Plex

    def _plex(self, request) -> Response:
        refresh = _REFRESH.fullmatch(request.path)
        if refresh and request.method == "GET":
            return self._refresh_section(int(refresh[1]), request.query.get("path", ""))
        found = {"/status/sessions": self._plex_sessions, "/library/sections": self._sections}.get(request.path)
        if found is None or request.method != "GET":
            return Response(404, {})
        if "application/json" not in request.headers.get("accept", ""):
            return Response(200, b"<MediaContainer/>", {"Content-Type": "text/xml"})
        return Response(200, {"MediaContainer": found()})

    def _sections(self) -> dict:
        found = [
            {
                "key": str(number),
                "type": "movie" if name == "Films" else "show",
                "title": name,
                "Location": [{"id": number * 10 + at, "path": path} for at, path in enumerate(paths)],
            }
            for number, (name, paths) in enumerate(self.libraries.items(), 1)
        ]
        return {"size": len(found), "allowSync": False, **({"Directory": found} if found else {})}

    def _refresh_section(self, number: int, path: str) -> Response:
        names = list(self.libraries)
        if not 0 < number <= len(names):
            return Response(404, {})
        name = names[number - 1]
        if _is_in(path, self.libraries[name]):
            self.told.append(path)
            self.refreshed.append(name)
        return Response(200)

    def _plex_sessions(self) -> dict:
        found = [
            {
                "title": title,
                "type": "clip" if is_live else "movie",
                **({"live": "1"} if is_live else {}),
                "Media": [{"id": 1, "Part": [{"id": 1, "file": place, "key": "/library/parts/1/file.mkv"}]}],
                "User": {"id": "1", "title": "somebody"},
                "Player": {"state": "playing", "title": "TV"},
            }
            for title, place, is_live in self.playing
        ]
        return {"size": len(found), **({"Metadata": found} if found else {})}

    # --- Jellyfin and Emby

    def _emby(self, request) -> Response:
        if (request.method, request.path) == ("GET", "/Sessions"):
            return Response(200, self._emby_sessions())
        if (request.method, request.path) == ("GET", "/Library/VirtualFolders"):
            return Response(200, [_folder(name, paths) for name, paths in self.libraries.items()])
        if (request.method, request.path) == ("POST", "/Library/Media/Updated"):
            return self._media_updated(request)
        return Response(404, {})

    def _media_updated(self, request) -> Response:
        if not request.headers.get("content-type", "").startswith("application/json"):
            return Response(415, {})
        try:
            updates = json.loads(request.body)["Updates"]
            paths = [str(update["Path"]) for update in updates if update["UpdateType"] in ("Created", "Modified")]
        except (ValueError, KeyError, TypeError):
            return Response(400, {"title": "One or more validation errors occurred."})
        self.told += [path for path in paths if any(_is_in(path, places) for places in self.libraries.values())]
        return EMPTY

    def _emby_sessions(self) -> list[dict]:
        idle = {"Id": "idle", "UserName": "somebody", "PlayState": {"IsPaused": False}}
        return [
            idle,
            *(
                {"Id": title, "PlayState": {"IsPaused": False}, "NowPlayingItem": _item(title, place, is_live)}
                for title, place, is_live in self.playing
            ),
        ]


def _is_in(path: str, folders: Sequence[str]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)


def _folder(name: str, paths: Sequence[str]) -> dict:
    kind = "movies" if name == "Films" else "tvshows"
    return {"Name": name, "Locations": list(paths), "CollectionType": kind, "ItemId": f"id-of-{name}"}


def _item(title: str, place: str, is_live: bool) -> dict:  # noqa: FBT001 - a part of `playing`
    return {"Name": title, "Type": "TvChannel" if is_live else "Movie", "Path": place or None}


@contextmanager
def media_server(kind: str) -> Iterator[MediaServerDouble]:
    with JsonServer() as server:
        double = MediaServerDouble(kind, f"http://127.0.0.1:{server.port}")
        server.hook = double.answer
        yield double
