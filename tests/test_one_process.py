"""Engine, faces and jobs of one process share its clients and its cache, as `run_server` puts them together."""

from __future__ import annotations

from dataclasses import replace

import pytest
import stamina
from starlette.testclient import TestClient

from stalkeer.adapters.arr.gate import FAILURES_TO_OPEN
from stalkeer.app import build_security
from stalkeer.demo.radarr import Radarr
from stalkeer.engine.build import build_table
from stalkeer.jobs.matching.library_cache import use_context
from stalkeer.store.db.database import open_database, sqlite_url
from stalkeer.store.db.tables import instances
from stalkeer.store.journal.runs import RunId, get_run
from tests.doubles.catalogue import Catalogue
from tests.doubles.engine import QueueingEngine
from tests.doubles.instances import know
from tests.doubles.server import make_server


@pytest.fixture(autouse=True)
def no_waiting():
    with stamina.set_testing(True, attempts=1, cap=True):
        yield


@pytest.fixture
def serving(app):
    """The program as the faces have it; `app` is the one that the engine was built from."""
    return replace(app, engine=QueueingEngine(app))


@pytest.fixture
def client(serving):
    security = build_security(serving)
    with TestClient(make_server(serving, security), headers={"X-Api-Key": security.keys.ensure()}) as opened:
        yield opened


def scan(app) -> list[str]:
    """Carry out a scan as the engine does; the errors of its report."""
    run_id = QueueingEngine(app).start("scan")
    build_table(app).carry_out(run_id, "engine", lambda: None)
    with app.database.connect() as connection:
        report = get_run(connection, RunId(run_id)).report
    return [instance["error"] for instance in report["instances"] if instance["error"]]


@pytest.mark.parametrize("verb", ["test", "save"])
def test_a_repaired_instance_is_asked_again_at_once_by_the_engine(app, client, tmp_path, verb):
    with Radarr(tmp_path / "movies", strict=True) as radarr:
        know(app.arrs, radarr)
        with app.database.begin() as connection:
            connection.execute(instances.update().values(url="http://127.0.0.1:9"))
        for _ in range(FAILURES_TO_OPEN):
            scan(app)
        assert "it is asked again in" in scan(app)[0]

        if verb == "save":
            answer = client.patch("/api/v1/instances/radarr", json={"url": radarr.url})
        else:
            with app.database.begin() as connection:
                connection.execute(instances.update().values(url=radarr.url))
            answer = client.post("/api/v1/instances/radarr/test")

        assert answer.status_code == 200, answer.text
        assert scan(app) == []


def test_matching_by_a_face_uses_what_the_engine_has_read(app, serving, clock):
    catalogue = Catalogue(app.database, clock)
    catalogue.film("Dune", 2021)

    with use_context(app.matching) as read_by_engine:
        pass
    with use_context(serving.matching) as read_by_face:
        assert read_by_face is read_by_engine


def test_a_rehearsal_shares_no_cache_with_the_real_database(app, empty_file):
    copy = open_database(sqlite_url(empty_file))

    assert app.matching_over(copy).cache is not app.matching.cache
    copy.close()
