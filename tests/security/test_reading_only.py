"""Reading changes nothing: no GET starts a job or writes a row. No redirect leads to the host of the request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest
import stamina
from sqlalchemy import Connection, select
from starlette.testclient import TestClient

from stalkeer.app import build_security
from stalkeer.runtime import App
from stalkeer.store.db.tables import metadata
from tests.doubles.engine import NotingEngine
from tests.doubles.server import make_server
from tests.faces.web.sample import fill
from tests.security.routes import addresses, routes

# columns that note a visit, here or at the instance that a page asks
BY_USE = {
    "api_keys": {"last_used_at"},
    "sessions": {"last_seen", "last_used_at"},
    "instances": {"failures", "last_error", "last_success_at", "api_calls"},
}
FORGED = "evil.example"
VARIANTS = ("{}", "{}/", "//evil.example{}", "{}//", "/%5Cevil.example{}/")


@pytest.fixture
def engine() -> NotingEngine:
    return NotingEngine()


@pytest.fixture
def lived_in(app: App, engine: NotingEngine) -> App:
    fill(app.database, app.secrets, app.clock())
    return replace(app, engine=engine)


@pytest.fixture
def visitor(lived_in: App) -> Iterator[TestClient]:
    security = build_security(lived_in)
    headers = {"X-Api-Key": security.keys.ensure(), "Host": FORGED}
    server = make_server(lived_in, security)
    with (
        stamina.set_testing(True, attempts=1),  # nobody answers at the sample's addresses
        TestClient(server, headers=headers, raise_server_exceptions=False, follow_redirects=False) as client,
    ):
        yield client


def rows(app: App) -> dict[str, list[dict[str, object]]]:
    with app.database.connect() as connection:
        return {
            table.name: [
                {key: value for key, value in row.items() if key not in BY_USE.get(table.name, ())}
                for row in connection.execute(select(table)).mappings()
            ]
            for table in metadata.sorted_tables
        }


def last_commit(connection: Connection) -> int:
    """A number that another connection's commit changes, as seen from `connection` outside of its transactions."""
    connection.rollback()
    return connection.exec_driver_sql("PRAGMA data_version").scalar_one()


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["whole", "fragment"])
def test_no_get_starts_a_job_or_writes_a_row(lived_in, visitor, engine, headers):
    before = rows(lived_in)
    answered = 0

    with lived_in.database.connect() as watching:
        commits = last_commit(watching)
        for address in [address for path in routes(lived_in, "GET") for address in addresses(path)]:
            answer = visitor.get(address, headers=headers)
            answered += answer.is_success
            assert engine.started == [], address
            assert engine.woken == 0, address
            if commits != (commits := last_commit(watching)):
                assert rows(lived_in) == before, address
            assert answer.status_code < 500 or answer.status_code in (502, 503), (address, answer.text)

    assert rows(lived_in) == before
    assert answered > 90


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_no_redirect_leads_to_the_host_of_the_request(lived_in, visitor, method):
    visitor.headers["X-Forwarded-Host"] = FORGED
    for path, variant in product(routes(lived_in, method), VARIANTS):
        address = variant.format(addresses(path)[0])
        answer = visitor.request(method, address, headers={"Sec-Fetch-Site": "same-origin"})
        for header in ("location", "hx-redirect"):
            target = answer.headers.get(header, "/")
            assert re.match(r"/(?![/\\])", target), (address, target)
            assert "://" not in target.partition("?")[0], (address, target)


def test_a_path_with_a_slash_at_its_end_still_leads_on(visitor):
    answer = visitor.get("/api/v1/jobs/?page=2")

    assert answer.status_code == 307
    assert answer.headers["location"] == "/api/v1/jobs?page=2"


@pytest.mark.parametrize("next_page", ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example"])
def test_a_login_leads_to_no_other_site(app, next_page):
    from stalkeer.jobs.system.users import add_user

    add_user(app.database, "alice", "correct horse 7", app.clock())
    form = {"name": "alice", "password": "correct horse 7", "next": next_page}
    with TestClient(make_server(app, build_security(app)), follow_redirects=False) as client:
        answer = client.post("/login", data=form, headers={"Sec-Fetch-Site": "same-origin", "Host": FORGED})

    assert answer.status_code == 303
    assert answer.headers["location"] == "/"
