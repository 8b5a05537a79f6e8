"""Events as the two programs send them, at the door they are registered at."""

import base64
import socket
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import stamina
import uvicorn
from sqlalchemy import insert, select

from stalkeer.app import build_security
from stalkeer.demo.radarr import Radarr
from stalkeer.demo.sonarr import Sonarr
from stalkeer.engine.build import build_engine
from stalkeer.errors import ArrRefused
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.library.instances import InstancePatch, change_instance
from stalkeer.jobs.library.webhooks import connect_webhook, disconnect_webhook
from stalkeer.jobs.wanted.scan import Scanner, scan
from stalkeer.jobs.wanted.sync import sync_wanted
from stalkeer.store.db.tables import download_items, downloads, events, sources, wanted
from stalkeer.store.journal.events import list_events
from stalkeer.store.journal.runs import NO_OPTIONS, queue_run
from stalkeer.store.library.instances import get_instance, set_webhook_secret
from tests.doubles.app import make_app
from tests.doubles.catalogue import Catalogue
from tests.doubles.engine import NotingEngine
from tests.doubles.house import eventually, now
from tests.doubles.instances import know
from tests.doubles.server import make_server

SECRET = "a-secret-of-the-test"


@pytest.fixture(autouse=True)
def no_waiting():
    with stamina.set_testing(True, attempts=2, cap=True):
        yield


@pytest.fixture
def engine(app):
    engine = NotingEngine()
    object.__setattr__(app, "engine", engine)
    return engine


@pytest.fixture
def radarr(tmp_path, app, engine):
    with Radarr(tmp_path / "movies", strict=True) as server:
        server.row = know(app.arrs, server)
        share_secret(app, server.row)
        yield server


@pytest.fixture
def sonarr(tmp_path, app, engine):
    with Sonarr(tmp_path / "tv", strict=True) as server:
        server.row = know(app.arrs, server)
        share_secret(app, server.row)
        yield server


def share_secret(app, row):
    with app.database.begin() as connection:
        set_webhook_secret(connection, row.id, app.secrets.encrypt(SECRET))


def sync(app):
    sync_wanted(app.database, app.arrs, app.settings.wanted, QuietRun())


def the_item(app):
    with app.database.connect() as connection:
        return connection.execute(select(wanted)).one()


def download_for(app, item, state="downloading"):
    """A download of ours for one wanted item."""
    now = app.clock()
    with app.database.begin() as connection:
        source = {"slug": "main", "kind": "m3u", "origin": "config", "credentials": "", "created_at": now}
        source_id = connection.execute(insert(sources).values(**source).returning(sources.c.id)).scalar_one()
        row = {"entry_id": 1, "source_id": source_id, "entry_key": "1", "name": "x", "title": "x", "state": state}
        row |= {"kind": "film", "created_at": now, "updated_at": now}
        download_id = connection.execute(insert(downloads).values(**row).returning(downloads.c.id)).scalar_one()
        part = {"download_id": download_id, "wanted_id": item.id, "instance_id": item.instance_id}
        connection.execute(insert(download_items).values(**part, arr_id=item.arr_id, state="waiting", active=True))
    return download_id


def state_of(app, download_id):
    with app.database.connect() as connection:
        return connection.execute(select(downloads.c.state).where(downloads.c.id == download_id)).scalar_one()


def send(client, event, name="radarr", secret=SECRET, method="post"):
    return getattr(client, method)(f"/api/v1/webhooks/{name}/{secret}", json=event)


def movie(film):
    return {"id": film.id, "title": film.title, "year": film.year, "tmdbId": film.tmdb_id, "tags": []}


def test_the_test_event_is_answered_and_makes_no_work(stranger, radarr, engine):
    event = {"eventType": "Test", "movie": {"id": 1, "title": "Test Title", "folderPath": "C:\\testpath"}}

    answer = send(stranger, event)

    assert answer.json() == {"event": "test", "run": None}
    assert engine.started == []


@pytest.mark.parametrize("method", ["post", "put"])
def test_an_added_film_is_scanned_at_once(stranger, radarr, engine, method):
    film = radarr.add_movie("Some Film", 2020)

    answer = send(stranger, {"eventType": "MovieAdded", "movie": movie(film)}, method=method)

    assert answer.json() == {"event": "added", "run": 1}
    assert engine.started == [("scan", f"radarr#{film.id}", NO_OPTIONS)]


