"""Downloads that ended without an import, and whose file the instance has after all."""

from dataclasses import replace
from pathlib import Path

import pytest
import stamina
from sqlalchemy import func, insert, select, update

from stalkeer.adapters.arr.outcomes import Pending
from stalkeer.core.naming.release import FileTraits
from stalkeer.demo.http import Response
from stalkeer.demo.media import EPISODE_45, MOVIE_90, read_clip
from stalkeer.demo.radarr import Radarr
from stalkeer.demo.sonarr import Sonarr
from stalkeer.jobs.imports.handover import (
    SHELVES,
    HandOvers,
    HandOverStep,
    StagedFile,
    Taking,
    open_hand_over,
    plan_placement,
)
from stalkeer.jobs.imports.recovery import import_recovery
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.wanted.scan import Scanner, rehearse_scan, scan, scan_item
from stalkeer.model import DownloadState
from stalkeer.settings import load_settings
from stalkeer.store.db.tables import download_items, downloads, sources, wanted
from stalkeer.store.downloads.downloads import get_download
from stalkeer.store.downloads.rows import ItemState
from stalkeer.store.journal.events import EventFilter, list_events
from tests.doubles.instances import clients, know

S = DownloadState
TRAITS = FileTraits(1080, "hevc", ("en",))
GONE = "took the file away and has no file of the item from it"


@pytest.fixture(autouse=True)
def no_waiting():
    with stamina.set_testing(True, attempts=2, cap=True):
        yield


@pytest.fixture
def radarr(tmp_path):
    (tmp_path / "movies").mkdir()
    with Radarr(tmp_path / "movies", strict=True) as server:
        yield server
        assert server.violations == []


@pytest.fixture
def sonarr(tmp_path):
    (tmp_path / "tv").mkdir()
    with Sonarr(tmp_path / "tv", strict=True, version="4.0.8.1874") as server:
        yield server
        assert server.violations == []


@pytest.fixture
def make(any_database, clock, tmp_path):
    def build(**given):
        given = {
            "data_dir": str(tmp_path / "data"),
            **{name.replace("__", "."): value for name, value in given.items()},
        }
        settings = load_settings(None, {}, given, {}).settings
        arrs = clients(any_database, clock)
        recover = import_recovery(any_database, arrs, settings)
        return Scanner(any_database, arrs, settings, lambda _database, _run: None, recover)

    return build


def wanted_of(scanner, server, slug=""):
    """The server's missing items, read into the database."""
    row = know(scanner.arrs, server, slug)
    scan(scanner, QuietRun(), row.slug)
    with scanner.database.connect() as connection:
        query = select(wanted).where(wanted.c.instance_id == row.id).order_by(wanted.c.id)
        return connection.execute(query).all()


def lose(scanner, rows, clip, state=S.BLOCKED, item_state=ItemState.WAITING):
    """A download for these items that was placed and then given up: (its id, the file at its staging place)."""
    handovers = HandOvers(scanner.database, scanner.arrs, scanner.settings)
    plan = plan_placement(handovers, tuple(row.id for row in rows), ".mkv", TRAITS)
    plan.target.parent.mkdir(parents=True, exist_ok=True)
    plan.target.write_bytes(read_clip(clip.name))
    now = scanner.arrs.clock()
    values = {"entry_id": 1, "entry_key": "1", "name": "n", "title": rows[0].title, "kind": rows[0].kind}
    values |= {"state": state.value, "error": GONE, "error_code": "import", "created_at": now, "updated_at": now}
    values |= {"placed_path": str(plan.target), "total": plan.target.stat().st_size, "run": 3, "release": plan.release}
    values |= {"facts": {SHELVES: {str(instance): str(path) for instance, path in plan.shelves.items()}}}
    with scanner.database.begin() as connection:
        source = (
            connection.execute(select(func.min(sources.c.id))).scalar_one()
            or connection.execute(
                insert(sources)
                .values(slug="s", kind="m3u", origin="ui", credentials="", created_at=now)
                .returning(sources.c.id)
            ).scalar_one()
        )
        made = connection.execute(
            insert(downloads).values(**values, source_id=source).returning(downloads.c.id)
        ).scalar_one()
        for row in rows:
            item = {"wanted_id": row.id, "instance_id": row.instance_id, "arr_id": row.arr_id, "state": item_state}
            active = state is S.BLOCKED
            connection.execute(insert(download_items).values(download_id=made, active=active, **item))
    return made, plan.target


