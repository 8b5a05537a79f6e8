"""The table of requests and answers, against the demo's servers and, where STALKEER_REAL_RADARR or STALKEER_REAL_SONARR
(`url,key` or `url,key,version`) are set, against the real programs.

What an older version answers otherwise is named in `differences`. Give the version where a proxy hides the real one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest

from stalkeer.demo.media import EPISODE_45, MOVIE_90, read_clip
from stalkeer.demo.radarr import Radarr
from stalkeer.demo.sonarr import Sonarr
from tests.contract.differences import differences_of
from tests.contract.pairs import RADARR, SONARR, Pair
from tests.contract.schema import facts


@dataclass(frozen=True)
class Program:
    """One program under test; `known` are ids and paths that it has."""

    name: str
    url: str
    key: str
    is_real: bool
    known: Mapping[str, object]
    version: str = ""

    def ask(self, method: str, path: str, query: str = "", body: object = None) -> tuple[int, object]:
        payload = None if body is None else json.dumps(body).encode()
        headers = {"X-Api-Key": self.key, "Content-Type": "application/json"}
        address = f"{self.url}/api/v3/{path}" + (f"?{query}" if query else "")
        try:
            with urlopen(Request(address, payload, headers, method=method), timeout=130) as answer:
                return answer.status, read(answer.read())
        except HTTPError as error:
            with error:
                return error.code, read(error.read())

    def fill(self, text: str) -> str:
        for name, value in self.known.items():
            text = text.replace(f'"{{{name}}}"', str(value)).replace(f"{{{name}}}", quote(str(value)))
        return text


def read(octets: bytes) -> object:
    return json.loads(octets) if octets[:1] in (b"{", b"[") else octets.decode()


@pytest.fixture(scope="module")
def radarr(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    if real := os.environ.get("STALKEER_REAL_RADARR"):
        yield real_program("radarr", real)
        return
    library = tmp_path_factory.mktemp("movies")
    with Radarr(library, strict=True) as server:
        film = server.add_movie("Some Film", 2020, alternate_titles=("Un film",), poster="https://x/y.jpg", tags=[1])
        server.add_file(film, quality=4, content=read_clip(MOVIE_90.name))
        server.add_movie("Some Other Film", 2021, imdb_id="tt0000001")
        fill_lists(server, {"movieId": film.id})
        yield Program("radarr", server.url, server.api_key, False, {"movie": 1, "profile": 1, "root": library})


@pytest.fixture(scope="module")
def sonarr(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    if real := os.environ.get("STALKEER_REAL_SONARR"):
        yield real_program("sonarr", real)
        return
    library = tmp_path_factory.mktemp("tv")
    with Sonarr(library, strict=True) as server:
        series = server.add_series("Some Series", 2019, alternate_titles=("Une série",), poster="https://x/y.jpg")
        episode = server.add_episode(series, 1, 1, absolute=1)
        server.add_episode(series, 1, 2)
        server.add_file([episode], quality=4, content=read_clip(EPISODE_45.name))
        fill_lists(server, {"seriesId": series.id, "episodeId": episode.id})
        known = {"series": 1, "episode": 1, "profile": 1, "root": library}
        yield Program("sonarr", server.url, server.api_key, False, known)


def fill_lists(server: Radarr | Sonarr, owner: Mapping[str, int]) -> None:
    """A row in every list, so that its fields are looked at too."""
    server.tags.append({"id": 1, "label": "vod"})
    quality = server.profiles[0]["items"][1]["quality"]
    model = {"quality": quality, "revision": {"version": 1, "real": 0, "isRepack": False}}
    server.note_history("downloadFolderImported", "Some.Release", quality=model, data={"droppedPath": "/x"}, **owner)
    blocked = dict(owner)
    if "episodeId" in blocked:
        blocked["episodeIds"] = [blocked.pop("episodeId")]
    server.blocklist.append({"id": 1, "sourceTitle": "Some.Release", "date": "2026-01-01T00:00:00Z"} | blocked)
    server.queue.append({"id": 1, "title": "Some.Release", "status": "downloading", "size": 1.0} | dict(owner))
    server.health.append({"id": 1, "source": "IndexerStatusCheck", "type": "warning", "message": "No indexers"})
    server.remote_path_mappings.append({"id": 1, "host": "nas", "remotePath": "/data/", "localPath": "/media/"})


def real_program(name: str, given: str) -> Program:
    url, key, *version = given.split(",")
    asking = Program(name, url.rstrip("/"), key, True, {})
    known: dict[str, object] = {"profile": asking.ask("GET", "qualityprofile")[1][0]["id"]}
    known["root"] = asking.ask("GET", "rootfolder")[1][0]["path"].rstrip("/")
    if name == "radarr":
        known["movie"] = asking.ask("GET", "movie")[1][0]["id"]
    else:
        known["series"] = asking.ask("GET", "series")[1][0]["id"]
        known["episode"] = asking.ask("GET", "episode", f"seriesId={known['series']}")[1][0]["id"]
    told = asking.ask("GET", "system/status")[1]["version"]
    return Program(name, asking.url, key, True, known, version[0] if version else told)


def check(program: Program, pair: Pair) -> None:
    if pair.writes and program.is_real:
        pytest.skip("changes the library")
    method, _, path = pair.endpoint.partition(" ")
    body = None if pair.body is None else json.loads(program.fill(json.dumps(pair.body)))

    status, answer = program.ask(method, program.fill(path), program.fill(pair.query), body)
    differences = differences_of(program.name, program.version, pair.endpoint, pair.query)
    other = next((one.status for one in differences if one.status is not None), None)

    assert status == (other or pair.status), answer
    if other is not None:
        return
    if status < 300:
        problems = facts(program.name).answer_problems(documented(program.name, pair.endpoint), answer)
        assert [problem for problem in problems if not any(one.explains(problem) for one in differences)] == []
    elif status == 400 and "must be provided" not in str(answer) and "Must provide" not in str(answer):
        assert isinstance(answer, list | dict)
    else:
        assert "message" in answer


def documented(program: str, endpoint: str) -> str:
    """`GET movie/{movie}` and `GET movie/99` are `GET movie/{id}` in the documents."""
    if endpoint in facts(program).endpoints:
        return endpoint
    return f"{endpoint.rpartition('/')[0]}/{{id}}"


@pytest.mark.parametrize("pair", RADARR, ids=str)
def test_radarr(radarr: Program, pair: Pair):
    check(radarr, pair)


@pytest.mark.parametrize("pair", SONARR, ids=str)
def test_sonarr(sonarr: Program, pair: Pair):
    check(sonarr, pair)


@pytest.mark.parametrize(("name", "server"), [("radarr", Radarr), ("sonarr", Sonarr)])
def test_the_servers_know_exactly_the_documented_parameters(name: str, server: type[Radarr | Sonarr], tmp_path: Path):
    """Strictness is worth what its tables are: they are compared with the documents' facts, not with our client."""
    wrong = []
    with server(tmp_path) as running:
        for route in running._routes:
            endpoint = f"{route.method} {route.path.removeprefix('/api/v3/')}"
            known = facts(name).endpoints.get(endpoint)
            if known is not None and set(route.query) != set(known.get("query", {})):
                wrong.append((endpoint, sorted(set(route.query) ^ set(known.get("query", {})))))

    assert wrong == []


@pytest.mark.parametrize(("name", "server"), [("radarr", Radarr), ("sonarr", Sonarr)])
def test_the_servers_know_exactly_the_documented_fields(name: str, server: type[Radarr | Sonarr], tmp_path: Path):
    wrong = []
    with server(tmp_path) as running:
        for route in running._routes:
            kind = facts(name).endpoints.get(f"{route.method} {route.path.removeprefix('/api/v3/')}", {}).get("body")
            if route.fields is not None and isinstance(kind, str):
                documented_fields = set(facts(name).resources[kind])
                if route.fields != documented_fields:
                    wrong.append((route.path, sorted(route.fields ^ documented_fields)))

    assert wrong == []