@pytest.mark.parametrize("kind", ["MovieAdded", "Download", "MovieDelete", "Grab", "Health"])
def test_an_event_of_a_disabled_instance_changes_nothing(app, stranger, radarr, engine, kind):
    film = radarr.add_movie("Some Film", 2020)
    sync(app)
    download_for(app, the_item(app))
    change_instance(app.arrs, "radarr", InstancePatch(enabled=False))
    before = rows_of(app)

    answer = send(stranger, {"eventType": kind, "movie": movie(film), "level": "error", "message": "a message"})

    assert answer.status_code == 200
    assert answer.json()["run"] is None
    assert engine.started == []
    assert rows_of(app) == before


def rows_of(app):
    with app.database.connect() as connection:
        return [connection.execute(select(table)).all() for table in (wanted, downloads, download_items, events)]


def test_the_scan_of_one_item_asks_for_it_alone(app, radarr):
    film = radarr.add_movie("Some Film", 2020)
    radarr.add_movie("Other Film", 2020)
    scanner = Scanner(app.database, app.arrs, app.settings, lambda database, run: None)
    radarr.requests.clear()

    report = scan(scanner, QuietRun(), f"radarr#{film.id}")

    assert the_item(app).title == "Some Film"
    assert report.to_document()["wanted"] == 1
    assert "/api/v3/movie" not in {request.path for request in radarr.requests}


def test_many_events_at_once_become_one_scan_of_the_instance(app, stranger, radarr, engine):
    with app.database.begin() as connection:
        for number in range(5):
            queue_run(connection, app.clock(), "scan", f"radarr#{number}")

    send(stranger, {"eventType": "MovieAdded", "movie": {"id": 77, "title": "One More"}})

    assert engine.started == [("scan", "radarr", NO_OPTIONS)]


def test_an_added_series_brings_its_missing_episodes(app, sonarr):
    series = sonarr.add_series("Some Series", 2019)
    sonarr.add_episode(series, 1, 1)
    sonarr.add_file([sonarr.add_episode(series, 1, 2)])
    sonarr.add_episode(series, 1, 3, air_date_utc=datetime(2999, 1, 1, tzinfo=UTC))
    scanner = Scanner(app.database, app.arrs, app.settings, lambda database, run: None)

    scan(scanner, QuietRun(), f"sonarr#{series.id}")

    assert (the_item(app).season, the_item(app).episode) == (1, 1)


def test_what_another_client_imported_is_downloaded_no_further(app, stranger, radarr, engine):
    film = radarr.add_movie("Some Film", 2020)
    sync(app)
    ours = download_for(app, the_item(app), state="queued")

    send(stranger, {"eventType": "Download", "movie": movie(film), "movieFile": {"id": 1}, "deletedFiles": []})

    assert state_of(app, ours) == "cancelled"
    assert engine.started == [("scan", f"radarr#{film.id}", NO_OPTIONS)]
    assert engine.woken == 1, "a running download lets go at once"


@pytest.mark.parametrize("state", ["placed", "importing"])
def test_our_own_import_is_not_taken_for_another_clients(app, stranger, radarr, state):
    film = radarr.add_movie("Some Film", 2020)
    sync(app)
    ours = download_for(app, the_item(app), state=state)

    send(stranger, {"eventType": "Download", "movie": movie(film), "isUpgrade": False})

    assert state_of(app, ours) == state


def test_a_grab_holds_the_item_back(app, stranger, radarr):
    film = radarr.add_movie("Some Film", 2020)
    sync(app)

    send(stranger, {"eventType": "Grab", "movie": movie(film), "downloadClient": "SABnzbd"})

    assert the_item(app).skip == "in the instance's own queue"


def test_a_deleted_film_is_downloaded_no_further_and_leaves_the_library(app, stranger, radarr, engine):
    film = radarr.add_movie("Some Film", 2020)
    sync(app)
    ours = download_for(app, the_item(app), state="paused")
    del radarr.movies[film.id]

    send(stranger, {"eventType": "MovieDelete", "movie": movie(film), "deletedFiles": True})
    scanner = Scanner(app.database, app.arrs, app.settings, lambda database, run: None)
    scan(scanner, QuietRun(), engine.started[0][1])

    assert state_of(app, ours) == "cancelled"
    with app.database.connect() as connection:
        assert connection.execute(select(wanted)).all() == []


