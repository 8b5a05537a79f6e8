"""Each verb on downloads has the same result from every face that has it: API, page and command line."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, redirect_stdout
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from stalkeer.app import build_security
from stalkeer.engine.build import build_table
from stalkeer.faces.cli.main import run_command_line
from stalkeer.model import DownloadId, DownloadState, EntryId, WantedId
from stalkeer.store.db.database import open_database, sqlite_url
from stalkeer.store.db.tables import downloads, matches
from stalkeer.store.downloads.downloads import DownloadFilter, list_downloads
from stalkeer.store.journal.runs import queue_run
from stalkeer.store.library.targets import mark_imported
from tests.doubles.app import make_app
from tests.doubles.engine import NotingEngine
from tests.doubles.house import House, now
from tests.doubles.server import make_server

API, WEB, CLI = "api", "web", "cli"
EVERY = (API, WEB, CLI)
NOBODY = 999  # no download has this number


@dataclass
class Program:
    """A program with rows of its own, driven by one of its faces."""

    face: str
    house: House
    engine: CarryingEngine
    client: TestClient
    named: dict[str, DownloadId] = field(default_factory=dict)

    # --- the three faces

    def api(self, method: str, path: str, **more: Any) -> Any:
        return self.client.request(method, f"/api/v1{path}", **more)

    def post(self, path: str, **fields: object) -> Any:
        return self.client.post(path, data=fields, headers={"HX-Request": "true"})

    def run(self, *arguments: object) -> tuple[int, str]:
        out = io.StringIO()
        with redirect_stdout(out):
            given = [*map(str, arguments), "--json"]
            code = run_command_line(given, build=lambda _: self.house.app, serve=lambda _: None)
        return int(code), out.getvalue()

    # --- the verbs

    def act(self, verb: str, *names: str) -> str:
        """Do it with these downloads; answers what the face says."""
        ids = [self.named.get(name, NOBODY) for name in names]
        if self.face == API:
            return self.api("POST", "/downloads/bulk", json={"action": verb, "ids": ids}).text
        if self.face == WEB:
            return said_by(self.post("/activity/many", verb=verb, ids=ids))
        return self.run("download", verb, *ids)[1]

    def act_on_one(self, verb: str, name: str) -> tuple[bool, str]:
        """Whether it was done, and what the face says."""
        download = self.named[name]
        if self.face == API:
            method, path = {
                "pause": ("PUT", "/pause"),
                "resume": ("PUT", "/resume"),
                "cancel": ("DELETE", ""),
                "retry": ("POST", "/retry"),
                "now": ("POST", "/now"),
                "accept": ("POST", "/accept"),
            }[verb]
            answer = self.api(method, f"/downloads/{download}{path}")
            return answer.status_code == 200, answer.text
        if self.face == WEB:
            answer = said_by(self.post(f"/activity/{download}/{verb}"))
            return json.loads(answer)["tone"] == "ok", answer
        code, text = self.run("download", verb, download)
        return code == 0, text

    def act_on_all(self, verb: str) -> None:
        if self.face == API:
            self.api("POST", "/downloads/bulk", json={"action": verb, "all": True})
        elif self.face == WEB:
            self.post(f"/activity/all/{verb}")
        else:
            self.run("download", verb, "--all")

    def move(self, name: str, to: str, other: str = "") -> bool:
        moved, target = self.named[name], self.named.get(other)
        if self.face == API:
            wish = {"to": to} | ({"other": target} if target else {})
            return self.api("POST", f"/downloads/{moved}/move", json=wish).status_code == 204
        if self.face == WEB and target:
            return self.post(f"/activity/{moved}/place", other=target, side=to).status_code == 200
        if self.face == WEB:
            return self.post(f"/activity/{moved}/{to}").status_code == 200
        return self.run("download", "move", moved, f"--{to}", *([target] if target else []))[0] == 0

    def queue_matches(self, *match_ids: int) -> str:
        if self.face == API:
            return self.api("POST", "/downloads", json={"items": [{"matchId": one} for one in match_ids]}).text
        return said_by(self.post("/matches/many", verb="download", ids=match_ids))

    def start(self) -> None:
        """Queue everything that is confirmed."""
        if self.face == API:
            self.api("POST", "/downloads/start", json={})
        elif self.face == WEB:
            self.post("/system/tasks/download")
        else:
            self.run("download", "start", "--detach")
        self.engine.carry_out(self.house)

    # --- what came of it

    @property
    def states(self) -> dict[str, str]:
        """Of each download; a worker that was asked for something has a question mark."""
        return {
            name: f"{self.house.row(one).queue.intent}?"
            if self.house.row(one).queue.intent
            else self.house.state(one).value
            for name, one in self.named.items()
        }

    @property
    def order(self) -> list[str]:
        names = {number: name for name, number in self.named.items()}
        with self.house.database.connect() as connection:
            return [names[row.id] for row in list_downloads(connection, DownloadFilter())]

    # --- rows

    def add(self, *names: str) -> None:
        for name in names:
            self.named[name] = self.house.download(name, None)

    def add_one_in_each_state(self) -> None:
        self.add("queued", "running", "paused", "refused", "broken", "failed", "cancelled", "completed")
        change = self.house.change
        change(self.named["running"], state="downloading", admitted_at=now(), worker="local", run=1)
        change(self.named["paused"], state="paused")
        change(self.named["refused"], state="blocked", placed_path="/data/refused.mkv")
        self.house.change_item(self.named["refused"], state="refused", refusal="Not an upgrade")
        change(self.named["broken"], state="blocked")
        for name in ("failed", "cancelled", "completed"):
            change(self.named[name], state=name, finished_at=now())
            self.house.change_item(self.named[name], active=False)

    def item_of(self, name: str) -> WantedId:
        return self.house.row(self.named[name]).items[0].wanted_id

    def find(self, *titles: str) -> list[int]:
        """Wanted items, each with a confirmed match: the ids of the matches."""
        return [self.match_of(self.film(title)) for title in titles]

    def film(self, title: str) -> WantedId:
        wanted = self.house.film(title)
        self.house.match(wanted, self.house.entry(self.house.source(), f"/files/{title}.mkv", None, title))
        return wanted

    def match_of(self, wanted: WantedId) -> int:
        with self.house.database.connect() as connection:
            return connection.execute(select(matches.c.id).where(matches.c.wanted_id == wanted)).scalar_one()

    @property
    def queued_titles(self) -> list[str]:
        with self.house.database.connect() as connection:
            return sorted(connection.scalars(select(downloads.c.title)))


class CarryingEngine(NotingEngine):
    """Carries out what it was asked to start once the test says so."""

    def carry_out(self, house: House) -> None:
        table = build_table(house.app)
        for job, subject, options in self.started:
            with house.database.begin() as connection:
                run_id = queue_run(connection, now(), job, subject, options)
            table.carry_out(run_id, "test", lambda: None)
        self.started.clear()


def said_by(answer: Any) -> str:
    assert answer.status_code == 200, answer.text
    return unquote(answer.headers["Stalkeer-Toast"])


@pytest.fixture
def open_program(tmp_path: Path, empty_file: Path) -> Iterator[Callable[[str], Program]]:
    """`open_program(face)`: a program of its own, and one of its faces."""
    with ExitStack() as stack:

        def open_one(face: str) -> Program:
            folder = tmp_path / face
            folder.mkdir()
            shutil.copy(empty_file, folder / "stalkeer.db")
            database = open_database(sqlite_url(folder / "stalkeer.db"))
            stack.callback(database.close)
            engine = CarryingEngine()
            app = replace(make_app(folder / "data", database, now), engine=engine)
            security = build_security(app)
            headers = {"X-Api-Key": security.keys.ensure()}
            client = stack.enter_context(TestClient(make_server(app, security), headers=headers))
            return Program(face, House(app, provider=None, radarr=None), engine, client)

        yield open_one


@pytest.fixture(params=EVERY)
def program(request: pytest.FixtureRequest, open_program: Callable[[str], Program]) -> Program:
    return open_program(request.param)


# the states that change; all others stay as they are
AFTER = {
    "pause": {"queued": "paused", "running": "pause?"},
    "resume": {"paused": "queued"},
    "cancel": dict.fromkeys(("queued", "paused", "refused", "broken", "failed"), "cancelled") | {"running": "cancel?"},
    "retry": {"refused": "placed", "broken": "queued", "failed": "queued", "cancelled": "queued"},
    "now": {"paused": "queued", "failed": "queued", "cancelled": "queued"},
}
REFUSED = {"pause": 6, "resume": 6, "cancel": 2, "retry": 4, "now": 1}


@pytest.mark.parametrize("verb", AFTER)
def test_a_verb_on_many_changes_those_that_it_fits_and_no_other(program, verb):
    program.add_one_in_each_state()
    before = program.states

    said = program.act(verb, *program.named, "unknown")

    assert program.states == before | AFTER[verb]
    if program.face == WEB:
        assert f"{9 - REFUSED[verb]} download" in said
    else:
        assert said.count('"refused"') == REFUSED[verb]


def test_one_that_is_gone_hinders_no_other(program):
    program.add("Dune", "Alien")

    said = program.act("pause", "unknown", "Dune", "Alien")

    assert set(program.states.values()) == {"paused"}
    assert "There is no download 999" in said


@pytest.mark.parametrize("face", EVERY)
def test_one_that_cannot_be_imported_anyway_hinders_no_other(open_program, face):
    program = open_program(face)
    program.add_one_in_each_state()

    if face == WEB:
        program.act("accept", "broken", "refused")
    else:
        assert [program.act_on_one("accept", name)[0] for name in ("broken", "refused")] == [False, True]

    assert program.states["refused"] == "placed" and program.states["broken"] == "blocked"
    assert program.house.row(program.named["refused"]).outcome.facts["accepted"] == ["Not an upgrade"]


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_all_are_those_that_the_verb_fits(program, verb):
    program.add_one_in_each_state()
    before = program.states

    program.act_on_all(verb)

    assert program.states == before | AFTER[verb]


@pytest.mark.parametrize("face", [API, CLI])
@pytest.mark.parametrize(("verb", "left_alone"), [("retry", "cancelled"), ("cancel", "failed")])
def test_all_leave_what_the_user_has_ended_himself(open_program, face, verb, left_alone):
    program = open_program(face)
    program.add_one_in_each_state()
    before = program.states

    program.act_on_all(verb)

    assert program.states == before | AFTER[verb] | {left_alone: left_alone}


@pytest.mark.parametrize("face", [API, CLI])
def test_all_cannot_be_started_now(open_program, face):
    program = open_program(face)
    program.add("Dune")

    program.act_on_all("now")

    assert program.house.row(program.named["Dune"]).queue.priority == 0


@pytest.mark.parametrize(
    ("verb", "name", "reason"),
    [
        ("pause", "completed", "cannot be paused: it is completed"),
        ("retry", "paused", "cannot be retried: it is paused"),
    ],
)
def test_a_refusal_says_why(program, verb, name, reason):
    program.add_one_in_each_state()

    is_done, said = program.act_on_one(verb, name)

    assert (is_done, reason in said) == (False, True)


@pytest.mark.parametrize("verb", ["now", "retry"])
def test_what_has_come_otherwise_is_not_fetched(program, verb):
    program.add_one_in_each_state()
    with program.house.database.begin() as connection:
        mark_imported(connection, [program.item_of("cancelled")], now())

    is_done, said = program.act_on_one(verb, "cancelled")

    assert (is_done, "already in the library of Radarr" in said) == (False, True)
    assert program.states["cancelled"] == "cancelled"
    assert program.house.row(program.named["cancelled"]).queue.priority == 0


def test_what_starts_now_is_first_and_waits_for_nothing(program):
    program.add("first", "waiting")
    program.house.change(program.named["waiting"], not_before=now() + timedelta(hours=1))

    program.act_on_one("now", "waiting")

    row = program.house.row(program.named["waiting"])
    assert (program.order[0], row.queue.priority, row.queue.not_before) == ("waiting", 2, None)


def test_a_second_cancel_leaves_a_part_that_was_kept(program):
    program.add("Dune")
    program.client.delete(f"/api/v1/downloads/{program.named['Dune']}", params={"keepPartial": True})

    program.act_on_one("cancel", "Dune")

    assert program.house.row(program.named["Dune"]).transfer.keep_partial


@pytest.mark.parametrize("face", [API, CLI])
def test_a_cancelled_download_keeps_its_part_where_that_is_wished(open_program, face):
    program = open_program(face)
    program.add("kept", "dropped")

    if face == API:
        program.api("DELETE", f"/downloads/{program.named['kept']}", params={"keepPartial": True})
        program.api("DELETE", f"/downloads/{program.named['dropped']}")
    else:
        program.run("download", "cancel", program.named["kept"], "--keep-partial")
        program.run("download", "cancel", program.named["dropped"])

    assert [program.house.row(one).transfer.keep_partial for one in program.named.values()] == [True, False]


@pytest.mark.parametrize("face", [API, CLI])
def test_a_priority_counts_from_every_face(open_program, face):
    program = open_program(face)
    program.add("low", "high", "force")

    for name, download in program.named.items():
        if face == API:
            program.api("PATCH", f"/downloads/{download}", json={"priority": name})
        else:
            program.run("download", "priority", name, download)

    assert program.order == ["force", "high", "low"]


@pytest.mark.parametrize("to", ["top", "bottom"])
def test_a_move_to_an_end_is_the_same_from_every_face(program, to):
    program.add("a", "b", "c")

    assert program.move("b", to)

    assert program.order == {"top": ["b", "a", "c"], "bottom": ["a", "c", "b"]}[to]


def test_a_move_before_another_is_the_same_from_every_face(program):
    program.add("a", "b", "c")

    assert program.move("c", "before", "b")

    assert program.order == ["a", "c", "b"]


def test_a_move_among_those_of_another_priority_is_refused(program):
    program.add("a", "b", "urgent")
    program.house.change(program.named["urgent"], priority=2)

    assert not program.move("b", "before", "urgent")

    assert program.order == ["urgent", "a", "b"]


@pytest.mark.parametrize("face", [API, WEB])
def test_a_match_that_cannot_be_queued_hinders_no_other(open_program, face):
    program = open_program(face)
    taken, *others = program.find("Dune", "Alien", "Heat")
    program.queue_matches(taken)

    said = program.queue_matches(taken, *others, NOBODY)

    assert program.queued_titles == ["Alien (2020)", "Dune (2020)", "Heat (2020)"]
    assert "Dune (2020) is being downloaded already" in said


def test_an_item_that_cannot_be_queued_hinders_no_other_and_is_told_of(open_program):
    program = open_program(WEB)
    items = [program.film("Dune"), program.house.film("Alien"), program.film("Heat")]

    said = said_by(program.post("/wanted/many", verb="download", ids=items))

    assert program.queued_titles == ["Dune (2020)", "Heat (2020)"]
    assert "2 downloads queued" in said and "it has no confirmed match" in said


def test_a_start_queues_the_same_from_every_face(program):
    program.find("Dune", "Alien")
    program.house.film("Heat")

    program.start()

    assert program.queued_titles == ["Alien (2020)", "Dune (2020)"]


@pytest.mark.parametrize("face", [API, CLI])
def test_the_cooldown_of_the_settings_says_how_long_a_failed_item_rests(open_program, face):
    program = open_program(face)
    program.add("rests", "rested")
    for name, hours in (("rests", 5), ("rested", 7)):
        finished = now() - timedelta(hours=hours)
        program.house.change(program.named[name], state=DownloadState.FAILED.value, finished_at=finished)
        program.house.change_item(program.named[name], active=False, state="cancelled")

    program.start()

    assert program.queued_titles == ["rested", "rested (2020)", "rests"]


def test_what_was_changed_is_looked_at_at_once(program):
    program.add("Dune")

    program.act("pause", "Dune")

    assert program.engine.woken == 1


def test_what_was_refused_wakes_nobody(program):
    program.act("pause", "unknown")

    assert program.engine.woken == 0


@pytest.mark.parametrize("arguments", [("now",), ("pause",), ("priority", "high")])
def test_a_command_that_names_no_download_is_a_usage_error(open_program, arguments):
    assert open_program(CLI).run("download", *arguments)[0] == 2


def test_an_entry_is_queued_for_an_item_by_its_pair(open_program):
    program = open_program(API)
    wanted = program.film("Dune")
    with program.house.database.connect() as connection:
        entry = EntryId(connection.execute(select(matches.c.entry_id)).scalar_one())

    answer = program.api("POST", "/downloads", json={"items": [{"entryId": entry, "wantedId": wanted}]})

    assert answer.status_code == 201 and program.queued_titles == ["Dune (2020)"]


def test_ended_downloads_are_removed_and_all_others_stay(program):
    program.add_one_in_each_state()

    said = program.act("remove", *program.named)

    assert set(program.order) == program.named.keys() - {"failed", "cancelled", "completed"}
    assert program.states["failed"] == "failed", "the row stays, so that nothing is queued anew by itself"
    assert "only an ended download can be removed" in said


def test_all_ended_downloads_are_removed_at_once(program):
    program.add_one_in_each_state()

    program.act_on_all("remove")

    assert set(program.order) == program.named.keys() - {"failed", "cancelled", "completed"}


def test_ended_downloads_are_downloaded_again_whatever_the_library_has(program):
    program.add_one_in_each_state()
    with program.house.database.begin() as connection:
        mark_imported(connection, [program.item_of("completed")], now())

    program.act("again", *program.named)

    assert program.queued_titles == sorted([*program.named, "failed", "cancelled", "completed"])
    assert program.states["completed"] == "completed"
