"""Implement the common part of the demo's Radarr and Sonarr: access, paging, folders, commands, history, settings.

It keeps state and has the field names, status codes and oddities of both programs' v3 API. With `strict`, it refuses
unknown parameters and body fields, which the real programs ignore silently. An older `version` answers 404 to newer
routes, ignores newer parameters and omits newer fields without notice.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

from stalkeer.demo.arr_answers import SortKeys, fits_kind, invalid, moment, not_found, without_names
from stalkeer.demo.arr_files import Mount, parent_of, video_files
from stalkeer.demo.arr_profiles import media_management, quality_definitions, quality_profile
from stalkeer.demo.commands import Command, CommandAction, CommandQueue
from stalkeer.demo.custom_formats import custom_format
from stalkeer.demo.http import Answer, ApiRequest, ApiRoute, Handler, JsonServer, Response
from stalkeer.demo.posters import draw_backdrop, draw_poster

NOTHING: Mapping[str, str] = {}


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


@dataclass(frozen=True)
class QueueRemoval:
    """Hold the options of a removal from the queue."""

    from_client: bool
    blocklist: bool


def keep_silent(_row: dict[str, Any], _wish: QueueRemoval) -> None:
    """Do nothing: there is no download client to notify."""


class ArrServer(JsonServer):
    """Implement the part that both programs share.

    `library` is the root folder here; `mounts` map our paths to theirs.
    """

    program: ClassVar[str]
    version: ClassVar[str]
    field_versions: ClassVar[
        Mapping[str, Mapping[str, str]]
    ] = {}  # by the start of a path: field and its first version
    custom_formats_since: ClassVar[str] = ""

    def __init__(
        self,
        library: Path,
        *,
        api_key: str | None = None,
        url_base: str = "",
        strict: bool = False,
        mounts: Iterable[Mount] = (),
        version: str | None = None,
    ) -> None:
        super().__init__()
        self.library = library
        self.api_key = api_key or uuid.uuid4().hex
        self.url_base = url_base
        self.strict = strict
        self.mounts = tuple(mounts)
        self.reported_version = version or self.version
        self.violations: list[str] = []
        self.profiles: list[dict[str, Any]] = [quality_profile(self.program)]
        self.tags: list[dict[str, Any]] = []
        self.queue: list[dict[str, Any]] = []
        self.queue_removed: Callable[[dict[str, Any], QueueRemoval], None] = keep_silent
        self.blocklist: list[dict[str, Any]] = []
        self.history: list[dict[str, Any]] = []
        self.health: list[dict[str, Any]] = []
        self.notifications: list[dict[str, Any]] = []
        self.remote_path_mappings: list[dict[str, Any]] = []
        self.naming: dict[str, Any] = {}
        self.custom_formats: list[dict[str, Any]] = []
        self.media_management = media_management()
        self.commands = CommandQueue(self.command_jobs())
        self._routes = (*self._shared_routes(), *self.routes())

    # -- what the two programs fill in

    def routes(self) -> tuple[ApiRoute, ...]:
        raise NotImplementedError

    def title_of(self, number: int) -> str | None:
        """Return the movie or series with this id."""
        raise NotImplementedError

    def reads(self, release: str) -> bool:
        """Tell whether the program can read this release name at all."""
        raise NotImplementedError

    def command_jobs(self) -> Mapping[str, CommandAction]:
        raise NotImplementedError

    # -- life

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}{self.url_base}"

    @property
    def root_folder(self) -> str:
        """Return the program's path of the library."""
        return self.seen(self.library)

    def close(self) -> None:
        self.commands.close()
        super().close()

    def seen(self, real: Path) -> str:
        """Return the program's path for a file of this machine."""
        for mount in self.mounts:
            if real == mount.real or mount.real in real.parents:
                rest = real.relative_to(mount.real).as_posix()
                return mount.seen if rest == "." else f"{mount.seen.rstrip('/')}/{rest}"
        return str(real)

    def real(self, seen: str) -> Path | None:
        """Return the file behind the program's path; None when the program sees no file there."""
        for mount in self.mounts:
            prefix = mount.seen.rstrip("/")
            if seen == prefix or seen.startswith(f"{prefix}/"):
                return mount.real / seen[len(prefix) :].lstrip("/")
        return None if self.mounts or not seen.startswith("/") else Path(seen)

    def is_at_least(self, version: str) -> bool:
        """Tell whether the played version is `version` or later. An empty version is the oldest."""
        return _numbers(self.reported_version) >= _numbers(version)

    # -- answering

    def answer(self, request: ApiRequest) -> Response:
        path = request.path
        if self.url_base:
            if not path.startswith(f"{self.url_base}/"):
                return Response(307, headers={"Location": f"{self.url_base}{path}"})
            path = path[len(self.url_base) :]
        if path == "/ping":
            return Response(200, {"status": "OK"})
        if not path.startswith("/api"):
            page = f"<!doctype html><html><head><title>{self.program}</title></head><body></body></html>"
            return Response(200, page.encode(), {"Content-Type": "text/html"})
        if not self._is_authorised(request):
            return Response(401)
        return self._dispatch(request, path)

    def _is_authorised(self, request: ApiRequest) -> bool:
        given = request.query.get("apikey") or request.headers.get("x-api-key")
        if given is None and request.headers.get("authorization", "").startswith("Bearer "):
            given = request.headers["authorization"][7:]
        return given == self.api_key

    def _dispatch(self, request: ApiRequest, path: str) -> Response:
        is_known = False
        for route in self._routes:
            arguments = route.match(request.method, path)
            if not self.is_at_least(route.since):
                continue
            if arguments is None:
                is_known = is_known or route.match(route.method, path) is not None
                continue
            request = replace(request, path=path, arguments=arguments)
            try:
                self._check(request, route)
                with self.lock:
                    return self._without_newer_fields(path, route.handler(self._without_newer(request, route)))
            except Answer as early:
                return early.response
        return Response(405) if is_known else Response(404, {"message": "NotFound"})

    def _check(self, request: ApiRequest, route: ApiRoute) -> None:
        for name, value in request.query.items():
            if name == "apikey":
                continue
            kind = next((kind for known, kind in route.query.items() if known.casefold() == name.casefold()), None)
            if kind is None:
                self.refuse(f"{request.method} {request.path}: parameter {name} does not exist")
            elif not fits_kind(kind, value):
                self.violations.append(f"{request.method} {request.path}: {name}={value} is no {kind}")
                raise invalid(name, f"The value '{value}' is not valid.", value)
        if route.fields is not None:
            self.check_fields(f"{request.method} {request.path}", request.json(), route.fields)

    def _without_newer(self, request: ApiRequest, route: ApiRoute) -> ApiRequest:
        """Return the request without parameters that this version does not know, because it ignores them."""
        unknown = {name for name, since in route.newer.items() if not self.is_at_least(since)}
        return replace(
            request,
            query={name: value for name, value in request.query.items() if name not in unknown},
            repeated={name: values for name, values in request.repeated.items() if name not in unknown},
        )

    def _without_newer_fields(self, path: str, response: Response) -> Response:
        """Return the answer without fields that this version does not write yet."""
        rest = path.removeprefix("/api/v3/")
        unknown = {
            name
            for beginning, fields in self.field_versions.items()
            if rest.startswith(beginning)
            for name, since in fields.items()
            if not self.is_at_least(since)
        }
        return replace(response, body=without_names(response.body, unknown)) if unknown else response

    def check_fields(self, where: str, body: Any, known: Iterable[str]) -> None:
        """Refuse a body that is not an object or has unknown fields, when strict."""
        if not isinstance(body, dict):
            raise invalid("", "The JSON value could not be converted.")
        names = {name.casefold() for name in known}
        for name in body:
            if name.casefold() not in names:
                self.refuse(f"{where}: field {name} does not exist")

    def refuse(self, message: str) -> None:
        """Record what the real program would ignore; when strict, answer 400."""
        self.violations.append(message)
        if self.strict:
            raise invalid("", message)

    def page(self, request: ApiRequest, rows: list[dict[str, Any]], keys: SortKeys, default: str) -> Response:
        """Return a page. An unknown sort key becomes the default; without a direction, the order is descending."""
        page = max(request.number("page", 1) or 1, 1)
        size = request.number("pageSize", 10) or 10
        asked = request.query.get("sortKey")
        if asked is not None and asked not in keys:
            self.refuse(f"{request.method} {request.path}: sortKey {asked} is not known")
        key = asked if asked is not None and asked in keys else default
        direction = request.query.get("sortDirection", "descending").casefold()
        direction = "ascending" if direction == "default" else direction
        ordered = sorted(rows, key=keys[key], reverse=direction == "descending")
        records = ordered[(page - 1) * size : page * size]
        return Response(
            200,
            {
                "page": page,
                "pageSize": size,
                "sortKey": key,
                "sortDirection": direction,
                "totalRecords": len(rows),
                "records": records,
            },
        )

    def note_history(self, event_type: str, source_title: str, **fields: Any) -> None:
        row = {
            "id": len(self.history) + 1,
            "sourceTitle": source_title,
            "languages": [{"id": 1, "name": "English"}],
            "customFormats": [],
            "customFormatScore": 0,
            "qualityCutoffNotMet": False,
            "date": moment(),
            "eventType": event_type,
        }
        self.history.append(row | fields)

    def add_custom_format(self, name: str, pattern: str, *, in_names: bool = True, score: int = 0) -> None:
        """Add a custom format for releases with `pattern` in their title. All profiles give it this score."""
        number = len(self.custom_formats) + 1
        self.custom_formats.append(custom_format(number, name, pattern, in_names=in_names))
        for profile in self.profiles:
            profile["formatItems"].append({"format": number, "name": name, "score": score})

    # -- routes that both have

    def _shared_routes(self) -> tuple[ApiRoute, ...]:
        v3 = "/api/v3"
        return (
            ApiRoute("GET", "/api", lambda _: Response(200, {"current": "v3", "deprecated": []})),
            ApiRoute("GET", f"{v3}/system/status", self._status),
            ApiRoute("GET", f"{v3}/mediacover/{{id}}/poster-250.jpg", self._picture(draw_poster)),
            ApiRoute("GET", f"{v3}/mediacover/{{id}}/poster-500.jpg", self._picture(draw_poster)),
            ApiRoute("GET", f"{v3}/mediacover/{{id}}/fanart-360.jpg", self._picture(draw_backdrop)),
            ApiRoute("GET", f"{v3}/qualityprofile", lambda _: Response(200, self.profiles)),
            ApiRoute("GET", f"{v3}/qualityprofile/{{id}}", self._one("Quality profile", lambda: self.profiles)),
            ApiRoute("GET", f"{v3}/qualitydefinition", lambda _: Response(200, quality_definitions(self.program))),
            ApiRoute(
                "GET",
                f"{v3}/customformat",
                lambda _: Response(200, self.custom_formats),
                since=self.custom_formats_since,
            ),
            ApiRoute("GET", f"{v3}/rootfolder", self._root_folders),
            ApiRoute("GET", f"{v3}/tag", lambda _: Response(200, self.tags)),
            ApiRoute("GET", f"{v3}/tag/{{id}}", self._one("Tag", lambda: self.tags)),
            ApiRoute("POST", f"{v3}/tag", self._add_tag, fields=frozenset({"id", "label"})),
            ApiRoute("GET", f"{v3}/config/naming", lambda _: Response(200, self.naming)),
            ApiRoute("GET", f"{v3}/config/mediamanagement", lambda _: Response(200, self.media_management)),
            ApiRoute("GET", f"{v3}/remotepathmapping", lambda _: Response(200, self.remote_path_mappings)),
            ApiRoute("GET", f"{v3}/health", lambda _: Response(200, self.health)),
            ApiRoute("DELETE", f"{v3}/blocklist/{{id}}", self._remove("Blocklist", lambda: self.blocklist)),
            ApiRoute("DELETE", f"{v3}/queue/{{id}}", self._remove_from_queue, QUEUE_REMOVAL),
            ApiRoute("GET", f"{v3}/queue/status", self._queue_status),
            ApiRoute("POST", f"{v3}/command", self._start_command),
            ApiRoute("GET", f"{v3}/command", lambda _: Response(200, [c.resource() for c in self.commands.all()])),
            ApiRoute("GET", f"{v3}/command/{{id}}", self._command),
            ApiRoute("GET", f"{v3}/filesystem", self._filesystem, FILESYSTEM),
            ApiRoute("GET", f"{v3}/filesystem/type", self._filesystem_type, {"path": "str"}),
            ApiRoute("GET", f"{v3}/filesystem/mediafiles", self._media_files, {"path": "str"}),
        )

    def _status(self, _request: ApiRequest) -> Response:
        return Response(
            200,
            {
                "appName": self.program,
                "instanceName": self.program,
                "version": self.reported_version,
                "buildTime": "2026-01-01T00:00:00Z",
                "isDebug": False,
                "isProduction": True,
                "isAdmin": False,
                "isUserInteractive": False,
                "startupPath": f"/app/{self.program.lower()}/bin",
                "appData": "/config",
                "osName": "debian",
                "osVersion": "12",
                "isNetCore": True,
                "isLinux": True,
                "isOsx": False,
                "isWindows": False,
                "isDocker": bool(self.mounts),
                "mode": "console",
                "branch": "main",
                "databaseType": "sqLite",
                "databaseVersion": "3.45.1",
                "authentication": "forms",
                "migrationVersion": 240,
                "urlBase": self.url_base,
                "runtimeVersion": "8.0.12",
                "runtimeName": ".NET",
                "startTime": "2026-01-01T00:00:00Z",
                "packageUpdateMechanism": "builtIn",
            },
        )

    def _picture(self, draw: Callable[[str], bytes]) -> Callable[[ApiRequest], Response]:
        def answer(request: ApiRequest) -> Response:
            title = self.title_of(int(request.arguments["id"]))
            if title is None:
                raise not_found("Media cover", int(request.arguments["id"]))
            return Response(200, draw(title), {"Content-Type": "image/png"})

        return answer

    def _root_folders(self, _request: ApiRequest) -> Response:
        is_there = self.library.is_dir()
        usage = shutil.disk_usage(self.library) if is_there else None
        row = {
            "id": 1,
            "path": self.root_folder,
            "accessible": is_there,
            "freeSpace": usage.free if usage else None,
            "unmappedFolders": [],
        }
        return Response(200, [row])

    def _add_tag(self, request: ApiRequest) -> Response:
        label = str(request.json().get("label", "")).casefold()
        known = next((tag for tag in self.tags if tag["label"] == label), None)
        if known is None:
            known = {"id": max((tag["id"] for tag in self.tags), default=0) + 1, "label": label}
            self.tags.append(known)
        return Response(201, known)

    def _remove_from_queue(self, request: ApiRequest) -> Response:
        """Remove a row. Where the request says so, notify the download client; then record a failure."""
        identity = int(request.arguments["id"])
        row = next((row for row in self.queue if row["id"] == identity), None)
        if row is None:
            raise not_found("Queue", identity)
        self.queue.remove(row)
        wish = QueueRemoval(request.flag("removeFromClient", default=True), request.flag("blocklist"))
        self.queue_removed(row, wish)
        return Response(200, {})

    def _queue_status(self, _request: ApiRequest) -> Response:
        count = len(self.queue)
        counts = {"totalCount": count, "count": count, "unknownCount": 0}
        return Response(200, counts | {"errors": False, "warnings": False})

    def _start_command(self, request: ApiRequest) -> Response:
        body = request.json()
        name = str(body.get("name", "")) if isinstance(body, dict) else ""
        job = self.commands.find(name)
        if job is None:
            raise Answer(Response(500, {"message": "Sequence contains no matching element", "description": name}))
        self.check_fields(f"POST /command {name}", body, (*job.fields, *COMMAND_FIELDS))
        self.check_command(job.name, body)
        return Response(201, self.commands.start(job, body).resource())

    def check_command(self, name: str, body: Mapping[str, Any]) -> None:
        """Check the nested parts of a command's body when strict; each program has its own rules."""

    def _command(self, request: ApiRequest) -> Response:
        command = self.commands.get(int(request.arguments["id"]))
        if command is None:
            raise not_found("CommandModel", request.arguments["id"])
        return Response(200, command.resource())

    def _filesystem(self, request: ApiRequest) -> Response:
        """List a folder. Without a trailing slash, the last part counts as half-typed unless a flag forbids it."""
        asked = request.query.get("path", "")
        if not asked.endswith("/") and not request.flag("allowFoldersWithoutTrailingSlashes"):
            asked = asked[: asked.rfind("/") + 1]
        folder = self.real(asked.rstrip("/") or "/")
        found: dict[str, Any] = {"parent": parent_of(asked), "directories": [], "files": []}
        if folder is None or not folder.is_dir():
            return Response(200, found)
        for path in sorted(folder.iterdir()):
            if path.is_dir():
                found["directories"].append({"type": "folder", "name": path.name, "path": f"{self.seen(path)}/"})
            elif request.flag("includeFiles"):
                row = {"type": "file", "name": path.name, "path": self.seen(path), "extension": path.suffix}
                found["files"].append(row | {"size": path.stat().st_size})
        return Response(200, found)

    def _filesystem_type(self, request: ApiRequest) -> Response:
        """Answer `file` or `folder`; a missing path also gives `folder`."""
        path = self.real(request.query.get("path", ""))
        return Response(200, {"type": "file" if path is not None and path.is_file() else "folder"})

    def _media_files(self, request: ApiRequest) -> Response:
        folder = self.real(request.query.get("path", "").rstrip("/"))
        if folder is None or not folder.is_dir():
            return Response(200, [])
        rows = [
            {"path": self.seen(path), "relativePath": path.relative_to(folder).as_posix(), "name": path.name}
            for path in video_files(folder)
        ]
        return Response(200, rows)

    def _one(self, what: str, rows: Callable[[], list[dict[str, Any]]]) -> Handler:
        def find(request: ApiRequest) -> Response:
            identity = int(request.arguments["id"])
            row = next((row for row in rows() if row["id"] == identity), None)
            if row is None:
                raise not_found(what, identity)
            return Response(200, row)

        return find

    def _remove(self, what: str, rows: Callable[[], list[dict[str, Any]]]) -> Handler:
        def remove(request: ApiRequest) -> Response:
            identity = int(request.arguments["id"])
            kept = [row for row in rows() if row["id"] != identity]
            if len(kept) == len(rows()):
                raise not_found(what, identity)
            rows()[:] = kept
            return Response(200, {})

        return remove


FILESYSTEM = {"path": "str", "includeFiles": "bool", "allowFoldersWithoutTrailingSlashes": "bool"}
QUEUE_REMOVAL = {"removeFromClient": "bool", "blocklist": "bool", "skipRedownload": "bool", "changeCategory": "bool"}
COMMAND_FIELDS = ("name", "sendUpdatesToClient", "trigger", "suppressMessages", "clientUserAgent")


def run_nothing(_command: Command) -> str:
    """Do nothing, for commands that the demo does not need."""
    return "successful"
