"""Each verb on matches, rules, the blocklist and scans has the same result from every face that has it."""

from __future__ import annotations

import io
import json
import shutil
from contextlib import redirect_stdout
from dataclasses import dataclass, replace

import pytest
import stamina
from sqlalchemy import delete, select, update
from starlette.testclient import TestClient

from stalkeer.app import build_security
from stalkeer.core.matching.rules import RuleAction
from stalkeer.demo.radarr import Radarr
from stalkeer.engine.build import build_table
from stalkeer.faces.cli.main import run_command_line
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.matching.match import match_wanted
from stalkeer.runtime import App
from stalkeer.store.db.database import open_database, sqlite_url
from stalkeer.store.db.tables import instances, matches, runs
from stalkeer.store.matching.matches import MatchFilter, list_matches
from stalkeer.store.matching.rules import list_rules
from stalkeer.store.system.health import list_findings
from tests.doubles.app import make_app
from tests.doubles.catalogue import Catalogue
from tests.doubles.engine import QueueingEngine
from tests.doubles.instances import know
from tests.doubles.server import make_server

API, WEB, CLI = "api", "web", "cli"
EVERY = (API, WEB, CLI)


@pytest.fixture(autouse=True)
def no_waiting():
    with stamina.set_testing(True, attempts=2, cap=True):
        yield


@dataclass
class House:
    """One movie that two entries may be, one episode that a list numbers otherwise, and a face to act through."""

    app: App
    client: TestClient
    face: str
    catalogue: Catalogue
    dune: int
    episode: int
    entries: dict[str, int]

    def api(self, method: str, path: str, **more):
        return self.client.request(method, f"/api/v1{path}", **more)

    def post(self, path: str, **fields):
        return self.client.post(path, data=fields, headers={"HX-Request": "true"})

    def run(self, *arguments: object) -> tuple[int, dict]:
        out = io.StringIO()
        with redirect_stdout(out):
            code = run_command_line([*map(str, arguments), "--json"], build=lambda _: self.app, serve=lambda _: None)
        return int(code), json.loads(out.getvalue() or "{}")

    def carry_out_runs(self) -> None:
        """Do what a face handed to the engine."""
        with self.app.database.connect() as connection:
            waiting = connection.scalars(select(runs.c.id).where(runs.c.state == "queued").order_by(runs.c.id)).all()
        for run_id in waiting:
            build_table(self.app).carry_out(run_id, "test", lambda: None)

    def match_id(self, entry: str) -> int:
        with self.app.database.connect() as connection:
            return next(row.id for row in list_matches(connection, MatchFilter()) if row.entry_name == entry)

    def rule_id(self) -> int:
        with self.app.database.connect() as connection:
            return list_rules(connection)[0].rule.id

    @property
    def decisions(self) -> dict[str, str]:
        with self.app.database.connect() as connection:
            return {row.entry_name: row.decision.value for row in list_matches(connection, MatchFilter())}

    @property
    def rules(self) -> list[tuple[str, str, str]]:
        with self.app.database.connect() as connection:
            return [(row.rule.action.value, row.rule.reason, row.origin.value) for row in list_rules(connection)]

    @property
    def has_open_items(self) -> bool:
        return match_wanted(self.app.matching.offline(), QuietRun()).items > 0


@pytest.fixture
def open_house(tmp_path, empty_file, clock):
    """`open_house(face)`: a program of its own with the same things in it, and one of its faces."""
    opened = []

    def open_one(face: str) -> House:
        folder = tmp_path / f"{face}-{len(opened)}"
        folder.mkdir()
        shutil.copy(empty_file, folder / "stalkeer.db")
        database = open_database(sqlite_url(folder / "stalkeer.db"))
        app = make_app(folder / "data", database, clock)
        app = replace(app, engine=QueueingEngine(app))
        security = build_security(app)
        client = TestClient(make_server(app, security), headers={"X-Api-Key": security.keys.ensure()})
        opened.append(database)
        catalogue = Catalogue(database, clock)
        dune = catalogue.film("Dune", 2021)
        episode = catalogue.episode(catalogue.series("Long Show", 2001), 2, 3)
        names = ("Dune (2021)", "Dune", "Wüstenplanet Neu")
        entries = dict(zip(names, catalogue.list_entries(*names), strict=True))
        catalogue.list_entries("Long Show (2001) S01E15", kind="episode")
        match_wanted(app.matching, QuietRun())
        return House(app, client, face, catalogue, dune, episode, entries)

    yield open_one
    for database in opened:
        database.close()


