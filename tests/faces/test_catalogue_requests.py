"""Downloads from the catalogue by API, page and command line; and the wizard without Radarr or Sonarr."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import redirect_stdout
from typing import Any

import pytest
from sqlalchemy import event, update
from starlette.testclient import TestClient

from stalkeer.app import build_security
from stalkeer.demo.radarr import Radarr
from stalkeer.faces.cli.main import run_command_line
from stalkeer.runtime import App
from stalkeer.store.db.tables import downloads
from stalkeer.store.system.health import INFO
from tests.doubles.catalogue import Catalogue
from tests.doubles.instances import know
from tests.doubles.server import make_server


@pytest.fixture
def client(app: App) -> Iterator[TestClient]:
    security = build_security(app)
    headers = {"X-Api-Key": security.keys.ensure(), "Sec-Fetch-Site": "same-origin"}
    with TestClient(make_server(app, security), headers=headers, client=("192.168.1.20", 40000)) as opened:
        yield opened


def run(app: App, *arguments: object) -> Any:
    out = io.StringIO()
    with redirect_stdout(out):
        run_command_line([*map(str, arguments), "--json"], build=lambda _: app, serve=lambda _: None)
    return json.loads(out.getvalue())


def test_every_face_downloads_to_a_folder_without_an_instance(app, client, database, clock):
    first, second, third = Catalogue(database, clock).list_entries("Dune (2021)", "Alien (1979)", "Heat (1995)")

    page = client.get(f"/catalogue/{first}/request", headers={"HX-Request": "true"}).text
    client.post(f"/catalogue/{first}/folder")
    answer = client.post(f"/api/v1/entries/{second}/download", json={}).json()
    said = run(app, "catalogue", "download", third, "--folder")

    assert "Download to folder" in page and "Add to Radarr" not in page
    assert [one["title"] for one in answer["downloads"]] == ["Alien (1979)"]
    assert len(said["downloads"]) == 1
    titles = [one["title"] for one in client.get("/api/v1/downloads").json()["records"]]
    assert titles == ["Dune (2021)", "Alien (1979)", "Heat (1995)"]


def test_a_finished_download_to_a_folder_is_not_called_imported(app, client, database, clock):
    (entry,) = Catalogue(database, clock).list_entries("Dune (2021)")
    (made,) = client.post(f"/api/v1/entries/{entry}/download", json={}).json()["downloads"]
    with database.begin() as connection:
        row = update(downloads).where(downloads.c.id == made["id"])
        connection.execute(row.values(state="completed", finished_at=clock()))

    page = client.get(f"/activity/{made['id']}", headers={"HX-Request": "true"}).text

    assert "In the folder" in page and "Imported" not in page


def test_the_answer_to_many_new_downloads_plans_the_queue_once(app, client, database, clock):
    names = [f"Severance S01E0{number}" for number in range(1, 5)]
    first, *_ = Catalogue(database, clock).list_entries(*names, kind="episode")
    statements: list[str] = []
    event.listen(database.readers, "before_cursor_execute", lambda *call: statements.append(call[2]))

    answer = client.post(f"/api/v1/entries/{first}/download", json={"scope": "season"}).json()

    assert [one["waiting"] is not None for one in answer["downloads"]] == [True] * 4
    plans = [statement for statement in statements if "FROM overrides" in statement]  # each reads them once
    assert len(plans) == 1


def test_every_face_adds_to_radarr_and_downloads(app, client, database, clock, tmp_path):
    films = [("Dune", 2021), ("Alien", 1979), ("Heat", 1995)]
    ids = Catalogue(database, clock).list_entries(*(f"{title} ({year})" for title, year in films))
    (tmp_path / "movies").mkdir()
    with Radarr(tmp_path / "movies") as radarr:
        know(app.arrs, radarr)
        for number, (title, year) in enumerate(films, start=1):
            radarr.add_namesake(title, year, tmdb_id=number)

        page = client.get(f"/catalogue/{ids[0]}/request", headers={"HX-Request": "true"}).text
        client.post(f"/catalogue/{ids[0]}/add", data={"number": 1})
        targets = client.get(f"/api/v1/entries/{ids[1]}/targets").json()
        client.post(f"/api/v1/entries/{ids[1]}/add", json={"number": targets["best"]})
        run(app, "catalogue", "download", ids[2])

        assert "Add to Radarr and download" in page
        assert targets["rootFolders"][0]["path"] == radarr.root_folder
        assert [(movie.title, movie.year) for movie in radarr.movies.values()] == films
    assert [one["entryId"] for one in client.get("/api/v1/downloads").json()["records"]] == ids


def test_the_wizard_is_complete_without_an_instance_and_health_says_so_calmly(app, client, database, clock):
    assert "Continue without Radarr or Sonarr" in client.get("/setup/apps").text
    assert client.post("/setup/apps/without", follow_redirects=False).headers["location"] == "/setup/source"
    Catalogue(database, clock).list_entries("Dune (2021)")

    assert "Setup is complete" in client.get("/setup/answer").text
    assert "Stalkeer is not set up yet" not in client.get("/").text
    told = {one["check"]: one["level"] for one in client.post("/api/v1/health/check").json()["records"]}
    assert told["alone"] == INFO
