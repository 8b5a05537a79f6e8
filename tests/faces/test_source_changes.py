"""One change of a source over the web form, the API and the command line: a field that is not named stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from stalkeer.app import build_security
from stalkeer.faces.cli.main import run_command_line
from stalkeer.runtime import App
from stalkeer.store.sources.credentials import read_credentials
from stalkeer.store.sources.description import M3U, XTREAM, Credentials, NewSource, SourceOptions
from stalkeer.store.sources.sources import add_source, get_source
from tests.doubles.server import make_server

OPTIONS = SourceOptions(user_agent="player/1", refresh="0 3 * * *", max_shrink=0.25, adult=True)
EXTRAS = {"headers": {"X-Token": "abc-token"}, "proxy": "socks5h://127.0.0.1:1080"}
LIMITS = {"priority": 7, "enabled": False, "max_connections": 3, "bandwidth_limit": 2_000_000}
ACCOUNT = Credentials(url="http://tv.example:8080", username="ann-login", password="s3cret-pass", **EXTRAS)
SOURCES = {
    "account": NewSource("tv", XTREAM, ACCOUNT, OPTIONS, **LIMITS),
    "playlist": NewSource("tv", M3U, Credentials(url="http://tv.example/list.m3u?key=k", **EXTRAS), OPTIONS, **LIMITS),
    "file": NewSource("tv", M3U, Credentials(path="/data/list.m3u", **EXTRAS), OPTIONS, **LIMITS),
}

Changer = Callable[[Mapping[str, str]], None]


@pytest.fixture(params=SOURCES)
def before(request: pytest.FixtureRequest, app: App) -> NewSource:
    """A source of which everything is told that can be told."""
    source = SOURCES[request.param]
    keep(app, source)
    return source


def keep(app: App, source: NewSource) -> None:
    with app.database.begin() as connection:
        add_source(connection, source, app.secrets, app.clock())


def known(app: App, slug: str = "tv") -> NewSource:
    """What is stored of it, as it would be described."""
    with app.database.connect() as connection:
        row = get_source(connection, slug)
    return NewSource(
        row.slug,
        row.kind,
        read_credentials(row, app.secrets),
        row.options,
        row.priority,
        row.enabled,
        row.max_connections,
        row.bandwidth_limit,
    )


@pytest.fixture
def client(app: App) -> Iterator[TestClient]:
    security = build_security(app)
    with TestClient(make_server(app, security), headers={"X-Api-Key": security.keys.ensure()}) as opened:
        yield opened


@pytest.fixture
def web(app: App, client: TestClient) -> Changer:
    """Open the page, type into the named fields, save: whatever else its form has is sent as it stands."""

    def change(typed: Mapping[str, str]) -> None:
        answer = client.post("/sources/tv", data={**shown_form(client), **typed})
        assert answer.status_code < 400, answer.text

    return change


def shown_form(client: TestClient) -> dict[str, str]:
    """The fields of the page's form with their values, as a browser would send them."""
    parser = FormFields("/sources/tv")
    parser.feed(client.get("/sources/tv").text)
    assert parser.fields
    return parser.fields


class FormFields(HTMLParser):
    """The inputs of the form with this action."""

    def __init__(self, action: str) -> None:
        super().__init__()
        self.action = action
        self.inside = False
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.inside = given.get("action") == self.action
        kind, name = given.get("type"), given.get("name")
        if not (self.inside and tag == "input" and name) or kind == "file":
            return
        if kind not in ("radio", "checkbox") or "checked" in given:
            self.fields[name] = given.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "form"


@pytest.fixture
def api(client: TestClient) -> Callable[[Mapping[str, object]], None]:
    def change(body: Mapping[str, object]) -> None:
        answer = client.patch("/api/v1/sources/tv", json=body)
        assert answer.status_code == 200, answer.text

    return change


@pytest.fixture
def cli(app: App) -> Callable[..., None]:
    def change(*options: str) -> None:
        typed = ("source", "edit", "tv", *options)
        assert run_command_line(typed, build=lambda _run: app, serve=lambda _app: None) == 0

    return change


def test_saving_the_web_form_as_it_stands_changes_nothing(app: App, before: NewSource, web: Changer):
    web({})

    assert known(app) == before


def test_a_priority_typed_in_the_web_form_changes_only_that(app: App, before: NewSource, web: Changer):
    web({"priority": "9"})

    assert known(app) == replace(before, priority=9)


def test_a_form_that_sends_only_some_fields_changes_only_those(app: App, before: NewSource, client: TestClient):
    client.post("/sources/tv", data={"user_agent": "other/2", "max_connections": ""})

    options = replace(before.options, user_agent="other/2")
    assert known(app) == replace(before, options=options, max_connections=None)