def decide(house: House, entry: str, verb: str) -> None:
    match = house.match_id(entry)
    if house.face == WEB:
        assert house.post(f"/matches/{match}/{verb}").status_code == 200
    elif house.face == CLI:
        assert house.run("match", verb, match)[0] == 0
    elif verb == "confirm":
        assert house.api("POST", f"/matches/{match}/confirm", json={}).status_code == 200
    else:
        assert house.api("DELETE", f"/matches/{match}").status_code == 204


def decide_several(house: House, entries: tuple[str, ...], verb: str) -> None:
    matches = [house.match_id(entry) for entry in entries]
    if house.face == WEB:
        assert house.post("/matches/many", verb=verb, ids=matches).status_code == 200
        return
    for entry in entries:
        decide(house, entry, verb)


def take(house: House, entry: str) -> None:
    if house.face == CLI:
        _, listed = house.run("match", "search", entry)
        [found] = [each["id"] for each in listed["entries"] if each["name"] == entry]
        assert house.run("match", "take", "Dune", found)[0] == 0
    else:
        listed = house.api("GET", "/entries", params={"search": entry}).json()
        [found] = [each["id"] for each in listed["records"] if each["name"] == entry]
        pair = {"wantedId": house.dune, "entryId": found}
        assert house.api("POST", "/matches/take", json=pair).status_code == 200


def block(house: House, entry: str) -> None:
    if house.face == CLI:
        assert house.run("match", "block", house.entries[entry])[0] == 0
    else:
        assert house.api("POST", "/rules/block", json={"entryId": house.entries[entry]}).status_code == 200


def shift(house: House) -> None:
    if house.face == CLI:
        options = ("--season", 1, "--episode", "-12", "--only-season", 1)
        assert house.run("match", "offset", "Long Show", *options)[0] == 0
    else:
        document = {"wantedId": house.episode, "season": 1, "episode": -12, "onlySeason": 1}
        assert house.api("POST", "/rules/offset", json=document).status_code == 200


def forget(house: House, rule: int) -> None:
    if house.face == WEB:
        assert house.post(f"/matches/rules/{rule}/back").status_code == 200
    elif house.face == CLI:
        assert house.run("match", "forget", rule)[0] == 0
    else:
        assert house.api("DELETE", f"/rules/{rule}").status_code == 204


def unblock(house: House, rule: int) -> int:
    if house.face == WEB:
        return house.post(f"/activity/blocklist/{rule}/remove").status_code
    return house.api("DELETE", f"/blocklist/{rule}").status_code


def clear_blocklist(house: House) -> None:
    if house.face == WEB:
        assert house.post("/activity/blocklist/clear").status_code == 200
    else:
        assert house.api("DELETE", "/blocklist").status_code == 204


def match_again(house: House, wanted: int) -> int:
    """Answers how the face ended: an HTTP status, or the exit code of a command."""
    if house.face == WEB:
        return house.post(f"/wanted/{wanted}/match").status_code
    if house.face == CLI:
        return house.run("match", "run", wanted)[0]
    status = house.api("POST", "/matches/run", json={"wantedId": wanted}).status_code
    house.carry_out_runs()
    return status


FOUND = {"Dune (2021)": "confirm", "Dune": "review"}


@pytest.mark.parametrize("face", EVERY)
@pytest.mark.parametrize(
    ("verb", "entry", "after", "action"),
    [("confirm", "Dune", "confirm", "pin"), ("reject", "Dune (2021)", "rejected", "reject")],
)
def test_a_decision_makes_the_same_rule_and_the_same_matches(open_house, face, verb, entry, after, action):
    house = open_house(face)
    assert house.decisions == FOUND

    decide(house, entry, verb)

    assert house.decisions == FOUND | {entry: after}
    assert house.rules == [(action, "", "user")]