def take_in(scanner, server, rows, file, taking=Taking.FROM_STAGING):
    """The instance imports the file, and nobody hears of it."""
    step = HandOverStep(
        rows[0].instance_id, tuple(row.id for row in rows), StagedFile(file, file.stat().st_size), taking=taking
    )
    with open_hand_over(HandOvers(scanner.database, scanner.arrs, scanner.settings), step) as hand_over:
        outcome = hand_over.take(step)
    assert isinstance(outcome, Pending)
    assert server.commands.get(outcome.command_id).done.wait(10)


def download(scanner, number):
    with scanner.database.connect() as connection:
        return get_download(connection, number)


def events_of(scanner, number):
    with scanner.database.connect() as connection:
        return [row.event.kind for row in list_events(connection, EventFilter(download_id=number))]


def some_episodes(sonarr, *numbers):
    series = sonarr.add_series("Some Series", 2019, runtime_min=45)
    return [sonarr.add_episode(series, 1, number) for number in numbers]


@pytest.mark.parametrize("numbers", [(1,), (1, 2)])
@pytest.mark.parametrize("state", [S.BLOCKED, S.FAILED])
def test_a_lost_episode_that_sonarr_has_after_all_is_completed_by_the_next_scan(make, sonarr, numbers, state):
    scanner = make()
    episodes = some_episodes(sonarr, *numbers)
    rows = wanted_of(scanner, sonarr)
    number, file = lose(scanner, rows, EPISODE_45, state)
    take_in(scanner, sonarr, rows, file)

    report = scan(scanner, QuietRun())

    row = download(scanner, number)
    assert (row.state, row.outcome.error, row.outcome.final_path) == (S.COMPLETED, None, str(episodes[0].file.path))
    assert {(item.state, item.imported_file_id) for item in row.items} == {(ItemState.IMPORTED, episodes[0].file.id)}
    assert row.outcome.finished_at is not None and not file.parent.exists()
    assert report.recovered == 1 and report.to_document()["recovered"] == 1
    assert events_of(scanner, number) == ["download.completed"]
    assert scan(scanner, QuietRun()).recovered == 0


def test_a_film_that_was_refused_and_then_imported_there_by_hand_is_completed(make, radarr):
    scanner = make(import__unmonitor=True)
    film = radarr.add_movie("Some Film", 2020, runtime_min=90)
    rows = wanted_of(scanner, radarr)
    number, file = lose(scanner, rows, MOVIE_90, item_state=ItemState.REFUSED)
    take_in(scanner, radarr, rows, file)

    scan(scanner, QuietRun())

    assert download(scanner, number).state is S.COMPLETED
    assert not film.monitored, "what follows an import follows here too"


def test_a_file_that_waits_in_its_own_folder_is_found_there(make, radarr):
    scanner = make(import__mode="library")
    film = radarr.add_movie("Some Film", 2020, runtime_min=90)
    rows = wanted_of(scanner, radarr)
    number, file = lose(scanner, rows, MOVIE_90)
    take_in(scanner, radarr, rows, file, Taking.IN_PLACE)

    scan(scanner, QuietRun())

    assert download(scanner, number).state is S.COMPLETED
    assert Path(film.file.path).is_file()


def test_the_scan_of_one_series_finds_its_lost_episodes_too(make, sonarr):
    scanner = make()
    (episode,) = some_episodes(sonarr, 1)
    rows = wanted_of(scanner, sonarr)
    number, file = lose(scanner, rows, EPISODE_45)
    take_in(scanner, sonarr, rows, file)

    report = scan_item(scanner, QuietRun(), "sonarr", episode.series_id)

    assert (report.recovered, download(scanner, number).state) == (1, S.COMPLETED)