def test_the_web_form_unticks_adult_groups_and_empties_what_is_emptied(app: App, before: NewSource, web: Changer):
    web({"adult": "0", "refresh": "", "bandwidth_limit": ""})

    options = replace(before.options, adult=False, refresh="")
    assert known(app) == replace(before, options=options, bandwidth_limit=None)


def test_one_field_over_the_api_changes_only_that(app: App, before: NewSource, api):
    api({"priority": 9})

    assert known(app) == replace(before, priority=9)


def test_one_option_of_the_command_line_changes_only_that(app: App, before: NewSource, cli):
    cli("--priority", "9")

    assert known(app) == replace(before, priority=9)


MOVED = replace(ACCOUNT, url="http://new.example:8080", password="other-pass")


def test_an_account_moves_alike_over_all_three_faces(app: App, web: Changer, api, cli):
    expected = replace(SOURCES["account"], credentials=MOVED)
    login = {"url": MOVED.url, "username": MOVED.username, "password": MOVED.password}
    changes = (
        lambda: web({"url": MOVED.url, "password": MOVED.password}),
        lambda: api({"login": login}),
        lambda: cli("--address", MOVED.url, "--password", MOVED.password),
    )
    keep(app, SOURCES["account"])
    for change in changes:
        with app.database.begin() as connection:
            connection.exec_driver_sql("DELETE FROM sources")
        keep(app, SOURCES["account"])

        change()

        assert known(app) == expected


def test_a_field_of_a_login_that_is_named_over_the_api_is_replaced(app: App, api):
    keep(app, SOURCES["account"])
    login = {"url": ACCOUNT.url, "username": ACCOUNT.username, "password": ACCOUNT.password}

    api({"login": {**login, "headers": {}, "proxy": "", "userAgent": "other/2"}})

    credentials = replace(ACCOUNT, headers={}, proxy="")
    options = replace(OPTIONS, user_agent="other/2")
    assert known(app) == replace(SOURCES["account"], credentials=credentials, options=options)


def test_a_login_that_cannot_be_read_is_not_lost_by_a_change_of_something_else(app: App, client: TestClient):
    keep(app, SOURCES["account"])
    with app.database.begin() as connection:
        connection.exec_driver_sql("UPDATE sources SET credentials = 'of another key'")

    refused = client.patch("/api/v1/sources/tv", json={"priority": 9})
    entered = client.patch(
        "/api/v1/sources/tv", json={"login": {"url": ACCOUNT.url, "username": "ann-login", "password": "s3cret-pass"}}
    )

    assert "enter the credential again" in refused.json()["detail"]
    assert entered.status_code == 200
    assert known(app) == replace(SOURCES["account"], credentials=replace(ACCOUNT, headers={}, proxy=""))


def test_a_source_of_the_configuration_is_changed_there(app: App, client: TestClient):
    with app.database.begin() as connection:
        add_source(connection, SOURCES["account"], app.secrets, app.clock(), origin="config")

    answers = [
        client.post("/sources/tv", data={"priority": "9"}),
        client.patch("/api/v1/sources/tv", json={"priority": 9}),
        client.delete("/api/v1/sources/tv"),
    ]

    assert [answer.status_code for answer in answers] == [409] * 3
    assert known(app) == SOURCES["account"]


def test_an_account_becomes_a_file_and_keeps_what_is_no_login(app: App, web: Changer, tmp_path: Path):
    keep(app, SOURCES["account"])

    web({"how": "file", "path": str(tmp_path / "list.m3u")})

    credentials = Credentials(path=str(tmp_path / "list.m3u"), **EXTRAS)
    assert known(app) == replace(SOURCES["account"], kind=M3U, credentials=credentials)


def test_a_playlist_becomes_an_account_and_keeps_what_is_no_login(app: App, web: Changer):
    keep(app, SOURCES["playlist"])

    web({"how": "account", "url": "tv.example:8080", "username": "ann-login", "password": "s3cret-pass"})

    assert known(app) == SOURCES["account"]


@pytest.mark.parametrize(
    ("source", "typed"),
    [
        ("account", {"how": "url", "url": ""}),
        ("account", {"how": "file"}),
        ("playlist", {"how": "account"}),
        ("playlist", {"how": "account", "url": "tv.example:8080"}),
        ("file", {"how": "url"}),
        ("file", {"how": "url", "url": "ftp://tv.example/list.m3u"}),
        ("file", {"priority": "high"}),
    ],
)
def test_a_form_that_lacks_what_the_new_kind_needs_is_refused_and_changes_nothing(
    app: App, client: TestClient, source: str, typed: Mapping[str, str]
):
    keep(app, SOURCES[source])

    answer = client.post("/sources/tv", data={**shown_form(client), **typed})

    assert answer.status_code == 422
    assert known(app) == SOURCES[source]
