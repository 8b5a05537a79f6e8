"""Every refusal is in the form that the programs read: Newznab's XML, and SABnzbd's JSON."""

from __future__ import annotations

import shutil
import xml.etree.ElementTree as ET

import pytest
from starlette.testclient import TestClient

from stalkeer.app import build_security
from stalkeer.core.security.scopes import Scope
from stalkeer.faces.http.doorstep import is_known
from stalkeer.jobs.system.api_keys import make_key
from stalkeer.store.db.database import open_database, sqlite_url
from stalkeer.store.db.tables import metadata
from tests.doubles.app import make_app
from tests.doubles.server import make_server

TOO_MUCH = {"Content-Length": "99999999999", "Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def app(tmp_path, clock):
    database = open_database(sqlite_url(tmp_path / "base" / "stalkeer.db"))
    (tmp_path / "base").mkdir()
    metadata.create_all(database.engine)
    yield make_app(tmp_path / "data", database, clock)
    database.close()


@pytest.fixture
def client(app):
    with TestClient(make_server(app, build_security(app)), raise_server_exceptions=False) as opened:
        yield opened


@pytest.mark.parametrize(
    ("query", "headers", "words"),
    [
        ("q=%00", {}, "NUL character"),
        ("q=" + "x" * 9000, {}, "too long"),
        ("q=x", TOO_MUCH, "security.max_body"),
    ],
    ids=["nul", "long", "large"],
)
def test_what_the_gate_refuses_is_said_in_the_form_of_the_program_that_asks(client, query, headers, words):
    newznab = client.request("GET", f"/newznab/api?t=search&{query}", headers=headers)
    sabnzbd = client.request("POST", f"/sabnzbd/api?mode=queue&{query}", headers=headers)
    other = client.request("GET", f"/api/v1/sources?{query}", headers=headers)

    root = ET.fromstring(newznab.text)
    assert (newznab.status_code, root.tag, root.get("code")) == (200, "error", "201")
    assert words in root.get("description", "")
    assert sabnzbd.status_code == 200 and sabnzbd.json()["status"] is False and words in sabnzbd.json()["error"]
    assert other.status_code >= 400 and "problem+json" in other.headers["content-type"]


@pytest.mark.parametrize("form", ["mode=queue&search=%00", "mode=queue&name=delete&value=%00", "mode=%00"])
def test_a_form_with_a_nul_is_answered_as_sabnzbd_does(tmp_path, any_database, clock, form):
    app = make_app(tmp_path / "data", any_database, clock)
    key = make_key(any_database, app.secrets, "phone", Scope.ADMIN, None, clock())
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    with TestClient(make_server(app, build_security(app)), raise_server_exceptions=False) as client:
        answer = client.post("/sabnzbd/api", content=f"apikey={key}&{form}", headers=headers)

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert {"status", "queue"} & answer.json().keys()


def test_a_stranger_is_not_told_where_the_database_is(client, app, tmp_path):
    app.database.close()
    shutil.rmtree(tmp_path / "base")

    answers = [
        client.get(f"/{path}&apikey=0123456789abcdef0123456789abcdef").text
        for path in ("newznab/api?t=search", "sabnzbd/api?mode=queue")
    ]

    assert all("cannot use its database now" in answer for answer in answers)
    assert not [answer for answer in answers if str(tmp_path) in answer]


@pytest.mark.parametrize("path", ["/newznab/api?t=caps", "/sabnzbd/api?mode=get_cats"])
def test_a_caller_with_a_key_is_known_to_the_log_of_requests(app, clock, path):
    key = make_key(app.database, app.secrets, "phone", Scope.READ, None, clock())
    server, seen = make_server(app, build_security(app)), []

    async def noting(scope, receive, send):
        seen.append(scope)
        await server(scope, receive, send)

    with TestClient(noting) as client:
        client.get(path)
        client.get(f"{path}&apikey={key}")

    requests = [scope["state"] for scope in seen if scope["type"] == "http"]
    assert [is_known(state) for state in requests] == [False, True]