def test_a_deleted_file_is_looked_at_again_unless_a_better_one_took_its_place(stranger, sonarr, engine):
    event = {"eventType": "EpisodeFileDelete", "series": {"id": 7, "title": "S"}, "episodes": [{"id": 3}]}

    send(stranger, event | {"deleteReason": "upgrade"}, name="sonarr")
    send(stranger, event | {"deleteReason": "manual"}, name="sonarr")

    assert engine.started == [("scan", "sonarr#7", NO_OPTIONS)]


def test_troubles_of_the_instance_are_shown(app, stranger, radarr):
    messages = [{"title": "Some.Film", "messages": ["Not an upgrade"]}]
    send(stranger, {"eventType": "ManualInteractionRequired", "downloadStatusMessages": messages, "movie": None})
    send(stranger, {"eventType": "Health", "level": "error", "message": "No indexers", "type": "IndexerCheck"})

    with app.database.connect() as connection:
        rows = list_events(connection)
    assert {row.event.kind for row in rows} == {"instance.attention", "instance.health"}
    assert any(row.event.message == "Radarr needs your action: Some.Film; Not an upgrade" for row in rows)


@pytest.mark.parametrize(
    "event", [{"eventType": "Rename"}, {"eventType": "ApplicationUpdate", "message": "x"}, {"eventType": "Unheard"}]
)
def test_other_events_are_tolerated(stranger, radarr, engine, event):
    assert send(stranger, event).status_code == 200
    assert engine.started == []


SERIES = {"series": {"id": 7, "title": "S"}, "episodes": [{"id": 3}]}


# Notifications/Webhook: one name for different things, and one event for two
@pytest.mark.parametrize(
    ("name", "event", "kind"),
    [
        ("radarr", {"eventType": "Download", "movie": {"id": 5}, "deletedFiles": [{"id": 1}]}, "imported"),
        ("radarr", {"eventType": "MovieDelete", "movie": {"id": 5}, "deletedFiles": True}, "item deleted"),
        ("sonarr", SERIES | {"eventType": "Download", "episodeFile": {"sourcePath": "/d/x.mkv"}}, "imported"),
        ("sonarr", SERIES | {"eventType": "Download", "episodeFiles": [{"id": 1}], "sourcePath": "/d"}, "imported"),
        ("sonarr", {"eventType": "SeriesDelete", "series": {"id": 7}, "deletedFiles": False}, "item deleted"),
        ("sonarr", {"eventType": "ManualInteractionRequired", "series": None, "episodes": None}, "attention"),
    ],
)
def test_every_shape_of_an_event_is_understood(stranger, radarr, sonarr, name, event, kind):
    assert send(stranger, event, name=name).json()["event"] == kind


@pytest.mark.parametrize(("name", "secret"), [("radarr", "wrong"), ("nobody", SECRET)])
def test_a_stranger_learns_nothing(stranger, radarr, name, secret):
    assert send(stranger, {"eventType": "Test"}, name, secret).status_code == 404


def test_basic_auth_does_as_well(stranger, radarr):
    token = base64.b64encode(f"stalkeer:{SECRET}".encode()).decode()

    with_it = stranger.post(
        "/api/v1/webhooks/radarr", json={"eventType": "Test"}, headers={"Authorization": f"Basic {token}"}
    )
    without = stranger.post("/api/v1/webhooks/radarr", json={"eventType": "Test"})

    assert (with_it.status_code, without.status_code) == (200, 401)


HUGE_ID = b'{"eventType": "MovieAdded", "movie": {"id": 99999999999999999999}}'


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"not json", b'{"eventType": 3}', HUGE_ID])
def test_what_is_no_event_is_refused(stranger, radarr, body):
    assert stranger.post(f"/api/v1/webhooks/radarr/{SECRET}", content=body).status_code == 422


