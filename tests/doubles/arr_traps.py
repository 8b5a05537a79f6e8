"""What Radarr and Sonarr do that a client must be ready for, as behaviours for the hook of the demo's servers.

Each says which part of the programs it was read from ("Radarr" and "Sonarr" stand for their source trees' main
folders). What the programs always do (a partial PUT wipes, no direction is descending, the folder is ignored beside an
id, one unknown id ends a batch) is built into the servers; the tables of tests/demo/test_radarr.py and test_sonarr.py
name those.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from stalkeer.demo.commands import Command, CommandAction
from stalkeer.demo.http import ApiRequest, Hook, Response

Behaviour = Callable[[ApiRequest], Response | None]


def on(path: str, behaviour: Behaviour, *, method: str = "GET", times: int | None = None) -> Hook:
    """Use `behaviour` for requests whose path ends in `path`, the first `times` of them or all."""
    left = [times]

    def hook(request: ApiRequest) -> Response | None:
        if request.method != method or not request.path.endswith(path) or left[0] == 0:
            return None
        if left[0] is not None:
            left[0] -= 1
        return behaviour(request)

    return hook


def every(*hooks: Hook) -> Hook:
    """The first of the hooks that answers."""

    def hook(request: ApiRequest) -> Response | None:
        return next((answer for each in hooks if (answer := each(request)) is not None), None)

    return hook


# --- lists -----------------------------------------------------------------------------------------------------------


def list_shifts(before_page: int, change: Callable[[], None]) -> Behaviour:
    """An item leaves the list while it is read page by page, so the later ones move up.

    Pages are OFFSET and LIMIT over a table that changes: Radarr and Sonarr, Datastore/BasicRepository GetPaged.
    """
    done = []

    def behave(request: ApiRequest) -> None:
        if request.query.get("page") == str(before_page) and not done:
            done.append(True)
            change()

    return behave


def lying_total(extra: int, answer: Callable[[ApiRequest], Response]) -> Behaviour:
    """`totalRecords` counts rows that the records leave out (a film whose metadata was just removed)."""

    def behave(request: ApiRequest) -> Response:
        response = answer(request)
        return Response(response.status, dict(response.body) | {"totalRecords": response.body["totalRecords"] + extra})

    return behave


# --- answers ---------------------------------------------------------------------------------------------------------


def unauthorised(_request: ApiRequest) -> Response:
    """401 without a body: Radarr, Authentication/ApiKeyAuthenticationHandler."""
    return Response(401)


def refused_with_list(field_name: str, message: str) -> Behaviour:
    """A validation error is an array, every other error an object: Radarr, ErrorManagement/RadarrErrorPipeline."""

    def behave(_request: ApiRequest) -> Response:
        error = {"propertyName": field_name, "errorMessage": message, "severity": "error", "isWarning": False}
        return Response(400, [error])

    return behave


def broken(status: int = 500, message: str = "database is locked") -> Behaviour:
    """An exception inside the program: an object with message and description. Same place as the list above."""

    def behave(_request: ApiRequest) -> Response:
        return Response(status, {"message": message, "description": f"System.Exception: {message}"})

    return behave


def login_page(_request: ApiRequest) -> Response:
    """A proxy with its own login in front of the program answers HTML with 200."""
    page = b"<!doctype html><html><head><title>Login</title></head><body><form></form></body></html>"
    return Response(200, page, {"Content-Type": "text/html"})


def bad_gateway(_request: ApiRequest) -> Response:
    """The program restarts behind its proxy."""
    return Response(502, b"<html><body><h1>502 Bad Gateway</h1></body></html>", {"Content-Type": "text/html"})


def too_many(retry_after_s: int) -> Behaviour:
    def behave(_request: ApiRequest) -> Response:
        return Response(429, {"message": "Too many requests"}, {"Retry-After": str(retry_after_s)})

    return behave


def hung_up(_request: ApiRequest) -> Response:
    """The connection closes without an answer: a restart at the wrong moment."""
    return Response(hang_up=True)


@dataclass
class Slow:
    """An answer that takes its time: interactive search and big libraries take up to the 100 s that the programs give
    each other (Http/HttpClient). Nothing here sleeps: the answer waits until `go_on` is set."""

    asked: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)

    def __call__(self, _request: ApiRequest) -> None:
        self.asked.set()
        if not self.go_on.wait(60):
            raise TimeoutError("the test never let the answer go")


def rejects(reason: str, kind: str, answer: Callable[[ApiRequest], Response]) -> Behaviour:
    """A file is judged with one more objection; `temporary` ones pass by themselves: ImportDecision, RejectionType."""

    def behave(request: ApiRequest) -> Response:
        response = answer(request)
        rows = [row | {"rejections": [*row["rejections"], {"reason": reason, "type": kind}]} for row in response.body]
        return Response(response.status, rows)

    return behave


def with_bad_items(rows: list[object], answer: Callable[[ApiRequest], Response]) -> Behaviour:
    """A list, or a page of one, with elements that no client expects: forks and damaged databases make them."""

    def behave(request: ApiRequest) -> Response:
        response = answer(request)
        if isinstance(response.body, list):
            return Response(response.status, [*rows, *response.body])
        return Response(response.status, response.body | {"records": [*rows, *response.body["records"]]})

    return behave


# --- commands --------------------------------------------------------------------------------------------------------


def quiet_failure(name: str = "ManualImport") -> CommandAction:
    """Completed and successful, and nothing was imported: ManualImportService logs what went wrong and goes on.

    Use it as `server.commands.replace(quiet_failure())`.
    """
    return CommandAction(name, lambda _command: "successful", ("files", "importMode"), "high")


def unsuccessful(name: str) -> CommandAction:
    """Completed, but `unsuccessful`: a scan that took nothing in (DownloadedMovieCommandService)."""
    return CommandAction(name, lambda _command: "unsuccessful", ("path", "downloadClientId", "importMode", "movieId"))


def failing(name: str, message: str) -> CommandAction:
    """The command ends as `failed` with the exception's words in `message` and `exception`."""

    def run(_command: Command) -> str:
        raise RuntimeError(message)

    return CommandAction(name, run, ("files", "importMode"), "high")


@dataclass
class Held:
    """Commands that need the disk run one at a time and may wait for minutes: Messaging/Commands/CommandQueue.

    Use it as `server.commands.before`: each command waits until `go_on` is set.
    """

    go_on: threading.Event = field(default_factory=threading.Event)
    waiting: list[Command] = field(default_factory=list)

    def __call__(self, command: Command) -> None:
        self.waiting.append(command)
        if not self.go_on.wait(60):
            raise TimeoutError("the test never let the command go")


# --- versions --------------------------------------------------------------------------------------------------------


def leaves_out(names: frozenset[str], answer: Callable[[ApiRequest], Response]) -> Behaviour:
    """Fields that a version does not write yet, or no longer: absent everywhere in the answer, and nothing says so."""

    def behave(request: ApiRequest) -> Response:
        response = answer(request)
        return Response(response.status, _without(names, response.body), response.headers)

    return behave


def no_such_route(_request: ApiRequest) -> Response:
    """A version from before the route: `NotFound` for any path the router does not know."""
    return Response(404, {"message": "NotFound"})


def _without(names: frozenset[str], value: object) -> object:
    if isinstance(value, dict):
        return {name: _without(names, part) for name, part in value.items() if name not in names}
    return [_without(names, part) for part in value] if isinstance(value, list) else value
