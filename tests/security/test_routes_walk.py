"""Every route, walked by machine: whatever number or text is asked for, no answer is an error of the server."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import stamina
from starlette.testclient import TestClient

from stalkeer.app import build_security
from tests.doubles.engine import QueueingEngine
from tests.doubles.server import make_server
from tests.faces.web.sample import fill
from tests.security.routes import routes

FORM = "application/x-www-form-urlencoded"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
VALUES = [
    str(2**63),
    str(2**64),
    "-1",
    "%ff%fe",
    "..%2f..%2fetc%2fpasswd",
    "%F0%9F%8E%AC",
    "%ED%A0%80",
    "1e999",
    "a" * 900,
]
FIELDS = (
    "page",
    "pageSize",
    "cursor",
    "q",
    "search",
    "id",
    "limit",
    "month",
    "view",
    "sort",
    "kind",
    "generation",
    "name",
)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value[:12])
def test_whatever_is_asked_for(app, value):
    fill(app.database, app.secrets, app.clock())
    security = build_security(app)
    headers = {"X-Api-Key": security.keys.ensure(), "Sec-Fetch-Site": "same-origin"}
    server = make_server(replace(app, engine=QueueingEngine(app)), security)
    asked = "&".join(f"{field}={value}" for field in FIELDS)
    wrong = []
    with (
        stamina.set_testing(True, attempts=1),
        TestClient(server, headers=headers, raise_server_exceptions=False, follow_redirects=False) as client,
    ):
        for method in METHODS:
            for path in routes(app, method):
                address = re.sub(r"\{[^}]*\}", value, path)
                form = f"name={value}&id={value}" if method == "POST" else None
                kind = {"Content-Type": FORM} if form else {}
                answer = client.request(method, f"{address}?{asked}", content=form, headers=kind)
                if answer.status_code >= 500 and answer.status_code not in (502, 503):
                    wrong.append((method, address[:80], answer.status_code))

    assert wrong == []