@pytest.mark.parametrize("face", EVERY)
def test_a_second_decision_takes_the_place_of_the_first(open_house, face):
    house = open_house(face)
    decide(house, "Dune", "reject")

    decide(house, "Dune", "confirm")

    assert house.decisions == FOUND | {"Dune": "confirm"}
    assert house.rules == [("pin", "", "user")]


@pytest.mark.parametrize("face", EVERY)
def test_a_decision_that_is_taken_back_leaves_no_trace(open_house, face):
    house = open_house(face)
    decide(house, "Dune (2021)", "reject")

    forget(house, house.rule_id())

    assert house.decisions == FOUND
    assert house.rules == []


@pytest.mark.parametrize("face", EVERY)
def test_the_same_movie_of_a_second_instance_is_decided_along_with_the_first_one(open_house, face):
    house = open_house(face)
    first = house.catalogue.film("Ember", 2011, tmdb_id=11)
    second = house.catalogue.film("Ember", 2011, tmdb_id=11)
    house.catalogue.list_entries("Ember (2011)")
    match_wanted(house.app.matching, QuietRun())

    decide_several(house, ("Ember (2011)", "Dune"), "reject")

    with house.app.database.connect() as connection:
        rows = list_matches(connection, MatchFilter(text="Ember"))
    assert {row.wanted_id: row.decision.value for row in rows} == {first: "rejected", second: "rejected"}
    assert house.decisions["Dune"] == "rejected"


def test_one_match_that_cannot_be_decided_hinders_no_other(open_house):
    house = open_house(WEB)
    lost = house.match_id("Dune (2021)") + 1_000

    answer = house.post("/matches/many", verb="reject", ids=[lost, house.match_id("Dune")])

    assert answer.status_code == 200
    assert house.decisions["Dune"] == "rejected"
    assert f"no%20match%20{lost}" in answer.headers["Stalkeer-Toast"]


@pytest.mark.parametrize("face", [API, CLI])
def test_any_entry_is_taken_for_an_item(open_house, face):
    house = open_house(face)

    take(house, "Wüstenplanet Neu")

    assert house.decisions == FOUND | {"Wüstenplanet Neu": "confirm"}
    assert house.rules == [("pin", "", "user")]


def test_the_command_line_takes_an_entry_for_no_item_by_chance(open_house):
    house = open_house(CLI)
    house.catalogue.film("Dune", 1984)

    code, _ = house.run("match", "take", "Dune", house.entries["Wüstenplanet Neu"])

    assert code == 1
    assert house.rules == []


@pytest.mark.parametrize("face", [API, CLI])
def test_an_offset_makes_the_same_rule_and_the_same_matches(open_house, face):
    house = open_house(face)

    shift(house)

    assert house.decisions == FOUND | {"Long Show (2001) S01E15": "confirm"}
    assert house.rules == [("offset", "", "user")]


@pytest.mark.parametrize("face", [API, CLI])
def test_a_blocked_entry_is_rejected(open_house, face):
    house = open_house(face)

    block(house, "Dune (2021)")

    assert house.decisions == FOUND | {"Dune (2021)": "rejected"}
    assert house.rules == [("block", "", "user")]


@pytest.mark.parametrize("face", [API, WEB])
def test_what_is_taken_off_the_blocklist_is_matched_again(open_house, face):
    house = open_house(API)
    block(house, "Dune (2021)")
    house.face = face

    unblock(house, house.rule_id())

    assert house.decisions == FOUND
    assert house.rules == []


@pytest.mark.parametrize("face", [API, WEB])
def test_a_cleared_blocklist_is_matched_again_and_other_rules_stay(open_house, face):
    house = open_house(API)
    for entry in ("Dune (2021)", "Wüstenplanet Neu"):
        block(house, entry)
    decide(house, "Dune", "reject")
    house.face = face

    clear_blocklist(house)

    assert house.decisions == FOUND | {"Dune": "rejected"}
    assert house.rules == [("reject", "", "user")]


