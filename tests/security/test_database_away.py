"""A database that is locked or away, a disk that is full: 503 on every route, never 500, and /health says so."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import stamina
from starlette.testclient import TestClient

from stalkeer.app import build_security
from stalkeer.engine.lock import FolderLock
from stalkeer.errors import StoreUnavailable
from stalkeer.faces.api.health import QUICK_S, states_of_parts
from stalkeer.jobs.system.api_keys import ApiKeys
from stalkeer.jobs.system.sessions import Sessions
from stalkeer.runtime import Paths
from stalkeer.store.db.database import open_database, sqlite_url
from stalkeer.store.db.sqlite_file import copy_sqlite
from stalkeer.store.downloads.workers import WorkerRow, register_worker
from tests.doubles.app import make_app
from tests.doubles.disks import fill_up, mounted_disk, remount_read_only
from tests.doubles.engine import QueueingEngine
from tests.doubles.server import make_server
from tests.faces.web.sample import fill
from tests.security.routes import addresses, routes

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@pytest.fixture
def impatient(app):
    """The lived-in program, which waits for a lock for milliseconds instead of half a minute."""
    fill(app.database, app.secrets, app.clock())
    app.database.close()
    database = open_database(sqlite_url(Path(str(app.database.engine.url.database))), busy_timeout_s=0.001)
    yield replace(app, database=database)
    database.close()


@contextmanager
def held(database):
    """Another process has taken the whole file."""
    database.close()
    with closing(sqlite3.connect(str(database.engine.url.database), isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        other.execute("CREATE TABLE held (a)")
        yield


@contextmanager
def written(database):
    """Another process writes and does not end."""
    with closing(sqlite3.connect(str(database.engine.url.database), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def answers(app, security, key, paths, method):
    headers = {"X-Api-Key": key, "Sec-Fetch-Site": "same-origin"}
    server = make_server(replace(app, engine=QueueingEngine(app)), security)
    with (
        stamina.set_testing(True, attempts=1),
        TestClient(server, headers=headers, raise_server_exceptions=False, follow_redirects=False) as client,
    ):
        return {path: client.request(method, addresses(path)[0]) for path in paths}


def broken(found):
    return {
        path: (answer.status_code, answer.text[:300])
        for path, answer in found.items()
        if answer.status_code >= 500 and answer.status_code not in (502, 503) and path != "/ping"
    }


@pytest.mark.parametrize("take", [held, written])
@pytest.mark.parametrize("method", METHODS)
def test_every_route_answers_while_another_process_holds_the_database(impatient, method, take):
    security, paths = build_security(impatient), routes(impatient, method)
    key = security.keys.ensure()

    with take(impatient.database):
        found = answers(impatient, security, key, paths, method)

    assert broken(found) == {}
    assert method == "PATCH" or 503 in {answer.status_code for answer in found.values()}
    if method == "GET":
        assert found["/health"].status_code == 503
        assert found["/health"].json()["parts"]["database"] == "error"


@pytest.mark.postgres
@pytest.mark.parametrize("method", METHODS)
def test_every_route_answers_while_postgresql_is_stopped(postgres_database, tmp_path, clock, method):
    app = make_app(tmp_path / "data", postgres_database, clock)
    fill(app.database, app.secrets, app.clock())
    security, paths = build_security(app), routes(app, method)
    key = security.keys.ensure()
    away, gone = stopped(app, security)

    found = answers(away, gone, key, paths, method)

    assert broken(found) == {}
    assert 503 in {answer.status_code for answer in found.values()}
    if method == "GET":
        assert found["/health"].json()["parts"]["database"] == "error"
        assert "Stalkeer is not available" in found["/"].text


def stopped(app, security):
    """The same program, whose server does not answer any more."""
    away = replace(app, database=open_database("postgresql://nobody@127.0.0.1:9/nothing"))
    keys = ApiKeys(away.database, app.secrets, app.clock)
    sessions = Sessions(away.database, lambda: app.settings, security.limits, app.clock)
    return away, replace(security, keys=keys, sessions=sessions)


@pytest.mark.parametrize("path", ["/", "/login", "/setup/account", "/api/v1/jobs"])
@pytest.mark.parametrize(("client", "is_told"), [("127.0.0.1", True), ("203.0.113.9", False)])
def test_a_stranger_is_not_told_where_the_database_is(app, path, client, is_told):
    away, security = stopped(app, build_security(app))
    key = {"X-Api-Key": "unknown"} if path.startswith("/api") else {}

    with TestClient(make_server(away, security), client=(client, 4000), base_url="http://127.0.0.1") as opened:
        answer = opened.get(path, headers=key)

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "10"
    assert ("127.0.0.1" in answer.text) is is_told
    assert ("postgresql" in answer.text) is is_told


def test_health_is_well_while_a_refresh_holds_the_lock_and_a_worker_lives(impatient):
    security = build_security(impatient)
    app = replace(impatient, engine=QueueingEngine(impatient))
    now = impatient.clock()
    with impatient.database.begin() as connection:
        register_worker(connection, WorkerRow("me", "here", 1, "serve", now, now, "1"))

    lock = FolderLock(app.paths.data_dir)
    lock.acquire()
    with written(impatient.database), TestClient(make_server(app, security)) as client:
        answer = client.get("/health")
    lock.release()

    assert answer.json() == {"status": "ok", "parts": {"database": "ok", "worker": "ok", "data": "ok"}}


def test_health_takes_no_turn_at_the_write_lock_while_a_worker_writes(impatient):
    app = replace(impatient, engine=QueueingEngine(impatient))
    now = impatient.clock()
    with impatient.database.begin() as connection:
        register_worker(connection, WorkerRow("me", "here", 1, "serve", now, now, "1"))

    with written(impatient.database):
        begun = time.monotonic()
        parts = states_of_parts(app)
        taken = time.monotonic() - begun

    assert parts["database"] == "ok"
    assert taken < QUICK_S / 2  # a turn at the lock would wait for QUICK_S


def test_health_says_that_the_disk_is_full(app, tmp_path):
    with mounted_disk(tmp_path / "small", 5_000_000) as folder:
        full = replace(app, paths=Paths(folder))
        with TestClient(make_server(full, build_security(app))) as client:
            answer = client.get("/health")

    assert answer.status_code == 503
    assert answer.json()["parts"] == {"database": "ok", "worker": "ok", "data": "error"}


@pytest.mark.parametrize("trouble", ["full", "read-only"])
@pytest.mark.parametrize("method", METHODS)
def test_every_route_answers_while_the_data_folder_takes_nothing(app, tmp_path, method, trouble):
    fill(app.database, app.secrets, app.clock())
    security, paths = build_security(app), routes(app, method)
    key = security.keys.ensure()

    with mounted_disk(tmp_path / "small", 1_000_000) as folder:
        if trouble == "full":
            fill_up(folder)
        else:
            remount_read_only(folder)
        found = answers(replace(app, paths=Paths(folder)), security, key, paths, method)

    assert broken(found) == {}
    if method == "POST":
        assert found["/api/v1/system/backup"].status_code == 503
        assert str(folder) in found["/api/v1/system/backup"].json()["detail"]


def test_a_copy_of_a_database_that_is_held_is_given_up(impatient, tmp_path):
    source = Path(str(impatient.database.engine.url.database))
    with held(impatient.database), pytest.raises(StoreUnavailable, match="another process holds it"):
        copy_sqlite(source, tmp_path / "copy.db", busy_timeout_s=0)

    assert not (tmp_path / "copy.db").exists()
