"""Figures and empty texts say what is so: never scanned, scanning, refreshing, paused, waiting, failed, imported."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from urllib.request import Request, urlopen

import pytest
from sqlalchemy import delete, insert, select, update
from starlette.testclient import TestClient

from stalkeer.core.titles.labels import label_of
from stalkeer.faces.web.assets import asset_path
from stalkeer.faces.web.dashboard import rate_graph
from stalkeer.faces.web.render import Toast
from stalkeer.faces.web.runs_text import cron_text, job_label, run_text
from stalkeer.model import JobName
from stalkeer.runtime import App
from stalkeer.store.db import tables
from stalkeer.store.system.dashboard import SpeedSample
from tests.faces.web.sample import NOW, fill

IMPORTED = 9  # the item of the sample whose download is completed
PART = {"HX-Request": "true"}


@pytest.fixture
def lived_in(app: App) -> App:
    fill(app.database, app.secrets, app.clock())
    return app


def write(app: App, *statements: object) -> None:
    with app.database.begin() as connection:
        for statement in statements:
            connection.execute(statement)  # type: ignore[call-overload]


def words_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))


NEVER_SCANNED = (
    delete(tables.matches), delete(tables.download_items), delete(tables.downloads), delete(tables.wanted),
    delete(tables.runs), update(tables.instances).values(last_sync_at=None),
)  # fmt: skip


@pytest.mark.parametrize("path", ["/wanted", "/wanted/cutoff", "/matches", "/"])
def test_figures_without_a_scan_say_so_and_claim_nothing(client: TestClient, lived_in: App, path: str):
    write(lived_in, *NEVER_SCANNED)

    words = words_of(client.get(path).text)

    assert "Not scanned yet" in words or "not scanned yet" in words
    assert "Nothing is missing" not in words and "Nothing to review" not in words and " 0 missing" not in words


@pytest.mark.parametrize("path", ["/wanted", "/"])
def test_a_scan_under_way_is_told_instead(client: TestClient, lived_in: App, path: str):
    scanning = insert(tables.runs).values(job="scan", state="running", started_at=lived_in.clock())
    write(lived_in, *NEVER_SCANNED, scanning)

    words = words_of(client.get(path).text)

    assert "Scanning" in words and "Not scanned yet" not in words


def test_a_scan_that_found_nothing_says_that_nothing_is_missing(client: TestClient, lived_in: App):
    write(lived_in, *NEVER_SCANNED, update(tables.instances).values(last_sync_at=lived_in.clock()))

    assert "Nothing is missing" in words_of(client.get("/wanted").text)


def test_without_a_radarr_or_a_source_nothing_counts_as_fine(client: TestClient):
    words = words_of(client.get("/").text)

    assert "No issues found" not in words and "Nothing to check before" in words


def test_paused_downloads_and_those_in_trouble_have_a_banner_with_a_way_on(client: TestClient, lived_in: App):
    page = client.get("/").text

    assert "1 download is paused" in page and "/activity/all/resume" in page
    assert "2 downloads need attention" in page and "/activity?show=trouble" in page


def test_what_waits_is_listed_with_its_reason_when_nothing_runs(client: TestClient, lived_in: App):
    active = ("downloading", "fetched", "placed", "importing")
    write(lived_in, update(tables.downloads).where(tables.downloads.c.state.in_(active)).values(state="queued"))

    words = words_of(client.get("/dashboard/now", headers=PART).text)

    assert "No active downloads" not in words
    assert "Cold Harbour" in words and re.search(r"Waits|Starts in a moment", words)


def test_a_refresh_of_all_sources_shows_its_progress_on_the_list_and_on_the_dashboard(
    client: TestClient, lived_in: App
):
    progress = {"done": 3, "total": 10, "message": "Reading main"}
    write(
        lived_in,
        insert(tables.runs).values(job="refresh", state="running", started_at=lived_in.clock(), progress=progress),
    )

    sources, dashboard = client.get("/sources").text, words_of(client.get("/dashboard/sources", headers=PART).text)

    assert "Refreshing all sources" in sources and "Reading main" in sources
    assert "refreshing" in dashboard


def test_the_counts_beside_the_filters_come_anew_with_the_rows_and_count_what_the_search_finds(
    client: TestClient, lived_in: App
):
    write(lived_in, update(tables.downloads).values(state="paused"))

    part = client.get("/activity?show=paused", headers=PART).text
    found = client.get("/activity?q=cold", headers=PART).text

    assert re.search(r'id="count-all"\s+hx-swap-oob="true">10<', part)
    assert re.search(r'id="count-active"\s+hx-swap-oob="true">0<', part)
    assert re.search(r'id="count-paused"\s+hx-swap-oob="true">1<', found)


def test_an_imported_item_says_so_and_offers_nothing_that_would_be_refused(client: TestClient, lived_in: App):
    write(lived_in, update(tables.wanted).where(tables.wanted.c.id == IMPORTED).values(gone_at=lived_in.clock()))

    drawer = client.get(f"/wanted/{IMPORTED}", headers=PART).text

    assert "Imported" in drawer and "no longer asks for it" in drawer
    for gone in ("Download best release", "Search again", "/why", "Loading", ">Found<"):
        assert gone not in drawer, gone


def test_a_steady_download_is_a_level_line_up_to_its_last_sample():
    samples = [SpeedSample(NOW - timedelta(seconds=4 + 11 * at), 11 * 1_200_000, 11.0) for at in range(200)]

    times, rates = rate_graph(samples[::-1], NOW)

    assert set(rates) == {1_200_000}
    assert NOW.timestamp() - 30 <= times[-1] <= NOW.timestamp()


def test_the_line_falls_to_zero_when_nothing_runs_any_more():
    _, rates = rate_graph([SpeedSample(NOW - timedelta(minutes=5), 12_000_000, 10.0)], NOW)

    assert rates[-1] == 0 and max(rates) > 0


@pytest.mark.parametrize(
    ("job", "report", "text"),
    [
        ("refresh", {"sources": [{"source": "a", "outcome": "done", "entries": 1200, "added": 5, "removed": 2}]},
         "1,200 entries · 5 new · 2 gone"),
        ("refresh", {"sources": [{"source": "a", "outcome": "failed", "entries": 1}, {"source": "b", "entries": 2}]},
         "3 entries · 0 new · 0 gone · failed: a"),
        ("scan", {"wanted": 20, "confirmed": 8, "review": 3, "nothing": 9, "seconds": 1.2},
         "20 wanted · 8 found · 3 to review · 9 not found"),
        ("match", {"items": 1, "confirmed": 1, "lookupsOpen": 0}, "1 item · 1 new match"),
        ("download", {"queued": 2, "already": 3, "refused": 0}, "2 downloads queued · 3 already in the queue"),
        ("cleanup", {"removed": {"sessions": 2, "events": 0}, "freedBytes": 0, "failed": []}, "2 sessions"),
        ("cleanup", {"removed": {}, "freedBytes": 0}, "nothing to remove"),
        ("backup", {"name": "stalkeer-manual.zip", "size": 1}, "stalkeer-manual.zip"),
        ("scan", None, ""),
        ("unheard-of", {"a": 1}, ""),
    ],
)  # fmt: skip
def test_a_run_tells_its_result_in_words(job: str, report: dict[str, object] | None, text: str):
    assert run_text(job, report) == text


@pytest.mark.parametrize(
    ("cron", "text"),
    [
        ("*/15 * * * *", "every 15 minutes"),
        ("0 */6 * * *", "every 6 hours"),
        ("7 */1 * * *", "every hour"),
        ("0 * * * *", "every hour"),
        ("30 4 * * *", "daily at 04:30"),
        ("5 3,15 * * *", "daily at 03:05 and 15:05"),
        ("0 4 * * 0", "Sundays at 04:00"),
        ("0 4 1 * *", "0 4 1 * *"),
        ("0 4 * * 1-5", "0 4 * * 1-5"),
        ("off", "off"),
    ],
)
def test_usual_schedules_are_told_in_words(cron: str, text: str):
    assert cron_text(cron) == text


def test_jobs_have_names_for_people():
    assert [job_label(job) for job in ("scan", "scan-preview", "later-job")] == [
        "Scan for missing", "Scan preview", "Later job",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("season", "air_date", "label"),
    [
        (2026, "2026-11-20", "The News 2026-11-20"),
        (2026, None, "The News S2026E04"),
        (3, "2026-11-20", "The News S03E04"),
    ],
)
def test_an_episode_of_a_daily_series_is_named_by_its_day(season: int, air_date: str | None, label: str):
    assert label_of("The News", 2001, season, 4, air_date) == label


def test_a_daily_episode_has_the_same_name_in_every_list(client: TestClient, lived_in: App):
    matches, wanted = tables.matches, tables.wanted
    with lived_in.database.connect() as connection:
        confirmed = matches.c.decision == "confirm"
        match = connection.execute(select(matches).where(confirmed).order_by(matches.c.id)).first()
    daily = {"kind": "episode", "season": 2026, "episode": 4, "air_date": "2026-11-20"}
    write(lived_in, update(wanted).where(wanted.c.id == match.wanted_id).values(daily))
    write(lived_in, delete(tables.download_items), delete(tables.downloads))

    client.post(f"/matches/{match.id}/download")
    paths = ("/matches/confirmed", f"/catalogue/{match.entry_id}", f"/wanted/{match.wanted_id}", "/activity")
    pages = {path: words_of(client.get(path).text) for path in paths}
    kept = client.post(f"/matches/{match.id}/reject?review=1")

    assert [path for path, words in pages.items() if "Daughter 2026-11-20" not in words] == []
    assert "2026-11-20" in kept.headers["Stalkeer-Toast"]
    assert not any("S2026E" in words for words in pages.values())


def test_a_month_without_a_release_says_so_instead_of_an_empty_grid(client: TestClient):
    part = client.get("/calendar/days?view=month&month=1999-01", headers=PART).text

    assert "No releases" in part and 'class="month"' not in part


@pytest.mark.parametrize("path", ["/", "/wanted", "/static/app.css", "/manifest.webmanifest"])
def test_a_monitor_that_asks_with_head_is_answered_as_with_get(sample_site: str, path: str):
    path = asset_path("app.css") if path.startswith("/static") else path

    with urlopen(Request(sample_site + path, method="HEAD")) as answer:
        assert answer.status == 200 and answer.read() == b""


def test_every_job_has_a_name_of_its_own_on_the_page_of_tasks(client: TestClient, app: App):
    write(app, *(insert(tables.runs).values(job=job, state="done", started_at=NOW, finished_at=NOW) for job in JobName))

    answer = client.get("/system/tasks")

    assert answer.status_code == 200
    assert len({job.label for job in JobName}) == len(JobName)
    assert all(job.label in answer.text for job in JobName)


@pytest.mark.parametrize("path", ["/", "/matches", "/matches?view=list", "/dashboard/now", "/dashboard/tiles"])
def test_who_chose_no_radarr_or_sonarr_is_not_told_to_scan(client: TestClient, app: App, path: str):
    fill(app.database, app.secrets, app.clock())
    gone = update(tables.instances).values(removed_at=app.clock())
    write(app, *NEVER_SCANNED, gone)
    app.change_settings({"wanted.without_instances": True})

    words = words_of(client.get(path).text).lower()

    assert "not scanned yet" not in words and "first scan" not in words and "scan for missing" not in words


def test_the_health_of_a_program_without_instances_is_told_once_it_has_a_source(client: TestClient, app: App):
    fill(app.database, app.secrets, app.clock())
    write(app, delete(tables.health), update(tables.instances).values(removed_at=app.clock()))
    assert "Nothing to check before" in client.get("/system").text

    app.change_settings({"wanted.without_instances": True})

    assert "No issues found" in client.get("/system").text


def test_what_is_only_information_is_not_shown_as_a_warning(client: TestClient, app: App):
    shared = {"subject": "", "fix": "", "since": NOW, "checked_at": NOW}
    levels = {"info": "info", "warning": "warn", "error": "bad"}
    for level in levels:
        write(app, insert(tables.health).values(check=level, level=level, message=f"Of level {level}", **shared))

    page = client.get("/system").text

    tones = {text: tone for tone, text in re.findall(r'notice (\w+)">.*?<strong>Of level (\w+)<', page, re.DOTALL)}
    assert tones == levels


def test_the_list_of_ended_downloads_has_one_button_that_removes_them(client: TestClient, lived_in: App):
    assert client.get("/activity?show=done").text.count("/activity/all/remove") == 1


@pytest.mark.parametrize("moving", [1, 5])
def test_the_downloads_that_wait_are_shown_or_counted_as_more(client: TestClient, lived_in: App, moving: int):
    downloads = tables.downloads
    write(lived_in, update(downloads).values(state="queued"))
    write(lived_in, update(downloads).where(downloads.c.id <= moving).values(state="downloading"))
    with lived_in.database.connect() as connection:
        waiting = len(connection.execute(select(downloads.c.id).where(downloads.c.state == "queued")).all())

    page = client.get("/dashboard/now", headers=PART).text

    [more] = re.findall(r"(\d+) more download", page)
    assert int(more) + page.count('id="next-') == waiting


def test_a_toast_hides_what_looks_like_a_secret():
    told = json.loads(Toast("Reading http://user:pa55w0rd4711@example.com/x?apikey=k3y0f4711 failed", "bad").to_json())

    assert "example.com" in told["text"]
    assert "pa55w0rd4711" not in told["text"] and "k3y0f4711" not in told["text"]
