"""The page, the API and the command line search the catalogue by one query, and a link to an entry opens it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from stalkeer.app import build_security
from stalkeer.faces.cli.main import run_command_line
from stalkeer.runtime import App
from tests.doubles.catalogue import Catalogue
from tests.doubles.server import make_server

Search = Callable[[str], set[str]]


@pytest.fixture
def names(app: App) -> list[str]:
    house = Catalogue(app.database, app.clock)
    films = ["EN - Riverlight (2024)", "FR - Riverlight (2024)", "Riverlight (1988)"]
    house.list_entries(*films)
    house.list_entries("Quiet Cartographers S02E04", "Quiet Cartographers S02E05", kind="episode")
    return films


@pytest.fixture
def client(app: App) -> TestClient:
    security = build_security(app)
    return TestClient(make_server(app, security), headers={"X-Api-Key": security.keys.ensure()})


@pytest.fixture(params=["page", "api", "cli"])
def search(request: pytest.FixtureRequest, app: App, client: TestClient, capsys: pytest.CaptureFixture[str]) -> Search:
    def by_page(text: str) -> set[str]:
        page = client.get("/catalogue", params={"q": text}).text
        return set(re.findall(r'hx-target="#drawer-content">([^<]+)</a>', page))

    def by_api(text: str) -> set[str]:
        return {entry["name"] for entry in client.get("/api/v1/entries", params={"search": text}).json()["records"]}

    def by_command(text: str) -> set[str]:
        capsys.readouterr()
        assert run_command_line(["catalogue", "search", *text.split(), "--json"], lambda _: app, lambda _: None) == 0
        return {entry["name"] for entry in json.loads(capsys.readouterr().out)["entries"]}

    faces: dict[str, Search] = {"page": by_page, "api": by_api, "cli": by_command}
    return faces[request.param]


@pytest.mark.usefixtures("names")
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Riverlight (2024)", {"EN - Riverlight (2024)", "FR - Riverlight (2024)"}),
        ("EN - Riverlight", {"EN - Riverlight (2024)"}),
        ("Quiet Cartographers 2x04", {"Quiet Cartographers S02E04"}),
        ("cartographers quiet", {"Quiet Cartographers S02E04", "Quiet Cartographers S02E05"}),
        ("riverlight cartographers", set()),
    ],
)
def test_every_face_finds_the_same(search: Search, text: str, found: set[str]):
    assert search(text) == found


def test_a_link_to_an_entry_opens_that_entry(client: TestClient, names: list[str]):
    listed = client.get("/api/v1/entries").json()["records"]
    for entry in listed:
        page = client.get(f"/catalogue/{entry['id']}", follow_redirects=False)

        assert page.status_code == 200
        assert f"<h2>{entry['name']}</h2>" in page.text
        assert "data-start-open" in page.text
    assert {entry["name"] for entry in listed} > set(names)


def test_results_of_the_search_box_are_links_to_entries(client: TestClient, names: list[str]):
    found = client.get("/search", params={"q": "riverlight"}, headers={"HX-Request": "true"}).text

    links = re.findall(r'href="(/catalogue/\d+)"', found)
    assert len(links) == len(names)
    assert all(client.get(link, follow_redirects=False).status_code == 200 for link in links)


def test_the_command_shows_an_entry(app: App, names: list[str], capsys: pytest.CaptureFixture[str]):
    assert run_command_line(["catalogue", "show", "1", "--json"], lambda _: app, lambda _: None) == 0
    assert json.loads(capsys.readouterr().out)["name"] == names[0]
    assert run_command_line(["catalogue", "show", "999"], lambda _: app, lambda _: None) != 0
    assert run_command_line(["catalogue", "search", "x", "--kind", "song"], lambda _: app, lambda _: None) != 0
