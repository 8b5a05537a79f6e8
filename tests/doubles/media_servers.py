"""The session endpoints of Plex, Jellyfin and Emby, as their own API documents show the answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from stalkeer.demo.http import JsonServer, Response

TOKEN = "mediaservertoken0815"
PLEX, JELLYFIN, EMBY = "plex", "jellyfin", "emby"


@dataclass
class MediaServerDouble:
    """`playing` are (title, place, is_live) of what is watched now. An idle session is always there."""

    kind: str
    url: str = ""
    playing: list[tuple[str, str, bool]] = field(default_factory=list)
    asked: int = 0

    def answer(self, request) -> Response:
        self.asked += 1
        named = "x-plex-token" if self.kind == PLEX else "x-emby-token"
        given = {name.lower(): value for name, value in request.headers.items()}.get(named)
        if given != TOKEN:
            return Response(401, {})
        if request.path != ("/status/sessions" if self.kind == PLEX else "/Sessions"):
            return Response(404, {})
        return Response(200, self._plex() if self.kind == PLEX else self._emby())

    def _plex(self) -> dict:
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
        return {"MediaContainer": {"size": len(found), **({"Metadata": found} if found else {})}}

    def _emby(self) -> list[dict]:
        idle = {"Id": "idle", "UserName": "somebody", "PlayState": {"IsPaused": False}}
        return [
            idle,
            *(
                {"Id": title, "PlayState": {"IsPaused": False}, "NowPlayingItem": _item(title, place, is_live)}
                for title, place, is_live in self.playing
            ),
        ]


def _item(title: str, place: str, is_live: bool) -> dict:  # noqa: FBT001 - a part of `playing`
    return {"Name": title, "Type": "TvChannel" if is_live else "Movie", "Path": place or None}


@contextmanager
def media_server(kind: str) -> Iterator[MediaServerDouble]:
    with JsonServer() as server:
        double = MediaServerDouble(kind, f"http://127.0.0.1:{server.port}")
        server.hook = double.answer
        yield double
