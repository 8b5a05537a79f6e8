"""Pictures come from Radarr and Sonarr once, and from the data folder afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from stalkeer.demo.radarr import Radarr
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.library.scan import Scanner, scan_missing
from stalkeer.runtime import App
from stalkeer.store.db.tables import wanted
from tests.doubles.instances import know

PNG = b"\x89PNG"


@pytest.fixture
def radarr(tmp_path: Path, app: App) -> Iterator[Radarr]:
    """It misses one film with a poster and one without."""
    with Radarr(tmp_path / "movies") as server:
        server.add_movie("The Salt Orchard", 2021, poster="https://images.example.com/salt.jpg")
        server.add_movie("Nobody Drew This", 2020)
        know(app.arrs, server)
        scan_missing(Scanner(app.database, app.arrs, app.settings, lambda where, run: None), QuietRun())
        yield server


def item(app: App, title: str) -> int:
    with app.database.connect() as connection:
        return connection.execute(select(wanted.c.id).where(wanted.c.title == title)).scalar_one()


def test_a_poster_is_fetched_once_and_then_kept(client: TestClient, app: App, radarr: Radarr):
    path = f"/posters/{item(app, 'The Salt Orchard')}"

    first = client.get(path)
    radarr.close()
    second = client.get(path)

    assert first.headers["content-type"] == "image/png" and first.content.startswith(PNG)
    assert second.content == first.content
    assert "max-age" in second.headers["cache-control"]


def test_without_a_poster_nobody_is_asked(client: TestClient, app: App, radarr: Radarr):
    asked = len(radarr.requests)

    answer = client.get(f"/posters/{item(app, 'Nobody Drew This')}")

    assert answer.status_code == 404
    assert len(radarr.requests) == asked


def test_an_instance_that_is_away_leaves_the_letters_of_the_title(client: TestClient, app: App, radarr: Radarr):
    path = f"/posters/{item(app, 'The Salt Orchard')}"
    radarr.close()

    assert client.get(path).status_code == 404