@pytest.mark.parametrize("face", [API, WEB])
def test_only_what_blocks_is_taken_off_the_blocklist(open_house, face):
    house = open_house(API)
    decide(house, "Dune", "reject")
    house.face = face

    assert unblock(house, house.rule_id()) == 404
    assert [action for action, _, _ in house.rules] == [RuleAction.REJECT.value]


@pytest.mark.parametrize("face", [API, CLI])
def test_a_decision_that_replaces_another_shows_what_it_changes(open_house, face):
    house = open_house(face)
    decide(house, "Dune (2021)", "reject")
    match = house.match_id("Dune (2021)")

    if face == API:
        answer = house.api("POST", f"/matches/{match}/confirm", json={"dryRun": True}).json()
    else:
        _, answer = house.run("match", "confirm", match, "--dry-run")

    assert [(change["before"], change["after"]) for change in answer["changes"]] == [("rejected", "confirm")]
    assert house.rules == [("reject", "", "user")]


@pytest.mark.parametrize("face", EVERY)
def test_an_item_is_matched_anew_although_everything_is_to_be_matched_soon(open_house, face):
    house = open_house(face)
    house.app.engine.start("match")
    with house.app.database.begin() as connection:
        connection.execute(delete(matches))

    match_again(house, house.dune)

    assert house.decisions == FOUND


@pytest.mark.parametrize(("face", "refusal"), [(API, 404), (WEB, 404), (CLI, 1)])
def test_an_item_that_nobody_wants_cannot_be_matched_anew(open_house, face, refusal):
    house = open_house(face)

    assert match_again(house, 999) == refusal


@pytest.mark.parametrize("face", EVERY)
def test_a_title_that_others_may_have_is_looked_up_when_its_item_is_matched_anew(open_house, tmp_path, face):
    house = open_house(face)
    maniac = house.catalogue.film("Maniac", 1980)
    house.catalogue.list_entries("Maniac")
    with Radarr(tmp_path / "movies", strict=True) as radarr:
        with house.app.database.begin() as connection:
            key = house.app.secrets.encrypt(radarr.api_key)
            connection.execute(update(instances).values(url=radarr.url, api_key=key))

        match_again(house, maniac)

    assert house.decisions["Maniac"] == "confirm"
    assert [request.query["term"] for request in radarr.requests if request.path.endswith("/lookup")] == ["Maniac"]


@pytest.mark.parametrize("face", EVERY)
def test_a_decision_waits_for_no_instance_and_the_next_run_asks_what_is_open(open_house, face):
    house = open_house(face)
    other = house.catalogue.film("Maniac", 1980)
    house.catalogue.list_entries("Maniac", "Maniac Cop (1988)")
    match_wanted(house.app.matching.offline(), QuietRun(), only=[other])

    decide(house, "Maniac", "reject")
    forget(house, house.rule_id())

    assert house.has_open_items


@pytest.mark.parametrize("face", EVERY)
def test_a_scan_also_looks_at_the_folders_of_the_instances(open_house, tmp_path, face):
    house = open_house(face)
    with Radarr(tmp_path / "movies", strict=True) as radarr:
        with house.app.database.begin() as connection:
            connection.execute(update(instances).values(enabled=False))
        know(house.app.arrs, radarr, "own")
        house.app.settings.directories.movies.mkdir(parents=True)
        if face == WEB:
            assert house.post("/system/tasks/scan").status_code == 200
        elif face == API:
            assert house.api("POST", "/missing/scan", json={}).status_code == 202
        else:
            house.run("scan", "missing")
        house.carry_out_runs()

        with house.app.database.connect() as connection:
            found = {(row.finding.check, row.finding.subject) for row in list_findings(connection)}
    assert ("instance-clock", "own") in found  # the test's clock stands still at another time


@pytest.mark.parametrize("face", EVERY)
def test_an_item_is_explained_alike(open_house, face):
    house = open_house(face)

    if face == WEB:
        text = house.client.get(f"/wanted/{house.dune}/why", headers={"HX-Request": "true"}).text
    elif face == API:
        text = house.api("GET", f"/missing/{house.dune}/explanation").text
    else:
        text = json.dumps(house.run("match", "explain", house.dune)[1])

    assert "It was found: 1 of 2 candidates are sure." in text
