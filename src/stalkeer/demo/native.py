"""Play the indexers and download clients of the demo's Radarr and Sonarr.

They are tested when saved, as strictly as the real programs do.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import Request as OutgoingRequest
from urllib.request import urlopen

from stalkeer.demo.http import Answer, ApiRequest, ApiRoute, Response
from stalkeer.demo.newznab import (
    FeedItem,
    HttpAnswer,
    IndexerFailed,
    IndexerSettings,
    clean_file_name,
    read_page,
    try_indexer,
)

if TYPE_CHECKING:
    from stalkeer.demo.arr import ArrServer

COMMON = (
    *("id", "name", "fields", "implementationName", "implementation", "configContract", "infoLink", "message"),
    *("tags", "presets", "protocol", "priority"),
)
SWITCHES = ("enableRss", "enableAutomaticSearch", "enableInteractiveSearch", "supportsRss", "supportsSearch")
INDEXER = (*SWITCHES, "downloadClientId")
CLIENT = ("enable", "removeCompletedDownloads", "removeFailedDownloads")
INDEXER_FIELDS = ("baseUrl", "apiPath", "apiKey", "categories", "animeCategories", "additionalParameters")
CLIENT_FIELDS = ("host", "port", "useSsl", "urlBase", "apiKey", "username", "password")
PUSHED = ("title", "downloadUrl", "protocol", "publishDate", "indexer", "indexerId", "size", "tmdbId", "tvdbId")
TIMEOUT_S = 30


def fetch(url: str) -> HttpAnswer:
    """Send a GET as both programs do, and return the answer whatever its status."""
    if not url.startswith(("http://", "https://")):
        raise IndexerFailed("Unable to connect to indexer: no web address")
    headers = {"Accept": "application/rss+xml, text/rss+xml, application/xml, text/xml", "User-Agent": "Radarr/5.0"}
    try:
        with urlopen(OutgoingRequest(url, headers=headers), timeout=TIMEOUT_S) as answer:  # noqa: S310 - checked above
            return HttpAnswer(answer.status, answer.headers.get("Content-Type", ""), answer.read())
    except HTTPError as error:
        return HttpAnswer(error.code, error.headers.get("Content-Type", ""), error.read())
    except (URLError, OSError) as error:
        raise IndexerFailed(f"Unable to connect to indexer: {error}") from error


class NativeSide:
    """Hold a program's indexers and download clients, its searches, and the releases that are pushed to it."""

    def __init__(self, owner: ArrServer) -> None:
        self._owner = owner
        self.indexers: list[dict[str, Any]] = []
        self.clients: list[dict[str, Any]] = []
        self.pushed: list[dict[str, Any]] = []
        self.rejections: list[str] = []  # the reasons against every pushed release
        self.tries = True  # whether an indexer or client is tested when it is saved

    def routes(self) -> tuple[ApiRoute, ...]:
        push = ApiRoute("POST", "/api/v3/release/push", self._push, fields=frozenset(PUSHED))
        return (
            *self._provider_routes("indexer", self.indexers, self._indexer_template(), INDEXER),
            *self._provider_routes("downloadclient", self.clients, self._client_template(), CLIENT),
            push,
        )

    def indexer_settings(self, row: Mapping[str, Any]) -> IndexerSettings:
        """Return the settings of a saved indexer."""
        values = _values(row)
        return IndexerSettings(
            base_url=str(values.get("baseUrl") or ""),
            api_path=str(values.get("apiPath") or "/api"),
            api_key=str(values.get("apiKey") or ""),
            categories=tuple(values.get("categories") or ()),
            is_for_movies=self._is_radarr,
        )

    def search(self, **more: str | int) -> list[FeedItem]:
        """Search every indexer for an item as the program does. Without parameters, read the feed."""
        found: list[FeedItem] = []
        for row in self.indexers:
            url = self.indexer_settings(row).url(
                "movie" if self._is_radarr else "tvsearch", offset=0, limit=100, **more
            )
            found += read_page(fetch, url)
        return found

    @property
    def _is_radarr(self) -> bool:
        return self._owner.program == "Radarr"

    def _provider_routes(
        self, name: str, rows: list[dict[str, Any]], template: dict[str, Any], switches: tuple[str, ...]
    ) -> tuple[ApiRoute, ...]:
        path, forced = f"/api/v3/{name}", {"forceSave": "bool"}
        fields = frozenset((*COMMON, *switches))
        label = "Indexer" if name == "indexer" else "Download client"
        check = self._try_indexer if name == "indexer" else self._try_client

        def add(request: ApiRequest) -> Response:
            row = _known(request.json(), fields)
            _unique(row, rows, 0)
            self._check(check, row)
            row |= {"id": max((held["id"] for held in rows), default=0) + 1}
            rows.append(row)
            return Response(201, row)

        def replace(request: ApiRequest) -> Response:
            number = int(request.arguments["id"])
            row = _known(request.json(), fields) | {"id": number}
            _unique(row, rows, number)
            self._check(check, row)
            rows[:] = [row if held["id"] == number else held for held in rows]
            return Response(202, row)

        def test(request: ApiRequest) -> Response:
            check(request.json())
            return Response(200, {})

        return (
            ApiRoute("GET", path, lambda _: Response(200, rows)),
            ApiRoute("GET", f"{path}/schema", lambda _: Response(200, [template])),
            ApiRoute("POST", path, add, forced, fields),
            ApiRoute("POST", f"{path}/test", test, {"forceTest": "bool"}, fields),
            ApiRoute("PUT", f"{path}/{{id}}", replace, forced, fields),
            ApiRoute("DELETE", f"{path}/{{id}}", self._owner._remove(label, lambda: rows)),
        )

    def _check(self, check: Callable[[Mapping[str, Any]], None], row: Mapping[str, Any]) -> None:
        if self.tries:
            check(row)

    def _indexer_template(self) -> dict[str, Any]:
        fields = [name for name in INDEXER_FIELDS if not self._is_radarr or name != "animeCategories"]
        row = _template("Newznab", fields) | dict.fromkeys(SWITCHES, True) | {"downloadClientId": 0, "priority": 25}
        values = {"apiPath": "/api", "categories": [2000, 2030, 2040] if self._is_radarr else [5030, 5040]}
        for field in row["fields"]:
            field |= {"value": values[field["name"]]} if field["name"] in values else {}
        return row

    def _client_template(self) -> dict[str, Any]:
        kind = "Movie" if self._is_radarr else "Tv"
        own = (f"{kind.lower()}Category", f"recent{kind}Priority", f"older{kind}Priority")
        return _template("Sabnzbd", [*CLIENT_FIELDS, *own]) | dict.fromkeys(CLIENT, True) | {"priority": 1}

    def _try_indexer(self, row: Mapping[str, Any]) -> None:
        clients = {client["id"] for client in self.clients}
        if row.get("downloadClientId") and row["downloadClientId"] not in clients:
            raise _refused("DownloadClientId", "Download client does not exist")
        try:
            try_indexer(fetch, self.indexer_settings(row))
        except IndexerFailed as error:
            raise _refused("", str(error)) from error

    def _try_client(self, row: Mapping[str, Any]) -> None:
        values = _values(row)
        category = values.get(f"{'movie' if self._is_radarr else 'tv'}Category")
        version = _ask_client(values, "version")
        if not str(version.get("version", "")).count(".") == 2:
            raise _refused("Version", f"Unknown version: {version.get('version')}")
        answer = _ask_client(values, "get_config")
        if answer.get("error"):
            raise _refused("APIKey", str(answer["error"]))
        config = answer["config"]
        if config["misc"]["pre_check"]:
            raise _refused("", "Disable 'Check before download' option in SABnzbd")
        if category not in {known["name"] for known in config["categories"]}:
            raise _refused("Category", "Category does not exist")
        for known in config["categories"]:
            if known["dir"].rstrip("/").endswith("*"):
                raise _refused("Category", "Enable Job folders")

    def _push(self, request: ApiRequest) -> Response:
        body = request.json()
        for name in ("title", "downloadUrl", "protocol", "publishDate"):
            if not body.get(name):
                raise _refused(name, f"'{name}' must not be empty.")
        if datetime.fromisoformat(body["publishDate"]) > datetime.now(UTC):
            raise _refused("publishDate", "is in the future")
        if not self._owner.reads(body["title"]):
            raise _refused("Title", "Unable to parse")
        self.pushed.append(body)
        if not self.rejections:
            self.grab(body["title"], body["downloadUrl"], self._client_of(body.get("indexerId")))
        decision = {"title": body["title"], "approved": not self.rejections, "rejected": bool(self.rejections)}
        return Response(200, [decision | {"rejections": list(self.rejections)}])

    def grab(self, title: str, download_url: str, client: Mapping[str, Any]) -> str:
        """Fetch the NZB and hand it to the client; return its id there. Raises Answer when it is refused."""
        nzb = fetch(download_url)
        if nzb.status >= 400 or b"<nzb" not in nzb.body:
            raise Answer(Response(409, {"message": "Downloading failed: the NZB is not available"}))
        values = _values(client)
        category = values.get(f"{'movie' if self._is_radarr else 'tv'}Category")
        answer = _send_nzb(values, str(category), clean_file_name(title), nzb.body)
        ids = answer.get("nzo_ids") or []
        if not answer.get("status") or not ids:
            raise Answer(Response(409, {"message": f"SABnzbd rejected the NZB: {answer.get('error')}"}))
        return str(ids[0])

    def _client_of(self, indexer_id: int | None) -> Mapping[str, Any]:
        """Return the client that an indexer is bound to, else the first."""
        bound = next((row["downloadClientId"] for row in self.indexers if row["id"] == indexer_id), 0)
        found = next((row for row in self.clients if row["id"] == bound), None) or next(iter(self.clients), None)
        if found is None:
            raise Answer(Response(409, {"message": "No download client is available"}))
        return found


