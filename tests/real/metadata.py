"""Stand-ins for the metadata services of the real programs, reached as their HTTP proxy on loopback.

What is not known here is answered with 404.
"""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from urllib.parse import parse_qs, urlsplit

from stalkeer.demo.movies import Movie
from stalkeer.demo.series import LibrarySeries
from tests.doubles.certificates import self_signed, server_context

HOSTS = ("skyhook.sonarr.tv", "services.sonarr.tv", "radarrapi.servarr.com", "radarr.servarr.com", "api.radarr.video")


@dataclass
class Metadata:
    movies: dict[int, dict[str, object]] = field(default_factory=dict)
    shows: dict[int, dict[str, object]] = field(default_factory=dict)

    def start(self, certificate: Path) -> int:
        """Listen until `close`. Return the port."""
        self._context = server_context(certificate)
        self._context.set_ciphers("ALL:@SECLEVEL=0")  # what Mono's old runtime speaks
        self._server = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, args=(self._server,), daemon=True).start()
        return int(self._server.getsockname()[1])

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _accept(self, server: socket.socket) -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            stream = connection.makefile("rb")
            line, length = _head(stream)
            host = ""
            if line.startswith("CONNECT"):
                host = line.split()[1].split(":")[0]
                connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                connection = self._context.wrap_socket(connection, server_side=True)
                stream = connection.makefile("rb")
                line, length = _head(stream)
            while line:
                target = urlsplit(line.split()[1])
                status, answer = self._answer(host or target.hostname or "", target.path, parse_qs(target.query))
                stream.read(length)
                content = json.dumps(answer).encode()
                head = (
                    f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
                )
                connection.sendall(head.encode() + content)
                line, length = _head(stream)
        except (OSError, ValueError, IndexError):
            return
        finally:
            connection.close()

    def _answer(self, host: str, path: str, query: Mapping[str, list[str]]) -> tuple[int, object]:
        if found := re.search(r"/shows/\w+/(\d+)", path):
            show = self.shows.get(int(found[1]))
            return (200, show) if show else (404, {})
        if "/search" in path and "skyhook" in host:
            term = (query.get("term") or [""])[0]
            shows = self.shows.values()
            return 200, [s for s in shows if term == f"tvdb:{s['tvdbId']}" or _is_in(term, s["title"])]
        if path.endswith("/search"):
            term = (query.get("q") or query.get("query") or [""])[0]
            return 200, [movie for movie in self.movies.values() if _is_in(term, movie["Title"])]
        if found := re.search(r"/movie/(\d+)$", path):
            movie = self.movies.get(int(found[1]))
            return (200, movie) if movie else (404, {})
        return 404, {}


def _head(stream: BinaryIO) -> tuple[str, int]:
    line, length = stream.readline().decode("latin1").strip(), 0
    while field_line := stream.readline().decode("latin1").strip():
        name, _, value = field_line.partition(":")
        length = int(value) if name.lower() == "content-length" else length
    return line, length


def _is_in(term: str, title: object) -> bool:
    term, folded = (re.sub(r"\W", "", text.casefold()) for text in (term, str(title)))
    return bool(term) and term in folded


def make_certificate(folder: Path) -> Path:
    """Make the certificate that the programs must trust."""
    return self_signed(folder, name="metadata.invalid", hosts=HOSTS)


def movie(one: Movie) -> dict[str, object]:
    empty = ("Images", "Genres", "Keywords", "Translations", "Certifications", "Recommendations", "Ratings")
    known = {"TmdbId": one.tmdb_id, "ImdbId": one.imdb_id or f"tt{one.tmdb_id:07d}", "Overview": "", "Studio": ""}
    known |= {"Title": one.title, "OriginalTitle": one.original_title or one.title, "TitleSlug": str(one.tmdb_id)}
    known |= {"Runtime": one.runtime_min, "Year": one.year, "Status": "released", "OriginalLanguage": "en"}
    known |= {"Premier": f"{one.year}-03-01T00:00:00Z", "InCinema": f"{one.year}-03-01T00:00:00Z"}
    known |= {"DigitalRelease": f"{one.year}-08-01T00:00:00Z", "PhysicalRelease": f"{one.year}-09-01T00:00:00Z"}
    known |= {"AlternativeTitles": [{"Title": title, "Type": "", "Language": "en"} for title in one.alternate_titles]}
    known |= {"Credits": {"Cast": [], "Crew": []}, "MovieRatings": {}}
    return known | {name: [] for name in empty}


def show(one: LibrarySeries) -> dict[str, object]:
    episodes = [
        {
            "tvdbShowId": one.tvdb_id,
            "tvdbId": one.tvdb_id * 1000 + episode.season * 100 + episode.number,
            "seasonNumber": episode.season,
            "episodeNumber": episode.number,
            "absoluteEpisodeNumber": episode.absolute,
            "title": episode.title,
            "airDate": episode.air_date_utc.date().isoformat(),
            "airDateUtc": episode.air_date_utc.isoformat().replace("+00:00", "Z"),
            "runtime": one.runtime_min,
            "overview": "",
        }
        for episode in one.episodes
    ]
    seasons = [{"seasonNumber": number, "images": []} for number in sorted({e.season for e in one.episodes})]
    known = {"tvdbId": one.tvdb_id, "title": one.title, "overview": "", "slug": str(one.tvdb_id), "status": "Ended"}
    known |= {"firstAired": f"{one.year}-01-01", "tvMazeId": 0, "runtime": one.runtime_min, "network": "N"}
    known |= {"timeOfDay": {"hours": 20, "minutes": 0}, "imdbId": one.imdb_id, "originalLanguage": "eng"}
    known |= {"actors": [], "genres": [], "images": [], "contentRating": "", "rating": {"count": 1, "value": "8"}}
    return known | {"seasons": seasons, "episodes": episodes}
