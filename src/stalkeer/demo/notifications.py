"""Send the webhooks of the demo's Radarr and Sonarr: registered by API, tested when saved, called on events."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.error import URLError
from urllib.request import Request as OutgoingRequest
from urllib.request import urlopen

from stalkeer.demo.http import Answer, ApiRequest, ApiRoute, Response

if TYPE_CHECKING:
    from stalkeer.demo.arr import ArrServer

WEBHOOK_FIELDS = ("url", "method", "username", "password", "headers")


class Notifications:
    """Hold the program's webhooks. `events` are the switches that it offers (`onDownload`, ...)."""

    def __init__(self, owner: ArrServer, events: tuple[str, ...]) -> None:
        self._owner = owner
        self._events = events

    def routes(self) -> tuple[ApiRoute, ...]:
        known = {"id", "name", "fields", "implementationName", "implementation", "configContract", "infoLink"}
        known |= {"message", "tags", "presets", "link", "testCommand", *self._events}
        known |= {f"supports{event[:1].upper()}{event[1:]}" for event in self._events if event.startswith("on")}
        fields = frozenset(known)
        path, forced = "/api/v3/notification", {"forceSave": "bool"}
        return (
            ApiRoute("GET", path, lambda _: Response(200, self._owner.notifications)),
            ApiRoute("GET", f"{path}/schema", lambda _: Response(200, [self._template()])),
            ApiRoute("POST", path, self._add, forced, fields),
            ApiRoute("POST", f"{path}/test", self._test, {"forceTest": "bool"}, fields),
            ApiRoute("GET", f"{path}/{{id}}", self._owner._one("Notification", lambda: self._owner.notifications)),
            ApiRoute("PUT", f"{path}/{{id}}", self._replace, forced, fields),
            ApiRoute(
                "DELETE", f"{path}/{{id}}", self._owner._remove("Notification", lambda: self._owner.notifications)
            ),
        )

    def tell(self, switch: str, event_type: str, body: Mapping[str, Any]) -> None:
        """Send an event to every connection that subscribed. A failure is only recorded, never retried."""
        for row in self._owner.notifications:
            if row.get(switch):
                try:
                    self._send(row, event_type, body)
                except (URLError, OSError) as error:
                    self._owner.health.append({"type": "warning", "source": "Notification", "message": str(error)})

    def _template(self) -> dict[str, Any]:
        fields = [
            {"order": order, "name": name, "label": name.capitalize(), "type": "textbox", "advanced": False}
            for order, name in enumerate(WEBHOOK_FIELDS)
        ]
        row = {"name": "", "fields": fields, "implementationName": "Webhook", "implementation": "Webhook"}
        row |= {"configContract": "WebhookSettings", "infoLink": "", "tags": [], "presets": []}
        return row | dict.fromkeys(self._events, False)

    def _add(self, request: ApiRequest) -> Response:
        row = request.json()
        self._try(row)
        rows = self._owner.notifications
        row = dict.fromkeys(self._events, False) | row | {"id": max((r["id"] for r in rows), default=0) + 1}
        rows.append(row)
        return Response(201, row)

    def _replace(self, request: ApiRequest) -> Response:
        number = int(request.arguments["id"])
        row = request.json() | {"id": number}
        self._try(row)
        self._owner.notifications[:] = [row if held["id"] == number else held for held in self._owner.notifications]
        return Response(202, row)

    def _test(self, request: ApiRequest) -> Response:
        self._try(request.json())
        return Response(200, {})

    def _try(self, row: Mapping[str, Any]) -> None:
        """Send a Test event before saving. Any failure becomes a validation error."""
        body = {"movie": {"id": 1, "title": "Test Title", "year": 1970, "folderPath": "C:\\testpath"}}
        if self._owner.program == "Sonarr":
            body = {"series": {"id": 1, "title": "Test Title", "path": "C:\\testpath", "tvdbId": 1234}}
        try:
            self._send(row, "Test", body)
        except (URLError, OSError, ValueError) as error:
            message = f"Unable to send test message: {error}"
            raise Answer(
                Response(400, [{"propertyName": "Url", "errorMessage": message, "severity": "error"}])
            ) from error

    def _send(self, row: Mapping[str, Any], event_type: str, body: Mapping[str, Any]) -> None:
        settings = {field["name"]: field.get("value") for field in row.get("fields") or ()}
        url = str(settings.get("url") or "")
        if not url.startswith(("http://", "https://")):
            raise ValueError("'Url' must be a valid URL")
        common = {"eventType": event_type, "instanceName": self._owner.program, "applicationUrl": ""}
        headers = {"Content-Type": "application/json", "User-Agent": f"{self._owner.program}/{self._owner.version}"}
        if settings.get("username"):
            pair = f"{settings['username']}:{settings.get('password') or ''}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        for extra in settings.get("headers") or ():
            headers[extra["key"]] = extra["value"]
        method = "PUT" if settings.get("method") == 2 else "POST"
        payload = json.dumps(dict(body) | common).encode()
        outgoing = OutgoingRequest(url, payload, headers, method=method)  # noqa: S310 - the scheme is checked above
        with urlopen(outgoing, timeout=30) as answer:  # noqa: S310
            answer.read()
