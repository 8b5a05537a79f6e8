"""Lists come in pages, however long they are, and a removed row leads back to its page."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import Connection, insert
from starlette.testclient import TestClient

from stalkeer.faces.web.paging import Paging
from stalkeer.runtime import App
from stalkeer.store.db import tables
from tests.faces.web.sample import fill

ROWS = 620


def add_rules(connection: Connection, now: datetime, action: str) -> None:
    rows = [
        {
            "action": action, "kind": "movie", "tmdb_id": number, "entry_key": f"k{number}",
            "label": f"Work {number:04}", "reason": "", "origin": "user", "created_at": now,
        }
        for number in range(ROWS)
    ]  # fmt: skip
    connection.execute(insert(tables.rules), rows)


def add_quarantine(connection: Connection, now: datetime) -> None:
    shared = {
        "download_id": 1, "entry_id": 1, "source_id": 1, "entry_key": "k", "name": "n", "kind": "movie", "items": [],
        "size": 1, "reason": "short", "set_aside_at": now, "replaces": False,
    }  # fmt: skip
    rows = [{**shared, "title": f"Work {number:04}", "path": f"/q/{number}"} for number in range(ROWS)]
    connection.execute(insert(tables.quarantine), rows)


@pytest.fixture
def long_lists(app: App) -> App:
    fill(app.database, app.secrets, app.clock())
    with app.database.begin() as connection:
        add_rules(connection, app.clock(), "block")
        add_quarantine(connection, app.clock())
    return app


@pytest.mark.parametrize("path", ["/matches/rules", "/activity/blocklist", "/activity/quarantine"])
def test_every_row_is_on_one_of_the_pages(client: TestClient, long_lists: App, path: str):
    seen: list[str] = []
    number = 1
    while True:
        text = client.get(f"{path}?page_number={number}").text
        seen += [f"Work {n:04}" for n in range(ROWS) if f"Work {n:04}" in text]
        if 'rel="next"' not in text:
            break
        number += 1

    assert number > 1
    assert len(seen) == len(set(seen)) == ROWS


@pytest.mark.parametrize(
    "path", ["/matches/rules", "/activity/blocklist", "/activity/quarantine", "/activity", "/matches/confirmed"]
)
@pytest.mark.parametrize("number", [-3, 10**30])
def test_a_page_that_there_is_not_shows_the_nearest(client: TestClient, long_lists: App, path: str, number: int):
    answer = client.get(f"{path}?page_number={number}")

    assert answer.status_code == 200
    assert 'class="title-line"' in answer.text


def test_a_removed_row_leads_back_to_its_page(client: TestClient, long_lists: App):
    rule = client.get("/api/v1/blocklist?pageSize=1").json()["records"][0]["id"]

    answer = client.post(f"/activity/blocklist/{rule}/remove?page_number=3", headers={"HX-Request": "true"})

    assert answer.headers["HX-Redirect"] == "/activity/blocklist?page_number=3"


@pytest.mark.parametrize(
    ("asked", "total", "expected"), [(1, 0, (1, 0)), (2, 51, (2, 50)), (9, 100, (2, 50)), (-1, 100, (1, 0))]
)
def test_a_page_stays_within_the_list(asked: int, total: int, expected: tuple[int, int]):
    found = Paging.at(asked, total, 50)

    assert (found.number, found.offset) == expected