def test_what_is_still_missing_is_not_asked_for(make, sonarr):
    scanner = make()
    some_episodes(sonarr, 1)
    number, file = lose(scanner, wanted_of(scanner, sonarr), EPISODE_45)
    file.unlink()
    sonarr.requests.clear()

    assert scan(scanner, QuietRun()).recovered == 0

    assert (download(scanner, number).state, download(scanner, number).outcome.error) == (S.BLOCKED, GONE)
    assert not [request for request in sonarr.requests if request.path in ("/api/v3/episode", "/api/v3/episodefile")]


def test_a_file_that_came_from_elsewhere_is_not_taken_for_ours(make, sonarr):
    scanner = make()
    episodes = some_episodes(sonarr, 1)
    number, file = lose(scanner, wanted_of(scanner, sonarr), EPISODE_45)
    file.unlink()
    sonarr.add_file(episodes, content=b"of another client")

    assert scan(scanner, QuietRun()).recovered == 0

    assert download(scanner, number).state is S.BLOCKED
    assert events_of(scanner, number) == []


def test_a_failed_download_whose_item_went_another_way_stays_failed(make, sonarr):
    scanner = make()
    some_episodes(sonarr, 1)
    rows = wanted_of(scanner, sonarr)
    number, file = lose(scanner, rows, EPISODE_45, S.FAILED)
    lose(scanner, rows, EPISODE_45)  # the same variant, fetched a second time
    take_in(scanner, sonarr, rows, file)

    assert scan(scanner, QuietRun()).recovered == 1

    assert download(scanner, number).state is S.FAILED


def test_a_download_for_two_instances_is_completed_when_both_have_it(make, radarr, tmp_path):
    scanner = make()
    radarr.add_movie("Some Film", 2020, runtime_min=90)
    (tmp_path / "uhd").mkdir()
    with Radarr(tmp_path / "uhd") as other:
        other.add_movie("Some Film", 2020, runtime_min=90)
        here, there = wanted_of(scanner, radarr), wanted_of(scanner, other, "radarr-4k")
        number, file = lose(scanner, [*here, *there], MOVIE_90)
        content = file.read_bytes()
        take_in(scanner, radarr, here, file)
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content)
        take_in(scanner, other, there, file)
        other.hook = lambda request: Response(503) if request.path.endswith("/moviefile") else None

        assert scan(scanner, QuietRun()).recovered == 0
        first, second = download(scanner, number).items
        assert (first.state, second.state) == (ItemState.IMPORTED, ItemState.WAITING)
        assert download(scanner, number).state is S.BLOCKED

        other.hook = None
        assert scan(scanner, QuietRun()).recovered == 1
        assert download(scanner, number).state is S.COMPLETED


def test_a_download_that_a_worker_has_again_is_left_to_it(make, sonarr):
    scanner = make()
    some_episodes(sonarr, 1)
    rows = wanted_of(scanner, sonarr)
    number, file = lose(scanner, rows, EPISODE_45)
    take_in(scanner, sonarr, rows, file)
    with scanner.database.begin() as connection:
        taken = {"state": S.IMPORTING.value, "worker": "w", "admitted_at": scanner.arrs.clock()}
        connection.execute(update(downloads).where(downloads.c.id == number).values(**taken))

    assert scan(scanner, QuietRun()).recovered == 0

    assert download(scanner, number).state is S.IMPORTING


def test_a_rehearsal_recovers_nothing(make, sonarr):
    scanner = make()
    some_episodes(sonarr, 1)
    rows = wanted_of(scanner, sonarr)
    number, file = lose(scanner, rows, EPISODE_45)
    take_in(scanner, sonarr, rows, file)

    assert rehearse_scan(scanner, QuietRun()).recovered == 0

    assert download(scanner, number).state is S.BLOCKED


def test_a_lost_import_is_found_before_its_item_is_asked_to_be_searched(make, sonarr):
    scanner = make()
    some_episodes(sonarr, 1)
    rows = wanted_of(scanner, sonarr)
    scanner = replace(scanner, settings=make(wanted__hand_back_after="1s").settings)
    _, file = lose(scanner, rows, EPISODE_45)
    take_in(scanner, sonarr, rows, file)
    scanner.arrs.clock.advance(3600)

    report = scan(scanner, QuietRun())

    assert (report.recovered, report.handed_back) == (1, 0)
