"""What reading 20,000 missing items of one instance costs: memory above idle, requests.

`python -m bench scan [ITEMS]`. The instance answers from prepared bytes; matching is not part of it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.request import Request as HttpRequest
from urllib.request import urlopen

from bench.rows import Row, at_most
from stalkeer.demo.arr import ArrServer
from stalkeer.demo.http import ApiRequest, Hook, Response
from stalkeer.demo.radarr import Radarr
from stalkeer.demo.sonarr import Sonarr

ITEMS = 20_000
EPISODES_A_SERIES = 20
OVERVIEW = "A text of the length that such texts have, which nobody here reads but everybody must carry. " * 5


def run(*arguments: str) -> list[Row]:
    items = int(arguments[0]) if arguments else ITEMS
    with tempfile.TemporaryDirectory(prefix="stalkeer-bench-") as folder:
        work = Path(folder)
        return [*_films(work, items), *_episodes(work, items)]


def _films(work: Path, items: int) -> list[Row]:
    with Radarr(work / "idle", api_key="k") as idle, Radarr(work / "movies", api_key="k") as radarr:
        idle.add_movie("Idle", 2020)
        radarr.add_movie("Film 0", 2020, alternate_titles=("Ein Film", "Un film"), poster="https://example.com/p.jpg")
        (film,) = _answer(radarr, "wanted/missing?monitored=true")["records"]
        film |= {"overview": OVERVIEW}
        films = [film | {"id": n, "title": f"Film {n}", "tmdbId": n} for n in range(1, items + 1)]
        radarr.hook = _lists({"movie": films}, {"wanted/missing": films})
        return _rows("Radarr", _task(work, "radarr", radarr, idle), radarr, items)


def _episodes(work: Path, items: int) -> list[Row]:
    with Sonarr(work / "idle-tv", api_key="k") as idle, Sonarr(work / "tv", api_key="k") as sonarr:
        idle.add_episode(idle.add_series("Idle", 2020), 1, 1)
        sonarr.add_episode(sonarr.add_series("Series 0", 2020, poster="https://example.com/p.jpg"), 1, 1)
        (episode,) = _answer(sonarr, "wanted/missing?monitored=true")["records"]
        episode |= {"overview": OVERVIEW}
        (one,) = _answer(sonarr, "series")
        count = items // EPISODES_A_SERIES
        series = [one | {"id": n, "title": f"Series {n}", "tvdbId": n} for n in range(1, count + 1)]
        episodes = [
            episode | {"id": n + 1, "seriesId": n % count + 1, "episodeNumber": n // count + 1} for n in range(items)
        ]
        sonarr.hook = _lists({"series": series}, {"wanted/missing": episodes})
        return _rows("Sonarr", _task(work, "sonarr", sonarr, idle), sonarr, items)


def _lists(whole: dict[str, list[Any]], paged: dict[str, list[Any]]) -> Hook:
    """Answers these lists from bytes made beforehand; all else is left to the server."""
    made = {path: json.dumps(rows).encode() for path, rows in whole.items()}

    def hook(request: ApiRequest) -> Response | None:
        path = request.path.removeprefix("/api/v3/")
        if path in made:
            return Response(200, made[path], {"Content-Type": "application/json"})
        if path not in paged:
            return None
        page, size = int(request.query["page"]), int(request.query["pageSize"])
        records = paged[path][(page - 1) * size : page * size]
        return Response(200, {"page": page, "pageSize": size, "totalRecords": len(paged[path]), "records": records})

    return hook


def _answer(server: ArrServer, path: str) -> Any:
    address = f"{server.url}/api/v3/{path}"
    with urlopen(HttpRequest(address, headers={"X-Api-Key": server.api_key})) as answer:
        body = json.load(answer)
    server.requests.clear()
    return body


def _task(work: Path, kind: str, server: ArrServer, idle: ArrServer) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench._scan_task", kind, server.url, idle.url, server.api_key, str(work)]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    figures: dict[str, Any] = json.loads(answer)
    if figures["error"]:
        raise RuntimeError(figures["error"])
    return figures


def _rows(program: str, figures: dict[str, Any], server: ArrServer, items: int) -> list[Row]:
    asked = Counter(request.path for request in server.requests)
    pages = asked.pop("/api/v3/wanted/missing")
    name = f"{program}, {figures['missing']:,} missing"
    return [
        at_most(f"{name}: memory above idle", figures["rss"], 60, "MB"),
        at_most(f"{name}: requests a page of 500", pages / (items / 500), 1),
        at_most(f"{name}: requests of the same list otherwise", max(asked.values()), 1),
        at_most(f"{name}: all requests beside the pages", asked.total(), 12),
        Row(f"{name}: CPU", figures["cpu"], "s"),
    ]