def _send_nzb(values: Mapping[str, Any], category: str, name: str, nzb: bytes) -> dict[str, Any]:
    boundary = "-----------------------------8df4f0f4a6e9d7c"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="name"; filename="{name}.nzb"\r\n'
    head += "Content-Type: application/x-nzb\r\n\r\n"
    body = head.encode() + nzb + f"\r\n--{boundary}--\r\n".encode()
    url = _client_url(values, {"mode": "addfile", "cat": category, "priority": "-100"})
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", "Accept": "application/json"}
    with urlopen(OutgoingRequest(url, body, headers), timeout=TIMEOUT_S) as answer:  # noqa: S310 - http, see _client_url
        found: dict[str, Any] = json.loads(answer.read())
    return found


def _client_url(values: Mapping[str, Any], asked: Mapping[str, str]) -> str:
    scheme = "https" if values.get("useSsl") else "http"
    base = f"{scheme}://{values.get('host')}:{values.get('port')}/{str(values.get('urlBase') or '').strip('/')}"
    query = urlencode({**asked, "apikey": values.get("apiKey") or "", "output": "json"})
    return f"{base.rstrip('/')}/api?{query}"


def _ask_client(values: Mapping[str, Any], mode: str) -> dict[str, Any]:
    url = _client_url(values, {"mode": mode})
    if not urlsplit(url).hostname:
        raise _refused("Host", "Unable to connect to SABnzbd")
    try:
        answer = fetch(url)
    except IndexerFailed as error:
        raise _refused("Host", f"Unable to connect to SABnzbd: {error}") from error
    if answer.status >= 400:
        raise _refused("Host", "Unable to connect to SABnzbd")
    found: dict[str, Any] = json.loads(answer.body)
    return found


def _template(implementation: str, fields: list[str]) -> dict[str, Any]:
    rows = [{"order": order, "name": name, "label": name, "type": "textbox"} for order, name in enumerate(fields)]
    row = {"name": "", "fields": rows, "implementationName": implementation, "implementation": implementation}
    return row | {"configContract": f"{implementation}Settings", "protocol": "usenet", "tags": [], "presets": []}


def _known(row: dict[str, Any], fields: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name in fields}


def _unique(row: Mapping[str, Any], rows: list[dict[str, Any]], number: int) -> None:
    if any(held["name"] == row.get("name") and held["id"] != number for held in rows):
        raise _refused("Name", "Should be unique")


def _values(row: Mapping[str, Any]) -> dict[str, Any]:
    return {field["name"]: field.get("value") for field in row.get("fields") or ()}


def _refused(field: str, message: str) -> Answer:
    error = {"propertyName": field, "errorMessage": message, "severity": "error", "isWarning": False}
    return Answer(Response(400, [error]))
