"""Every verb of sources and filters has the same result over the web page, the API and the command line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from stalkeer.app import build_security
from stalkeer.core.catalogue.filters import Field, Filter, Mode
from stalkeer.demo.panel import PanelMovie
from stalkeer.demo.provider import Provider
from stalkeer.errors import NotFound
from stalkeer.faces.cli.main import run_command_line
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.refresh.refresh import refresh_sources
from stalkeer.jobs.refresh.start import RefreshOptions
from stalkeer.jobs.refresh.start import start_refresh as start_refresh_of
from stalkeer.model import Origin
from stalkeer.runtime import App
from stalkeer.store.db.database import Database
from stalkeer.store.journal.runs import NO_OPTIONS, RunId, RunOptions, claim_run, list_runs, queue_run
from stalkeer.store.sources.credentials import read_credentials
from stalkeer.store.sources.description import M3U, XTREAM, Credentials, NewSource, SourceOptions
from stalkeer.store.sources.filters import add_filter, list_filters
from stalkeer.store.sources.sources import add_source, get_source, list_sources
from tests.doubles.clock import FakeClock
from tests.doubles.server import make_server

ADDRESS = "http://tv.example:8080"
PANEL = f"{ADDRESS}/get.php?username=ann-login&password=s3cret-pass&type=m3u_plus"
ACCOUNT = NewSource("tv", XTREAM, Credentials(url=ADDRESS, username="ann-login", password="s3cret-pass"))
LIST = NewSource("tv", M3U, Credentials(url="http://tv.example/list.m3u"))
LOGIN = {"username": "ann-login", "password": "s3cret-pass"}
FACES = ("web", "api", "cli")


@dataclass
class Queue:
    """An engine that only queues."""

    database: Database
    clock: FakeClock

    def start(self, job: str, subject: str | None = None, options: RunOptions = NO_OPTIONS) -> int:
        with self.database.begin() as connection:
            return queue_run(connection, self.clock(), job, subject, options)


@pytest.fixture
def app(app: App, clock: FakeClock) -> App:
    return replace(app, engine=Queue(app.database, clock))


@dataclass
class Said:
    """How a call ended: whether it was done, and what was said."""

    done: bool
    text: str


@dataclass
class Web:
    client: TestClient
    name: str = "web"

    def post(self, path: str, form: Mapping[str, object] | None = None) -> Said:
        answer = self.client.post(path, data={key: str(value) for key, value in (form or {}).items()})
        return Said(answer.status_code < 400, answer.text + json.dumps(dict(answer.headers)))

    def add(self, url: str, *, as_playlist: bool = False, **fields: object) -> Said:
        names = {"priority", "max_connections", "bandwidth_limit", "user_agent", "refresh"}
        form = {name: "" if value is None else value for name, value in fields.items() if name in names | set(LOGIN)}
        how = "account" if "username" in fields else "url"
        extra = {"as_playlist": "1"} if as_playlist else {}
        return self.post("/sources", {"slug": "tv", "how": how, "url": url, **form, **extra})

    def change(self, **fields: object) -> Said:
        return self.post("/sources/tv", fields)

    def switch(self, *, on: bool) -> Said:
        return self.post(f"/sources/tv/{'enable' if on else 'disable'}")

    def remove(self) -> Said:
        return self.post("/sources/tv/remove")

    def add_filter(self, pattern: str) -> Said:
        return self.post("/sources/tv/filters", {"field": "name", "mode": "exclude", "pattern": pattern})

    def remove_filter(self, number: int) -> Said:
        return self.post(f"/sources/tv/filters/{number}/remove")

    def test(self) -> Said:
        return self.post("/sources/tv/test")


@dataclass
class Api:
    client: TestClient
    name: str = "api"

    def send(self, method: str, path: str, body: object = None) -> Said:
        answer = self.client.request(method, f"/api/v1/{path}", json=body)
        return Said(answer.status_code < 400, answer.text)

    def add(self, url: str, *, as_playlist: bool = False, **fields: object) -> Said:
        return self.send("POST", "sources", {"name": "tv", "url": url, "asPlaylist": as_playlist, **camel(fields)})

    def change(self, **fields: object) -> Said:
        return self.send("PATCH", "sources/tv", camel(fields))

    def switch(self, *, on: bool) -> Said:
        return self.send("PATCH", "sources/tv", {"enabled": on})

    def remove(self) -> Said:
        return self.send("DELETE", "sources/tv")

    def add_filter(self, pattern: str) -> Said:
        return self.send("POST", "filters", {"source": "tv", "field": "name", "mode": "exclude", "pattern": pattern})

    def remove_filter(self, number: int) -> Said:
        return self.send("DELETE", f"filters/{number}")

    def test(self) -> Said:
        return self.send("POST", "sources/tv/test")


@dataclass
class Cli:
    app: App
    capsys: pytest.CaptureFixture[str]
    name: str = "cli"
    options: Mapping[str, str] = field(
        default_factory=lambda: {"bandwidth_limit": "bandwidth", "max_connections": "max-connections"}
    )

    def run(self, *arguments: str) -> Said:
        self.capsys.readouterr()
        code = run_command_line(arguments, build=lambda _run: self.app, serve=lambda _app: None)
        captured = self.capsys.readouterr()
        return Said(int(code) == 0, captured.out + captured.err)

    def typed(self, fields: Mapping[str, object]) -> list[str]:
        named = {self.options.get(name, name).replace("_", "-"): str(value) for name, value in fields.items()}
        return [f"--{name}={value}" for name, value in named.items()]

    def add(self, url: str, *, as_playlist: bool = False, **fields: object) -> Said:
        kept = ["--as-playlist"] if as_playlist else []
        return self.run("source", "add", "tv", url, *self.typed(fields), *kept)

    def change(self, **fields: object) -> Said:
        return self.run("source", "edit", "tv", *self.typed(fields))

    def switch(self, *, on: bool) -> Said:
        return self.run("source", "edit", "tv", "--enable" if on else "--disable")

    def remove(self) -> Said:
        return self.run("source", "remove", "tv")

    def add_filter(self, pattern: str) -> Said:
        return self.run("source", "filter", "add", pattern, "--field", "name", "--source", "tv")

    def remove_filter(self, number: int) -> Said:
        return self.run("source", "filter", "remove", str(number))

    def test(self) -> Said:
        return self.run("source", "test", "tv", "--json")


def camel(fields: Mapping[str, object]) -> dict[str, object]:
    def word(name: str) -> str:
        first, *rest = name.split("_")
        return first + "".join(part.title() for part in rest)

    return {word(name): value for name, value in fields.items()}


@pytest.fixture
def client(app: App) -> Iterator[TestClient]:
    security = build_security(app)
    with TestClient(make_server(app, security), headers={"X-Api-Key": security.keys.ensure()}) as opened:
        yield opened


@pytest.fixture(params=FACES)
def face(request: pytest.FixtureRequest, app: App, client: TestClient, capsys: pytest.CaptureFixture[str]):
    return {"web": Web(client), "api": Api(client), "cli": Cli(app, capsys)}[request.param]


@pytest.fixture
def all_faces(app: App, client: TestClient, capsys: pytest.CaptureFixture[str]):
    return Web(client), Api(client), Cli(app, capsys)


def keep(app: App, source: NewSource, origin: Origin = Origin.UI) -> None:
    with app.database.begin() as connection:
        add_source(connection, source, app.secrets, app.clock(), origin)


def known(app: App, slug: str = "tv") -> NewSource | None:
    """Describe the source as it is stored; None where there is none."""
    with app.database.connect() as connection:
        try:
            row = get_source(connection, slug)
        except NotFound:
            return None
    limits = (row.priority, row.enabled, row.max_connections, row.bandwidth_limit)
    return NewSource(row.slug, row.kind, read_credentials(row, app.secrets), row.options, *limits)


# --- add ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"url": LIST.credentials.url}, LIST),
        ({"url": ADDRESS, **LOGIN}, ACCOUNT),
        ({"url": PANEL}, ACCOUNT),
        ({"url": PANEL, "as_playlist": True}, replace(LIST, credentials=Credentials(url=PANEL))),
        ({"url": LIST.credentials.url, "refresh": "off"}, LIST),
        ({"url": LIST.credentials.url, "bandwidth_limit": 0}, LIST),
        (
            {"url": LIST.credentials.url, "refresh": "0  4 * * *"},
            replace(LIST, options=SourceOptions(refresh="0 4 * * *")),
        ),
        (
            {"url": LIST.credentials.url, "max_connections": 0, "priority": -3},
            replace(LIST, max_connections=0, priority=-3),
        ),
    ],
)
def test_the_same_source_is_added_over_each_face(app: App, face, given: Mapping[str, object], expected: NewSource):
    said = face.add(**given)

    assert said.done, said.text
    assert known(app) == expected


BEYOND = [
    {"priority": 2_000_000},
    {"priority": -2_000_000},
    {"max_connections": -1},
    {"max_connections": 1_001},
    {"bandwidth_limit": 10**13},
    {"user_agent": "x" * 600},
    {"refresh": "whenever"},
    {"refresh": "99 * * * *"},
]


@pytest.mark.parametrize("beyond", BEYOND, ids=str)
def test_a_limit_beyond_reason_is_refused_over_each_face(app: App, face, beyond: Mapping[str, object]):
    added = face.add(LIST.credentials.url, **beyond)
    nothing = known(app)
    keep(app, LIST)
    changed = face.change(**beyond) if "user_agent" not in beyond or face.name != "api" else Said(False, "")

    assert (added.done, nothing) == (False, None)
    assert (changed.done, known(app)) == (False, LIST)


def test_a_name_that_is_taken_is_refused_over_each_face(app: App, face):
    keep(app, ACCOUNT)

    said = face.add(LIST.credentials.url)

    assert not said.done and "already a source named" in said.text
    assert known(app) == ACCOUNT


# --- switch and remove -------------------------------------------------------------------------------------------


def test_a_source_is_switched_off_and_on_over_each_face(app: App, face):
    keep(app, ACCOUNT)

    assert face.switch(on=False).done
    assert known(app) == replace(ACCOUNT, enabled=False)
    assert face.switch(on=True).done
    assert known(app) == ACCOUNT


def test_a_source_whose_login_cannot_be_read_is_switched_off_over_each_face(app: App, face):
    keep(app, ACCOUNT)
    with app.database.begin() as connection:
        connection.exec_driver_sql("UPDATE sources SET credentials = 'of another key'")

    said = face.switch(on=False)

    assert said.done, said.text
    with app.database.connect() as connection:
        row = get_source(connection, "tv")
    assert (row.enabled, row.credentials) == (False, "of another key")


def test_a_page_offers_no_switch_for_a_source_of_the_configuration(app: App, client: TestClient):
    keep(app, ACCOUNT, Origin.CONFIG)
    keep(app, replace(LIST, slug="mine"))

    page = client.get("/sources").text

    assert "/sources/mine/disable" in page and "/sources/tv/disable" not in page


@pytest.mark.parametrize("verb", ["change", "switch", "remove"])
def test_a_source_of_the_configuration_is_changed_there_whatever_the_face(app: App, face, verb: str):
    keep(app, ACCOUNT, origin=Origin.CONFIG)
    calls: Mapping[str, Callable[[], Said]] = {
        "change": lambda: face.change(priority=3),
        "switch": lambda: face.switch(on=False),
        "remove": face.remove,
    }

    said = calls[verb]()

    assert not said.done and "configuration file" in said.text
    assert known(app) == ACCOUNT


def test_removing_a_source_forgets_its_login_over_each_face(app: App, face):
    learned = "http://tv.example:8080/movie/ann-login/s3cret-pass/1.mkv"
    folder = app.paths.data_dir / "list.m3u"
    folder.write_text(f"#EXTM3U\n#EXTINF:-1,A Film (2001)\n{learned}\n")
    keep(app, replace(LIST, credentials=Credentials(path=str(folder), headers={"X-Token": "abc-token"})))
    refresh_sources(app.refresher, QuietRun(), "tv")

    assert face.remove().done

    with app.database.connect() as connection:
        [row] = list_sources(connection, with_removed=True)
    assert row.is_removed
    assert read_credentials(row, app.secrets) == Credentials()


def test_a_source_that_is_added_again_after_its_removal_has_its_entries_once(app: App, face, tmp_path: Path):
    listed = tmp_path / "list.m3u"
    listed.write_text("#EXTM3U\n#EXTINF:-1,A Film (2001)\nhttp://tv.example:8080/movie/ann-login/s3cret-pass/1.mkv\n")
    source = replace(LIST, credentials=Credentials(path=str(listed)))
    keep(app, source)
    refresh_sources(app.refresher, QuietRun(), "tv")
    face.remove()

    keep(app, source)
    [report] = refresh_sources(app.refresher, QuietRun(), "tv").sources

    assert (report.outcome, report.entries, report.changes.touched) == ("refreshed", 1, 0)


# --- refresh -----------------------------------------------------------------------------------------------------


def runs_of(app: App) -> list[tuple[str | None, RunOptions]]:
    with app.database.connect() as connection:
        return [(run.subject, run.options) for run in list_runs(connection, job="refresh")]


def start_refresh(face: Web | Api, *, accept: bool = False, slug: str = "tv") -> Said:
    if isinstance(face, Web):
        return face.post(f"/sources/{slug}/{'accept' if accept else 'refresh'}")
    return face.send("POST", f"sources/{slug}/refresh", {"accept": accept})


@pytest.mark.parametrize("accept", [False, True])
def test_page_and_api_start_the_same_refresh(app: App, all_faces, accept: bool):
    keep(app, LIST)
    started = []
    for face in all_faces[:2]:
        assert start_refresh(face, accept=accept).done
        started.append(runs_of(app))
        with app.database.begin() as connection:
            connection.exec_driver_sql("DELETE FROM runs")

    assert started[0] == started[1] and started[0][0][0] == "tv"
    assert started[0][0][1].accept is accept


@pytest.mark.parametrize("number", [0, 1], ids=["web", "api"])
def test_a_refresh_of_a_source_that_does_not_exist_is_refused(app: App, all_faces, number: int):
    said = start_refresh(all_faces[number], slug="nobody")

    assert not said.done and "no source named" in said.text
    assert runs_of(app) == []


@pytest.mark.parametrize("number", [0, 1], ids=["web", "api"])
@pytest.mark.parametrize("is_running", [False, True])
def test_a_refresh_that_leaves_a_smaller_list_on_hold_does_not_announce_it_as_accepted(
    app: App, all_faces, number: int, is_running: bool
):
    keep(app, LIST)
    face = all_faces[number]
    start_refresh(face)
    if is_running:
        with app.database.begin() as connection:
            claim_run(connection, RunId(1), app.clock(), "local")

    said = start_refresh(face, accept=True)

    if is_running:
        assert not said.done and "is being refreshed" in said.text
    else:
        assert said.done and runs_of(app) == [("tv", RunOptions(accept=True))]


def test_a_plain_refresh_takes_nothing_from_one_that_waits(app: App, all_faces):
    keep(app, LIST)
    web, api, _ = all_faces
    start_refresh(web, accept=True)

    assert start_refresh(api).done

    assert runs_of(app) == [("tv", RunOptions(accept=True))]


def test_a_refresh_of_all_sources_widens_the_scheduled_one_that_waits(app: App):
    app.engine.start("refresh", None, RefreshOptions(without_own_times=True).to_run())

    start_refresh_of(app.database, app.engine, None)

    assert runs_of(app) == [(None, RunOptions())]


# --- test --------------------------------------------------------------------------------------------------------


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as running:
        running.account("ann-login", "s3cret-pass", max_connections=2)
        running.listing.movies = [PanelMovie(n, f"EN - The Silver River {n} (19{n})") for n in range(50, 60)]
        yield running


def test_api_and_command_line_tell_the_same_of_a_tested_source(app: App, all_faces, provider: Provider):
    keep(app, replace(ACCOUNT, credentials=replace(ACCOUNT.credentials, url=provider.url)))

    _, api, cli = all_faces

    assert json.loads(api.test().text) == json.loads(cli.test().text)


def test_a_test_of_a_kept_source_tells_what_its_filters_leave_out(app: App, face, provider: Provider):
    keep(app, replace(ACCOUNT, credentials=replace(ACCOUNT.credentials, url=provider.url)))
    with app.database.begin() as connection:
        source = get_source(connection, "tv")
        add_filter(connection, Filter(Field.NAME, Mode.EXCLUDE, "river 5[0-3]"), source.id, app.clock())

    said = face.test()

    if face.name == "web":
        assert "It contains 6 movies." in " ".join(said.text.split())
    else:
        assert json.loads(said.text)["kinds"] == {"movie": 6}


# --- filters -----------------------------------------------------------------------------------------------------


def kept_filters(app: App) -> list[tuple[str, Filter]]:
    with app.database.connect() as connection:
        slugs = {row.id: row.slug for row in list_sources(connection)}
        return [(slugs.get(row.source_id, "all"), row.filter) for row in list_filters(connection)]


def test_a_filter_is_kept_and_taken_back_over_each_face(app: App, face):
    keep(app, LIST)

    assert face.add_filter("trailer").done
    assert kept_filters(app) == [("tv", Filter(Field.NAME, Mode.EXCLUDE, "trailer"))]
    assert face.remove_filter(1).done
    assert kept_filters(app) == []


@pytest.mark.parametrize("pattern", ["(", "a(?=b)"])
def test_a_pattern_that_cannot_be_used_is_refused_over_each_face(app: App, face, pattern: str):
    keep(app, LIST)

    said = face.add_filter(pattern)

    assert not said.done and "cannot be used" in said.text
    assert kept_filters(app) == []


def test_a_filter_of_the_configuration_is_taken_back_there_whatever_the_face(app: App, face):
    keep(app, LIST)
    with app.database.begin() as connection:
        row = add_filter(connection, Filter(Field.NAME, Mode.EXCLUDE, "x"), None, app.clock(), Origin.CONFIG)

    said = face.remove_filter(row.id)

    assert not said.done and "configuration file" in said.text
    assert len(kept_filters(app)) == 1


def test_a_page_removes_no_filter_of_another_source(app: App, all_faces):
    keep(app, LIST)
    keep(app, replace(LIST, slug="other"))
    with app.database.begin() as connection:
        other = get_source(connection, "other")
        row = add_filter(connection, Filter(Field.NAME, Mode.EXCLUDE, "x"), other.id, app.clock())

    said = all_faces[0].remove_filter(row.id)

    assert not said.done
    assert len(kept_filters(app)) == 1


def test_every_source_is_read_anew_when_a_page_removes_a_filter_for_all(app: App, all_faces):
    keep(app, LIST)
    keep(app, replace(LIST, slug="other"))
    with app.database.begin() as connection:
        row = add_filter(connection, Filter(Field.NAME, Mode.EXCLUDE, "x"), None, app.clock())

    assert all_faces[0].remove_filter(row.id).done

    assert [subject for subject, _ in runs_of(app)] == [None]


def test_api_and_command_line_preview_a_filter_alike(app: App, all_faces, tmp_path: Path):
    listed = tmp_path / "list.m3u"
    listed.write_text("#EXTM3U\n#EXTINF:-1,A Film (2001)\nhttp://h.example/movie/u1/p1/1.mkv\n")
    keep(app, replace(LIST, credentials=Credentials(path=str(listed))))
    refresh_sources(app.refresher, QuietRun(), "tv")
    _, api, cli = all_faces
    body = {"source": "tv", "field": "name", "mode": "exclude", "pattern": "film"}

    over_api = json.loads(api.send("POST", "filters/preview", body).text)
    typed = cli.run("source", "filter", "preview", "film", "--field", "name", "--source", "tv", "--json")

    assert over_api == json.loads(typed.text)
    assert over_api["dropped"] == 1


# --- show --------------------------------------------------------------------------------------------------------


def test_api_and_command_line_show_the_same_of_a_source(app: App, all_faces):
    options = SourceOptions(user_agent="player/1", refresh="0 3 * * *", max_shrink=0.25, adult=True)
    keep(app, replace(ACCOUNT, options=options, priority=7, max_connections=3, bandwidth_limit=2_000_000))
    _, api, cli = all_faces

    shown = json.loads(api.send("GET", "sources").text)["records"]

    assert shown == json.loads(cli.run("source", "list", "--json").text)["sources"]


def test_api_and_command_line_list_the_same_filters(app: App, all_faces):
    keep(app, LIST)
    _, api, cli = all_faces
    api.add_filter("trailer")

    shown = json.loads(api.send("GET", "filters").text)["records"]

    assert shown == json.loads(cli.run("source", "filter", "list", "--json").text)["filters"]
