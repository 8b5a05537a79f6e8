import base64
import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
import stamina

from stalkeer.demo.radarr import Radarr
from stalkeer.demo.sonarr import Sonarr
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.wanted.sync import sync_wanted
from stalkeer.store.journal.runs import NO_OPTIONS
from tests.doubles.engine import NotingEngine
from tests.doubles.instances import know


@pytest.fixture(autouse=True)
def no_waiting():
    with stamina.set_testing(True, attempts=2, cap=True):
        yield


@pytest.fixture
def radarr(tmp_path, app):
    with Radarr(tmp_path / "movies", strict=True) as server:
        know(app.arrs, server)
        yield server


@pytest.fixture
def sonarr(tmp_path, app):
    with Sonarr(tmp_path / "tv", strict=True) as server:
        know(app.arrs, server)
        yield server


def sync(app):
    sync_wanted(app.database, app.arrs, app.settings.wanted, QuietRun())


def get(client, path, **query):
    answer = client.get(f"/api/v1{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_missing_items_are_listed_by_title_with_what_holds_them_back(app, client, radarr, sonarr):
    radarr.add_movie("Zulu Film", 2020, is_available=False)
    series = sonarr.add_series("Alpha Series", 2019)
    for number in (10, 2):
        sonarr.add_episode(series, 1, number)
    sync(app)

    answer = get(client, "/missing")

    assert [row["name"] for row in answer["records"]] == [
        "Alpha Series S01E02",
        "Alpha Series S01E10",
        "Zulu Film (2020)",
    ]
    assert answer["totalRecords"] == 3
    assert answer["records"][2]["skip"] == "not available yet"
    assert {row["found"] for row in answer["records"]} == {"nothing"}


@pytest.mark.parametrize("order", ["title", "firstSeen", "airDate"])
def test_every_item_comes_once_however_the_list_is_walked(app, client, radarr, sonarr, order):
    for number in range(7):
        radarr.add_movie(f"Film {number % 3}", 2020)
    series = sonarr.add_series("Some Series", 2019)
    for number in range(1, 5):
        sonarr.add_episode(series, 1, number)
    sync(app)

    seen, cursor = [], None
    while True:
        answer = get(client, "/missing", sortKey=order, pageSize=3, **({"cursor": cursor} if cursor else {}))
        seen += [row["id"] for row in answer["records"]]
        cursor = answer["nextCursor"]
        if cursor is None:
            break

    assert len(seen) == len(set(seen)) == 11
    assert seen == [row["id"] for row in get(client, "/missing", sortKey=order)["records"]]


def test_filters_narrow_the_list(app, client, radarr, sonarr):
    radarr.add_movie("Some Film", 2020)
    sonarr.add_episode(sonarr.add_series("Some Series", 2019), 0, 1, title="A Special")
    sync(app)

    def names(**query):
        return [row["name"] for row in get(client, "/missing", **query)["records"]]

    assert names(kind="movie") == ["Some Film (2020)"]
    assert names(instance="sonarr") == ["Some Series S00E01"]
    assert names(skipped=True) == ["Some Series S00E01"]
    assert names(search="special") == ["Some Series S00E01"]
    assert names(found="confirmed") == []
    assert names(reason="cutoff") == []


def test_missing_episodes_are_grouped_by_series(app, client, sonarr):
    series = sonarr.add_series("Some Series", 2019)
    for season, number in ((1, 1), (1, 2), (2, 1)):
        sonarr.add_episode(series, season, number)
    sync(app)

    (row,) = get(client, "/missing/series")["records"]

    assert (row["title"], row["missing"], row["seasons"]) == ("Some Series", 3, [1, 2])
    assert len(get(client, "/missing", seriesId=row["libraryId"])["records"]) == 3


def test_series_are_walked_by_cursor(app, client, sonarr):
    for name in ("Beta", "alpha", "Gamma"):
        sonarr.add_episode(sonarr.add_series(name, 2019), 1, 1)
    sync(app)

    first = get(client, "/missing/series", pageSize=2)
    second = get(client, "/missing/series", pageSize=2, cursor=first["nextCursor"])

    assert [row["title"] for row in first["records"] + second["records"]] == ["alpha", "Beta", "Gamma"]


def test_films_and_episodes_have_lists_of_their_own(app, client, radarr, sonarr):
    radarr.add_movie("Some Film", 2020)
    sonarr.add_episode(sonarr.add_series("Some Series", 2019), 1, 1)
    sync(app)

    assert [row["name"] for row in get(client, "/missing/movies")["records"]] == ["Some Film (2020)"]
    assert [row["name"] for row in get(client, "/missing/tvshows")["records"]] == ["Some Series S01E01"]


def test_a_dry_run_of_a_scan_is_a_job_of_its_own(app, client):
    object.__setattr__(app, "engine", NotingEngine())

    answer = client.post("/api/v1/missing/scan", json={"dryRun": True})

    assert (answer.status_code, answer.json()["job"]) == (202, "scan-preview")


def test_a_scan_is_started_and_its_run_named(app, client, radarr):
    object.__setattr__(app, "engine", NotingEngine())

    answer = client.post("/api/v1/missing/scan", json={"instance": "radarr"})

    assert (answer.status_code, answer.json()) == (202, {"runId": 1, "job": "scan"})
    assert app.engine.started == [("scan", "radarr", NO_OPTIONS)]
    assert client.post("/api/v1/missing/scan", json={"instance": "nobody"}).status_code == 404


def test_an_unknown_item_is_not_found(client):
    assert client.get("/api/v1/missing/77").status_code == 404


def test_the_calendar_joins_all_instances(app, client, radarr, sonarr):
    tomorrow = app.clock() + timedelta(days=1)
    series = sonarr.add_series("Some Series", 2019)
    sonarr.add_episode(series, 1, 1, title="Pilot", air_date_utc=tomorrow)
    sonarr.add_episode(series, 1, 2, air_date_utc=datetime(2999, 1, 1, tzinfo=UTC))
    radarr.hook = lambda request: None

    answer = get(client, "/calendar")

    assert [(row["title"], row["itemTitle"], row["what"]) for row in answer["items"]] == [
        ("Some Series", "Pilot", "air")
    ]
    assert answer["errors"] == {}


def test_for_the_calendar_all_instances_are_asked_at_once(client, radarr, sonarr):
    both = threading.Barrier(2)

    def answer_together(_request):
        both.wait(timeout=20)

    radarr.hook = sonarr.hook = answer_together

    assert get(client, "/calendar") == {"items": [], "errors": {}}


def test_the_calendar_names_who_could_not_be_asked(app, client, tmp_path):
    with Sonarr(tmp_path / "gone") as gone:
        know(app.arrs, gone)

    assert "refused" in get(client, "/calendar")["errors"]["sonarr"]


def test_a_calendar_that_ends_before_it_starts_is_refused(client):
    query = {"start": "2026-02-01T00:00:00Z", "end": "2026-01-01T00:00:00Z"}

    assert client.get("/api/v1/calendar", params=query).status_code == 409


@pytest.mark.parametrize("number", ["0", "1.5", "3.8e-239", "1e5", "nan", "-inf"])
def test_a_number_is_no_time(client, number):
    assert client.get("/api/v1/calendar", params={"start": number}).status_code == 400


@pytest.mark.parametrize("cursor", [[77], ["x"], [True], [-1], [2**70], [1, 2]])
def test_a_cursor_of_nowhere_is_not_found(client, cursor):
    word = base64.urlsafe_b64encode(json.dumps(cursor).encode()).decode().rstrip("=")

    assert client.get("/api/v1/missing", params={"cursor": word}).status_code == 404


@pytest.mark.parametrize("path", [f"/missing/{2**70}", "/missing?seriesId=99999999999999999999", "/missing/0"])
def test_numbers_that_are_no_ids_are_refused(client, path):
    assert client.get(f"/api/v1{path}").status_code in (400, 404, 422)
