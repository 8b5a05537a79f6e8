"""The guide of the first run starts no download before the button of its last page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import delete, func, select
from starlette.testclient import TestClient

from stalkeer.app import build_security
from stalkeer.engine.build import build_table
from stalkeer.jobs.downloads.queue import QueueRules, queue_confirmed
from stalkeer.runtime import App
from stalkeer.store.db import tables
from stalkeer.store.journal.runs import list_runs
from tests.doubles.engine import QueueingEngine
from tests.doubles.server import make_server
from tests.faces.web.sample import fill

FIRST_USER = {"name": "admin", "password": "correct horse battery", "again": "correct horse battery"}
SURE = 'hx-post="/setup/start"'
FIRST_LOOK = 'hx-post="/setup/answer/first"'
FINISH = 'hx-post="/setup/finish"'


@pytest.fixture
def client(app: App) -> Iterator[TestClient]:
    """With an engine that only queues what it is asked to start."""
    security = build_security(app)
    headers = {"X-Api-Key": security.keys.ensure(), "Sec-Fetch-Site": "same-origin"}
    server = make_server(replace(app, engine=QueueingEngine(app)), security)
    with TestClient(server, headers=headers, client=("192.168.1.20", 40000)) as opened:
        yield opened


@pytest.fixture
def found(app: App) -> int:
    """Everything is set up and matched, and nothing was ever queued: so many sure items."""
    fill(app.database, app.secrets, app.clock())
    with app.database.begin() as connection:
        connection.execute(delete(tables.download_items))
        connection.execute(delete(tables.downloads))
        query = select(func.count(func.distinct(tables.matches.c.wanted_id)))
        return connection.execute(query.where(tables.matches.c.decision == "confirm")).scalar_one()


def started(app: App) -> list[str]:
    """The jobs that were started, in their order."""
    with app.database.connect() as connection:
        return [run.job for run in reversed(list_runs(connection))]


def may_follow(app: App) -> bool:
    """Whether a refresh or scan that ends may be followed by the job that queues downloads."""
    return build_table(app).may_start("download")


@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("/setup/account", FIRST_USER),
        ("/setup/source", {"how": "file", "path": "/data/list.m3u", "slug": "mine"}),
        ("/setup/limits", {"drive": "auto"}),
        ("/setup/answer/first", {}),
        ("/setup/answer/look", {}),
    ],
)
def test_whatever_step_comes_first_nothing_is_queued_by_itself_from_then_on(
    app: App, client: TestClient, path: str, given: dict[str, str]
):
    assert may_follow(app)

    answer = client.post(path, data=given, follow_redirects=False)
    assert answer.status_code < 400, answer.text

    assert not may_follow(app)
    assert app.settings.schedule.download, "its times stay as they are"


def test_the_answer_is_looked_for_and_nothing_is_queued(app: App, client: TestClient, found: int):
    with app.database.begin() as connection:
        connection.execute(delete(tables.runs))

    page = client.get("/setup/answer").text
    assert started(app) == [] and may_follow(app), "reading starts nothing"
    assert FIRST_LOOK in page

    client.post("/setup/answer/first")

    assert {"refresh", "scan"} <= set(started(app)) and "download" not in started(app)
    assert not may_follow(app)
    assert FIRST_LOOK not in client.get("/setup/answer").text


def test_the_button_starts_what_the_page_counted_and_then_it_goes_on_by_itself(
    app: App, client: TestClient, found: int
):
    client.post("/setup/limits", data={"drive": "auto"})
    page = client.get("/setup/answer").text
    assert f"Download {found} confirmed" in page and SURE in page

    client.post("/setup/start")

    assert started(app)[-1] == "download"
    queued = queue_confirmed(app.database, app.clock, QueueRules.of(app.settings))
    assert sum(len(one.matches) for one in queued.planned) == found
    assert may_follow(app)


def test_who_wants_to_be_asked_starts_the_sure_ones_once(app: App, client: TestClient, found: int):
    client.post("/setup/limits", data={"drive": "ask"})
    client.post("/setup/start")

    assert started(app)[-1] == "download"
    assert not may_follow(app)
    assert not app.settings.schedule.hold_downloads


def test_the_guide_can_be_finished_where_nothing_is_sure(app: App, client: TestClient, found: int):
    with app.database.begin() as connection:
        connection.execute(delete(tables.matches))
    client.post("/setup/answer/first")
    end_runs(app)
    page = client.get("/setup/answer").text
    assert FINISH in page and SURE not in page

    client.post("/setup/finish")

    assert "download" not in started(app)
    assert may_follow(app)


def end_runs(app: App) -> None:
    with app.database.begin() as connection:
        connection.execute(tables.runs.update().values(state="done", finished_at=app.clock()))


def test_a_finished_guide_that_is_opened_again_holds_nothing(app: App, client: TestClient, found: int):
    client.post("/setup/answer/first")
    client.post("/setup/start")

    client.get("/setup/answer")
    client.post("/setup/limits", data={"drive": "auto"})

    assert may_follow(app)


def test_a_program_that_has_downloaded_before_is_not_held_by_its_guide(app: App, client: TestClient):
    fill(app.database, app.secrets, app.clock())

    client.get("/setup/answer")
    client.post("/setup/limits", data={"drive": "auto"})

    assert may_follow(app)


def test_who_leaves_the_guide_is_told_that_nothing_starts_by_itself(app: App, client: TestClient, found: int):
    client.post("/setup/limits", data={"drive": "auto"})
    assert "Automatic downloads have not started" in client.get("/").text

    client.post("/setup/start")

    assert "Automatic downloads have not started" not in client.get("/").text
