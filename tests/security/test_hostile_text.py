"""No text from outside becomes markup on a page: names of playlists and instances, messages of servers, errors."""

from __future__ import annotations

import pytest
import stamina
from sqlalchemy import func, literal, update
from starlette.testclient import TestClient

from stalkeer.app import build_security
from stalkeer.store.db import tables
from tests.doubles.server import make_server
from tests.faces.web.sample import fill
from tests.security.routes import addresses, routes

PAYLOAD = '"\'><img src=x onerror=alert(1)><script>alert(1)</script>{{7*7}}" onmouseover="alert(1)'
MARKUP = ("<img src=x", "<script>alert", '" onmouseover="', '{{7*7}}" on')
TOLD = {  # what comes from outside, by table
    tables.entries: ("name", "group_title"),
    tables.titles: ("text",),
    tables.library: ("title", "path"),
    tables.wanted: ("title",),
    tables.downloads: ("name", "title", "error"),
    tables.events: ("message",),
    tables.sources: ("last_error", "account_status", "account_message"),
    tables.instances: ("last_error", "version"),
    tables.runs: ("error",),
    tables.health: ("message", "fix", "subject"),
}


@pytest.fixture
def hostile(app):
    fill(app.database, app.secrets, app.clock())
    with app.database.begin() as connection:
        for table, names in TOLD.items():
            texts = {name: literal(PAYLOAD) + func.coalesce(table.c[name], "") for name in names}
            connection.execute(update(table).values(texts))
    return app


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["whole", "fragment"])
def test_no_text_from_outside_becomes_markup(hostile, headers):
    security = build_security(hostile)
    key = {"X-Api-Key": security.keys.ensure()}
    shown = 0
    with stamina.set_testing(True, attempts=1), TestClient(make_server(hostile, security), headers=key) as client:
        for path in routes(hostile, "GET"):
            for address in addresses(path):
                answer = client.get(f"{address}?q={PAYLOAD}&search={PAYLOAD}", headers=headers)
                if answer.headers.get("content-type", "").startswith("text/html"):
                    assert not [one for one in MARKUP if one in answer.text], address
                    shown += "&lt;script&gt;" in answer.text

    assert shown > 15