@contextmanager
def served(server):
    """Our server on a real port: the instances must reach it."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()  # who connects before uvicorn is up waits instead of being refused
    config = uvicorn.Config(server, log_level="error", lifespan="off")
    program = uvicorn.Server(config)
    thread = threading.Thread(target=program.run, kwargs={"sockets": [listening]})
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    program.should_exit = True
    thread.join(10)
    listening.close()


@pytest.fixture
def running(server):
    with served(server) as url:
        yield url


def test_a_webhook_is_registered_tried_and_heard(app, radarr, running, engine):
    connect_webhook(app.arrs, radarr.row.slug, running)

    radarr.notifier.tell("onMovieAdded", "MovieAdded", {"movie": {"id": 5, "title": "New"}})

    assert engine.started == [("scan", "radarr#5", NO_OPTIONS)]
    assert radarr.violations == []


def test_connecting_twice_keeps_one_webhook_with_the_new_secret(app, sonarr, running, engine):
    connect_webhook(app.arrs, sonarr.row.slug, running)
    connect_webhook(app.arrs, sonarr.row.slug, running)

    sonarr._notifications.tell("onSeriesAdd", "SeriesAdd", {"series": {"id": 5, "title": "New"}})

    assert len(sonarr.notifications) == 1
    assert engine.started == [("scan", "sonarr#5", NO_OPTIONS)]


def test_a_webhook_is_taken_out_again(app, radarr, running):
    connect_webhook(app.arrs, radarr.row.slug, running)

    assert disconnect_webhook(app.arrs, radarr.row.slug)
    assert radarr.notifications == []
    assert not disconnect_webhook(app.arrs, radarr.row.slug)


def test_an_instance_that_cannot_reach_us_says_so(app, radarr):
    with pytest.raises(ArrRefused, match="Unable to send test message"):
        connect_webhook(app.arrs, radarr.row.slug, "http://127.0.0.1:9")

    with app.database.connect() as connection:
        kept = get_instance(connection, "radarr").webhook_secret
    assert app.secrets.decrypt(kept) == SECRET


def test_the_page_registers_tests_repairs_and_removes_the_webhook(app, client, radarr, running, engine):
    page = f"/settings/instances/{radarr.row.slug}"
    headers = {"HX-Request": "true", "Sec-Fetch-Site": "same-origin"}
    client.post(f"{page}/webhook", data={"url": running}, headers=headers)
    assert [row["name"] for row in radarr.notifications] == ["Stalkeer"]

    assert client.post(f"{page}/webhook/test", headers=headers).status_code == 200
    assert client.post(f"/api/v1/instances/{radarr.row.slug}/webhook/test").status_code == 204
    client.post(f"{page}/webhook", data={"url": running}, headers=headers)
    assert len(radarr.notifications) == 1
    client.post(f"{page}/webhook/remove", headers=headers)
    assert radarr.notifications == []
    assert client.post(f"{page}/webhook/test", headers=headers).status_code == 404


def test_a_new_instance_gets_the_webhook_that_is_ticked_and_is_kept_without_it_where_that_fails(
    app, client, tmp_path, running, engine
):
    headers = {"Sec-Fetch-Site": "same-origin"}
    with Radarr(tmp_path / "more", strict=True) as server:
        form = {"kind": "radarr", "name": "more", "url": server.url, "api_key": server.api_key, "webhook": "1"}
        client.post("/settings/instances", data={**form, "webhook_url": running}, headers=headers)
        assert [row["name"] for row in server.notifications] == ["Stalkeer"]

        unreachable = {**form, "name": "other", "webhook_url": "http://127.0.0.1:9"}
        client.post("/settings/instances", data=unreachable, headers=headers)
        assert [row["name"] for row in server.notifications] == ["Stalkeer"]

    with app.database.connect() as connection:
        kept = get_instance(connection, "radarr-other")
    assert (kept.url, kept.webhook_secret) == (server.url, None)


def test_a_film_added_in_radarr_is_queued_within_a_minute(tmp_path, database):
    clock = now
    app = make_app(tmp_path / "data", database, clock, {"downloads.concurrent_limit": 1})
    Catalogue(database, clock).list_entries("EN - Dune (2021)")
    (tmp_path / "films").mkdir()
    with Radarr(tmp_path / "films") as radarr, ExitStack() as stack:
        radarr.row = know(app.arrs, radarr)
        engine = build_engine(app)
        engine.launch()
        stack.callback(engine.stop)
        security = build_security(app)
        url = stack.enter_context(served(make_server(replace(app, engine=engine), security)))
        connect_webhook(app.arrs, radarr.row.slug, url)
        began = time.monotonic()

        radarr.announce(radarr.add_movie("Dune", 2021, runtime_min=155))

        eventually(lambda: has_downloads_of(database, "Dune (2021)"), "the movie is queued", timeout_s=60)
        assert time.monotonic() - began < 60


def has_downloads_of(database, title):
    with database.connect() as connection:
        return connection.scalar(select(downloads.c.id).where(downloads.c.title == title)) is not None
