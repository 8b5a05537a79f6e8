"""The answer page of a house with thousands of sure items does not keep anybody waiting."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, update
from starlette.testclient import TestClient

from stalkeer.faces.web.answer_board import FEW
from stalkeer.runtime import App
from stalkeer.store.db import tables
from tests.faces.web.sample import fill

PART = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _sample(app: App) -> None:
    fill(app.database, app.secrets, app.clock())


def test_the_answer_of_a_small_house_stands_on_the_page(client: TestClient):
    page = client.get("/setup/answer").text

    assert "You are missing <em>22</em>" in page and "Counting" not in page


def test_a_large_house_is_counted_behind_the_page_and_once(client: TestClient, app: App):
    find_many(app, FEW)

    first = client.get("/setup/answer").text
    counted = client.get("/setup/answer", headers=PART).text
    second = client.get("/setup/answer").text

    assert "Counting…" in first and 'hx-trigger="load, ' in first
    assert f"You are missing <em>{22 + FEW}</em>" in counted
    assert f"You are missing <em>{22 + FEW}</em>" in second and "Counting…" not in second


def find_many(app: App, count: int) -> None:
    """So many further films, each of them surely on the playlist."""
    now, shared = app.clock(), {"instance_id": 1, "kind": "movie"}
    numbers = range(1000, 1000 + count)
    film = {**shared, "title": "Film", "year": 2000, "has_file": False, "path": "/m", "synced_at": now}
    item = {**shared, "reason": "missing", "title": "Film", "first_seen": now}
    match = {
        "entry_id": 1,
        "score": 1.0,
        "decision": "confirm",
        "decided_by": "auto",
        "evidence": {},
        "matched_at": now,
    }
    with app.database.begin() as connection:
        connection.execute(insert(tables.library), [{**film, "id": n, "arr_id": n} for n in numbers])
        connection.execute(insert(tables.wanted), [{**item, "id": n, "arr_id": n, "library_id": n} for n in numbers])
        connection.execute(insert(tables.matches), [{**match, "wanted_id": n} for n in numbers])


def test_a_change_of_the_matches_changes_the_answer(client: TestClient, app: App):
    before = client.get("/setup/answer", headers=PART).text
    with app.database.begin() as connection:
        connection.execute(update(tables.matches).values(decision="rejected"))

    after = client.get("/setup/answer", headers=PART).text

    assert "<em>11</em> are on your playlists" in before
    assert "<em>0</em> are on your playlists" in after
