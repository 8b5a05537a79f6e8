"""Each verb on instances has the same result from the pages, the API and the command line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import stamina
from starlette.testclient import TestClient

from stalkeer.adapters.arr.reading import read_profiles
from stalkeer.app import build_security
from stalkeer.demo.http import Response
from stalkeer.demo.radarr import Radarr
from stalkeer.demo.sonarr import Sonarr
from stalkeer.engine.build import build_table
from stalkeer.errors import ArrError
from stalkeer.faces.cli.main import run_command_line
from stalkeer.jobs.library.path_map import path_map
from stalkeer.model import InstanceKind
from stalkeer.runtime import App
from stalkeer.store.journal.runs import claim_run, queue_run
from stalkeer.store.library.instances import (
    FolderPair,
    InstanceOptions,
    InstanceRow,
    NewInstance,
    add_instance,
    find_instance,
    list_instances,
    note_failure,
    set_webhook_secret,
)
from stalkeer.store.system.health import list_findings
from tests.doubles.server import make_server

KEY = "f" * 32
NOWHERE = "http://127.0.0.1:9"
PAGE = "/settings/instances"
API = "/api/v1/instances"
PAIR = FolderPair("/data/vod", "/downloads")
OPTIONS = InstanceOptions(
    quality_profile_id=4,
    path_mappings=(PAIR,),
    timeout_s=7.0,
    ca_file="/certificates/own.pem",
    exclude_tags=("no-vod",),
)


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=1, cap=True):
        yield


@pytest.fixture
def radarr(tmp_path: Path) -> Iterator[Radarr]:
    (tmp_path / "library").mkdir()
    with Radarr(tmp_path / "library", api_key=KEY) as server:
        yield server


@dataclass(frozen=True)
class Ended:
    """`is_done` is whether the face said that it did what was asked."""

    is_done: bool
    text: str


@dataclass
class Faces:
    """The three ways to say one thing."""

    app: App
    client: TestClient
    capsys: pytest.CaptureFixture[str]

    def web(self, path: str, **fields: str) -> Ended:
        answer = self.client.post(PAGE + path, data=fields, headers={"HX-Request": "true"}, follow_redirects=False)
        return Ended(answer.status_code < 400, answer.text + unquote(answer.headers.get("Stalkeer-Toast", "")))

    def api(self, method: str, path: str, body: object = None) -> Ended:
        return self._answered(self.client.request(method, path, json=body))

    def cli(self, *words: str) -> Ended:
        self.capsys.readouterr()
        code = run_command_line((*words, "--json"), build=lambda _run: self.app, serve=lambda _app: None)
        captured = self.capsys.readouterr()
        return Ended(code == 0, captured.out + captured.err)

    @staticmethod
    def _answered(answer: Any) -> Ended:
        return Ended(answer.status_code < 400, answer.text)

    def known(self, slug: str = "radarr") -> InstanceRow:
        with self.app.database.connect() as connection:
            row = find_instance(connection, slug)
        assert row is not None
        return row

    def names(self) -> list[str]:
        with self.app.database.connect() as connection:
            return [row.slug for row in list_instances(connection)]

    def keep(self, slug: str = "radarr", **values: Any) -> InstanceRow:
        """An instance as a user added it before."""
        new = NewInstance(slug, InstanceKind(slug.partition("-")[0]), **{"url": NOWHERE, "api_key": KEY, **values})
        with self.app.database.begin() as connection:
            add_instance(connection, new, self.app.secrets, self.app.clock())
        return self.known(slug)


@pytest.fixture
def faces(app: App, capsys: pytest.CaptureFixture[str]) -> Iterator[Faces]:
    security = build_security(app)
    with TestClient(make_server(app, security), headers={"X-Api-Key": security.keys.ensure()}) as opened:
        yield Faces(app, opened, capsys)


# --- add


def add_web(faces: Faces, url: str, **fields: str) -> Ended:
    return faces.web("", **{"kind": "radarr", "url": url, "api_key": KEY, **fields})


def add_api(faces: Faces, url: str, **fields: str) -> Ended:
    names = {"api_key": "apiKey", "quality_profile_id": "qualityProfileId"}
    body: dict[str, object] = {"kind": "radarr", "url": url, "apiKey": KEY}
    body |= {names.get(name, name): value for name, value in fields.items()}
    if "qualityProfileId" in body:
        body["qualityProfileId"] = int(str(body["qualityProfileId"]))
    return faces.api("POST", API, body)


def add_cli(faces: Faces, url: str, **fields: str) -> Ended:
    given = {"api_key": KEY, **fields}
    options = [f"--{name.replace('_', '-')}={value}" for name, value in given.items()]
    return faces.cli("arr", "add", "radarr", url, *options)


ADDERS = {"web": add_web, "api": add_api, "cli": add_cli}
Adder = Callable[..., Ended]


@pytest.fixture(params=ADDERS)
def add(request: pytest.FixtureRequest) -> Adder:
    return ADDERS[request.param]


def test_every_face_saves_an_instance_that_answers(faces: Faces, radarr: Radarr, add: Adder):
    assert add(faces, f"{radarr.url}/settings/general", quality_profile_id="4").is_done

    row = faces.known()
    assert (row.url, row.version, row.options, row.last_error) == (
        radarr.url, radarr.version, InstanceOptions(quality_profile_id=4), None,
    )  # fmt: skip
    assert row.last_success_at == faces.app.clock()
    assert faces.app.secrets.decrypt(row.api_key) == KEY


def test_the_first_instance_of_a_program_is_its_default_and_a_second_one_is_not(
    faces: Faces, radarr: Radarr, add: Adder
):
    add(faces, radarr.url)
    add(faces, radarr.url, name="4k")

    assert [faces.known(name).is_default for name in ("radarr", "radarr-4k")] == [True, False]


def test_a_program_has_one_default_instance(faces: Faces, radarr: Radarr):
    faces.keep("radarr-4k", is_default=True)

    add_web(faces, radarr.url, is_default="1")

    assert [faces.known(name).is_default for name in ("radarr", "radarr-4k")] == [True, False]


@pytest.mark.parametrize(
    "wrong",
    [{"name": "No Name!"}, {"name": "x" * 80}, {"api_key": "clé"}, {"quality_profile_id": "-1"},
     {"quality_profile_id": str(2**31)}],
    ids=str,
)  # fmt: skip
def test_a_field_that_cannot_be_used_is_refused(faces: Faces, radarr: Radarr, add: Adder, wrong: Mapping[str, str]):
    assert not add(faces, radarr.url, **wrong).is_done
    assert faces.names() == []


def test_a_quality_profile_that_is_no_number_is_refused_by_the_form(faces: Faces, radarr: Radarr):
    assert "number" in add_web(faces, radarr.url, quality_profile_id="best").text
    assert faces.names() == []


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/radarr", "file:///etc/passwd", "http://"])
def test_an_address_that_is_none_of_the_web_is_refused_in_the_same_words(faces: Faces, add: Adder, url: str):
    said = add(faces, url)

    assert not said.is_done
    assert "is not a web address" in " ".join(said.text.split())


def test_an_instance_that_is_added_again_is_asked_at_once(faces: Faces, radarr: Radarr, add: Adder):
    shut_gate(faces, radarr, faces.keep(url=radarr.url))
    faces.api("DELETE", f"{API}/radarr")

    assert add(faces, radarr.url).is_done

    ask(faces.app, faces.known())


# --- change


def form_of(row: InstanceRow) -> dict[str, str]:
    """The fields of the page as they are filled in."""
    profile = row.options.quality_profile_id
    mappings = "\n".join(f"{pair.local} = {pair.remote}" for pair in row.options.path_mappings)
    return {"url": row.url, "api_key": "", "mappings": mappings, "quality_profile_id": str(profile or "")}


def change_web(faces: Faces, **fields: str) -> Ended:
    return faces.web("/radarr", **{**form_of(faces.known()), **fields})


def change_api(faces: Faces, **fields: str) -> Ended:
    names = {"api_key": "apiKey"}
    return faces.api("PATCH", f"{API}/radarr", {names.get(name, name): value for name, value in fields.items()})


def change_settings(faces: Faces, **fields: str) -> Ended:
    body = {"url": faces.known().url} | {{"api_key": "apiKey"}.get(name, name): text for name, text in fields.items()}
    return faces.api("PUT", "/api/v1/settings/radarr", body)


CHANGERS = {"web": change_web, "api": change_api, "settings": change_settings}


@pytest.fixture(params=CHANGERS)
def change(request: pytest.FixtureRequest) -> Callable[..., Ended]:
    return CHANGERS[request.param]


def test_a_field_that_is_not_named_stays(faces: Faces, radarr: Radarr, change: Callable[..., Ended]):
    before = faces.keep(options=replace(OPTIONS, ca_file=None), enabled=False, is_default=True)

    assert change(faces, url=radarr.url).is_done

    after = faces.known()
    assert (after.url, after.options, after.enabled, after.is_default, after.slug, after.kind) == (
        radarr.url, before.options, False, True, before.slug, before.kind,
    )  # fmt: skip
    assert faces.app.secrets.decrypt(after.api_key) == KEY


def test_a_save_that_succeeds_says_so_of_the_instance(faces: Faces, radarr: Radarr, change: Callable[..., Ended]):
    row = faces.keep()
    with faces.app.database.begin() as connection:
        note_failure(connection, row.id, "it did not answer")

    assert change(faces, url=radarr.url).is_done

    after = faces.known()
    assert (after.last_error, after.failures, after.version) == (None, 0, radarr.version)


def test_a_save_that_succeeds_lets_requests_pass_again(faces: Faces, radarr: Radarr, change: Callable[..., Ended]):
    shut_gate(faces, radarr, faces.keep(url=radarr.url))

    assert change(faces, url=radarr.url).is_done

    ask(faces.app, faces.known())


def test_a_key_is_entered_again_where_the_stored_one_cannot_be_read(
    faces: Faces, radarr: Radarr, change: Callable[..., Ended]
):
    faces.keep(url=radarr.url)
    with faces.app.database.begin() as connection:
        connection.exec_driver_sql("UPDATE instances SET api_key = 'of another key'")

    assert change(faces, api_key=KEY).is_done

    assert faces.app.secrets.decrypt(faces.known().api_key) == KEY


def test_a_changed_instance_is_trusted_by_its_own_authority(faces: Faces, change: Callable[..., Ended]):
    faces.keep(options=OPTIONS, url="https://127.0.0.1:9")

    assert "/certificates/own.pem cannot be read" in " ".join(change(faces, url="https://127.0.0.1:9").text.split())


@pytest.mark.parametrize("wrong", [{"url": "ftp://127.0.0.1"}, {"api_key": "clé"}], ids=str)
def test_a_change_that_cannot_be_used_is_refused(
    faces: Faces, radarr: Radarr, change: Callable[..., Ended], wrong: Mapping[str, str]
):
    before = faces.keep(url=radarr.url)

    assert not change(faces, **wrong).is_done
    assert faces.known() == before


@pytest.fixture
def configured(faces: Faces, radarr: Radarr) -> InstanceRow:
    """An instance of config.yml."""
    faces.keep(url=radarr.url)
    with faces.app.database.begin() as connection:
        connection.exec_driver_sql("UPDATE instances SET origin = 'config'")
    return faces.known()


@pytest.mark.parametrize("change_there", [change_web, change_api])
def test_an_instance_of_the_configuration_is_changed_there(faces: Faces, configured: InstanceRow, change_there):
    said = change_there(faces, url=configured.url)

    assert not said.is_done and "comes from config.yml" in said.text
    assert faces.known() == configured


def test_an_instance_of_the_configuration_that_is_set_as_a_setting_is_taken_over(faces: Faces, configured: InstanceRow):
    assert change_settings(faces, url=configured.url).is_done

    assert faces.known().origin == "ui"


def test_a_mapping_that_the_doctor_proposes_takes_the_place_of_a_wrong_one(faces: Faces):
    other = FolderPair("/data/other", "/other")
    faces.keep(options=InstanceOptions(path_mappings=(FolderPair("/data/vod", "/wrong"), other)))

    faces.client.post("/system/doctor/mapping", data={"instance": "radarr", **asdict(PAIR)})

    row = faces.known()
    assert set(row.options.path_mappings) == {other, PAIR}
    assert path_map(row).to_remote(Path("/data/vod/file.mkv")) == "/downloads/file.mkv"


def test_an_empty_mapping_is_not_taken(faces: Faces):
    before = faces.keep()

    answer = faces.client.post("/system/doctor/mapping", data={"instance": "radarr", "local": "/data/vod"})

    assert answer.status_code == 422
    assert faces.known() == before


# --- test


TESTERS: dict[str, Callable[[Faces], Ended]] = {
    "web": lambda faces: faces.web("/radarr/test"),
    "api": lambda faces: faces.api("POST", f"{API}/radarr/test"),
    "cli": lambda faces: faces.cli("arr", "test", "radarr"),
}


@pytest.fixture(params=TESTERS)
def test_it(request: pytest.FixtureRequest) -> Callable[[Faces], Ended]:
    return TESTERS[request.param]


def test_a_test_that_succeeds_says_so_of_the_instance(faces: Faces, radarr: Radarr, test_it):
    row = faces.keep(url=f"{radarr.url}/settings")
    with faces.app.database.begin() as connection:
        note_failure(connection, row.id, "it did not answer")

    assert radarr.version in test_it(faces).text

    after = faces.known()
    assert (after.last_error, after.failures, after.version, after.url) == (None, 0, radarr.version, radarr.url)


def test_a_test_that_succeeds_lets_requests_pass_again(faces: Faces, radarr: Radarr, test_it):
    shut_gate(faces, radarr, faces.keep(url=radarr.url))

    test_it(faces)

    ask(faces.app, faces.known())


def test_a_test_that_fails_says_so_of_the_instance(faces: Faces, radarr: Radarr, test_it):
    faces.keep(url=radarr.url, api_key="0" * 32)

    assert "API key was not accepted" in " ".join(test_it(faces).text.split())

    after = faces.known()
    assert "API key was not accepted" in (after.last_error or "")
    assert after.failures == 1


def shut_gate(faces: Faces, radarr: Radarr, row: InstanceRow) -> None:
    """The instance is away for so long that it is not asked any more; then it is back."""
    radarr.hook = lambda _request: Response(hang_up=True)
    for _ in range(3):
        with pytest.raises(ArrError):
            ask(faces.app, row)
    radarr.hook = None
    with pytest.raises(ArrError, match="times in a row"):
        ask(faces.app, row)


def ask(app: App, row: InstanceRow) -> None:
    with app.arrs.client(row) as client:
        read_profiles(client)


# --- remove


@pytest.mark.parametrize(
    "remove",
    [
        lambda faces: faces.web("/radarr/remove"),
        lambda faces: faces.api("DELETE", f"{API}/radarr"),
        lambda faces: faces.cli("arr", "remove", "radarr"),
    ],
    ids=["web", "api", "cli"],
)
class TestRemoval:
    def test_a_removed_instance_is_listed_nowhere_and_keeps_its_row(self, faces: Faces, remove):
        before = faces.keep()

        assert remove(faces).is_done

        assert faces.names() == []
        assert replace(faces.known(), enabled=True, removed_at=None) == before
        assert not remove(faces).is_done

    def test_events_of_a_removed_instance_are_refused(self, faces: Faces, remove):
        row = faces.keep()
        with faces.app.database.begin() as connection:
            set_webhook_secret(connection, row.id, faces.app.secrets.encrypt("a-secret"))
        send = ("POST", "/api/v1/webhooks/radarr/a-secret", {"eventType": "Test"})
        assert faces.api(*send).is_done

        remove(faces)

        assert not faces.api(*send).is_done

    def test_an_instance_of_the_configuration_is_removed_there(self, faces: Faces, remove):
        faces.keep()
        with faces.app.database.begin() as connection:
            connection.exec_driver_sql("UPDATE instances SET origin = 'config'")

        said = remove(faces)

        assert not said.is_done and "comes from config.yml" in said.text
        assert faces.names() == ["radarr"]


# --- webhooks


CONNECTORS: dict[str, Callable[[Faces, str], Ended]] = {
    "api": lambda faces, url: faces.api("POST", f"{API}/radarr/webhook", {"url": url}),
    "cli": lambda faces, url: faces.cli("arr", "connect", "radarr", "--url", url),
}


@pytest.fixture(params=CONNECTORS)
def connect(request: pytest.FixtureRequest) -> Callable[[Faces, str], Ended]:
    return CONNECTORS[request.param]


def test_an_address_of_ours_that_is_none_is_refused_before_the_instance_is_told(faces: Faces, radarr: Radarr, connect):
    faces.keep(url=radarr.url)

    said = connect(faces, "stalkeer:7825")

    assert not said.is_done and "is not a web address" in " ".join(said.text.split())
    assert radarr.notifications == []


def test_an_instance_that_refuses_our_webhook_is_named_and_nothing_is_kept(faces: Faces, radarr: Radarr, connect):
    faces.keep(url=radarr.url)

    said = connect(faces, NOWHERE)  # it tries the address at once

    assert not said.is_done
    assert faces.known().webhook_secret is None


# --- doctor and scan


def test_the_path_doctor_finds_the_same_for_every_face(faces: Faces, radarr: Radarr):
    faces.keep(url=radarr.url)
    for folder in (faces.app.settings.directories.movies, faces.app.settings.directories.tvshows):
        folder.mkdir(parents=True)

    api = json.loads(faces.api("POST", "/api/v1/doctor/paths").text)
    cli = json.loads(faces.cli("doctor", "paths").text)
    page = faces.client.post("/system/doctor").text

    assert [check["problems"] for check in api["checks"]] == [check["problems"] for check in cli["checks"]]
    assert all(check["folder"] in page for check in api["checks"])
    assert api["ok"] is cli["ok"]


def scan_as_the_engine(faces: Faces) -> None:
    with faces.app.database.begin() as connection:
        run_id = queue_run(connection, faces.app.clock(), "scan")
        claim_run(connection, run_id, faces.app.clock(), "worker")
    build_table(faces.app).execute(run_id)


@pytest.mark.parametrize("scan", [scan_as_the_engine, lambda faces: faces.cli("scan", "missing")], ids=["job", "cli"])
def test_a_scan_notes_that_an_instances_clock_is_not_ours(faces: Faces, radarr: Radarr, scan):
    faces.app.settings.directories.movies.mkdir(parents=True)
    faces.keep(url=radarr.url)  # its clock is the machine's, ours the test's

    scan(faces)

    with faces.app.database.connect() as connection:
        found = [row.finding for row in list_findings(connection)]
    assert [(finding.check, finding.subject) for finding in found] == [("instance-clock", "radarr")]


# --- calendar


def test_the_calendar_shows_the_same_on_the_page_and_in_the_api(faces: Faces, radarr: Radarr, tmp_path: Path):
    (tmp_path / "tv").mkdir()
    with Sonarr(tmp_path / "tv", api_key=KEY) as sonarr:
        faces.keep(url=radarr.url)
        faces.keep("sonarr", url=sonarr.url)
        faces.keep("radarr-away")
        faces.keep("sonarr-off", enabled=False)
        radarr.add_movie("Some Movie", 2020)
        sonarr.add_episode(sonarr.add_series("Some Series", 2019), 1, 1, air_date_utc=faces.app.clock())

        page = faces.client.get("/calendar/days").text
        api = faces.client.get("/api/v1/calendar").json()

    assert [item["title"] for item in api["items"] if item["title"] not in page] == []
    assert {item["instance"] for item in api["items"]} >= {"sonarr"}
    assert list(api["errors"]) == ["radarr-away"]
    assert "radarr-away" in page and "sonarr-off" not in page
