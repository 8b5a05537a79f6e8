"""When an instance is asked about its grabs: once a minute, and soon after it reported an import."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from stalkeer.jobs.native.watch import GrabWatch
from stalkeer.store.db.tables import download_items
from stalkeer.store.library.instances import set_webhook_secret
from tests.doubles.clock import FakeClock
from tests.doubles.engine import NotingEngine
from tests.doubles.house import now, open_house
from tests.doubles.native import open_native


@pytest.fixture
def native(tmp_path, database):
    with open_house(tmp_path, database) as house, open_native(house) as opened:
        yield opened


def polls(native):
    return len([one for one in native.house.radarr.requests if one.path.endswith("/queue") and one.method == "GET"])


def rest_as_imported(native, nzo_id):
    """The file of the grab waits for its instance."""
    native.change_grab(nzo_id, state="completed")
    with native.house.database.begin() as connection:
        connection.execute(update(download_items).values(state="importing"))


def test_an_import_that_was_reported_is_asked_about_until_the_history_may_name_it(native):
    nzo_id = native.grab(native.offer())
    rest_as_imported(native, nzo_id)
    clock = FakeClock(now())
    watch = GrabWatch(native.house.database, native.house.app.arrs, clock)
    watch.look()
    clock.advance(10)
    watch.look()
    assert polls(native) == 1, "it is asked once a minute"

    watch.note_reported(nzo_id)
    is_to_go_on = [watch.look()]
    asked = [polls(native)]
    for seconds in (2, 5, 5):
        clock.advance(seconds)
        is_to_go_on.append(watch.look())
        asked.append(polls(native))

    assert asked == [2, 2, 3, 4]
    assert is_to_go_on == [True] * 4
    clock.advance(100)
    assert not watch.look(), "not for ever"


@pytest.mark.parametrize(("path", "is_proven"), [("ours", False), ("", False), ("/films/Film/film.mkv", True)])
def test_only_a_path_in_the_library_proves_a_reported_import(native, path, is_proven):
    """Radarr 3 names the file that it imported from."""
    offered = native.offer()
    nzo_id = native.grab(offered)
    native.change_grab(nzo_id, storage="/vod/complete/film.mkv")
    app = native.house.app
    object.__setattr__(app, "engine", engine := NotingEngine())
    instance = native.house.instance()
    with app.database.begin() as connection:
        set_webhook_secret(connection, instance, app.secrets.encrypt("secret-of-the-webhook"))
    file = {"id": 77, "path": "/vod/complete/film.mkv" if path == "ours" else path}
    event = {"eventType": "Download", "movie": {"id": offered.movie_id, "title": "Film"}, "downloadId": nzo_id}

    answer = native.client.post("/api/v1/webhooks/radarr/secret-of-the-webhook", json=event | {"movieFile": file})

    assert answer.status_code == 200
    assert engine.reported == ([] if is_proven else [nzo_id])
    assert engine.woken == 1
