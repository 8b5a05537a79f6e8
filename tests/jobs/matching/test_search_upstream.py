import pytest
import stamina
from sqlalchemy import select

from stalkeer.demo.radarr import Radarr
from stalkeer.demo.sonarr import Sonarr
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.matching.search_upstream import hand_back, refresh_item, search_item
from stalkeer.jobs.wanted.sync import sync_wanted
from stalkeer.model import EventKind
from stalkeer.settings.sections.jobs import WantedSettings
from stalkeer.store.db.tables import wanted
from stalkeer.store.journal.events import EventFilter, list_events
from tests.doubles.instances import clients, know

DAY = 86400.0
WISHES = WantedSettings(hand_back_after=2 * DAY, hand_back_limit=2)


@pytest.fixture(autouse=True)
def no_waiting():
    with stamina.set_testing(True, attempts=2, cap=True):
        yield


@pytest.fixture
def arrs(database, clock):
    return clients(database, clock)


@pytest.fixture
def radarr(tmp_path, arrs):
    with Radarr(tmp_path / "movies", strict=True) as server:
        know(arrs, server)
        yield server


@pytest.fixture
def sonarr(tmp_path, arrs):
    with Sonarr(tmp_path / "tv", strict=True) as server:
        know(arrs, server)
        yield server


def sync(database, arrs):
    sync_wanted(database, arrs, WISHES, QuietRun())


def commands(server):
    return [(command.job.name, command.body) for command in server.commands.all()]


def test_what_waited_long_enough_is_searched_by_its_instance_in_one_command(database, arrs, clock, radarr, sonarr):
    film = radarr.add_movie("Some Film", 2020)
    episode = sonarr.add_episode(sonarr.add_series("Some Series", 2019), 1, 1)
    sync(database, arrs)
    clock.advance(3 * DAY)

    report = hand_back(database, arrs, WISHES)

    assert report.items == 2
    assert commands(radarr) == [("MoviesSearch", {"name": "MoviesSearch", "movieIds": [film.id]})]
    assert commands(sonarr) == [("EpisodeSearch", {"name": "EpisodeSearch", "episodeIds": [episode.id]})]


def test_nothing_is_handed_back_unless_wished(database, arrs, clock, radarr):
    radarr.add_movie("Some Film", 2020)
    sync(database, arrs)
    clock.advance(300 * DAY)

    assert hand_back(database, arrs, WantedSettings()).items == 0
    assert commands(radarr) == []


def test_new_and_recently_searched_items_are_not_searched_yet(database, arrs, clock, radarr):
    radarr.add_movie("Some Film", 2020)
    sync(database, arrs)
    assert hand_back(database, arrs, WISHES).items == 0
    clock.advance(3 * DAY)

    counts = [hand_back(database, arrs, WISHES).items]
    clock.advance(DAY)
    counts.append(hand_back(database, arrs, WISHES).items)
    clock.advance(2 * DAY)
    counts.append(hand_back(database, arrs, WISHES).items)

    assert counts == [1, 0, 1]


def test_few_are_handed_back_at_once_the_longest_waiting_first(database, arrs, clock, radarr):
    for number in range(5):
        radarr.add_movie(f"Film {number}", 2020)
        sync(database, arrs)
        clock.advance(60)
    clock.advance(3 * DAY)

    assert hand_back(database, arrs, WISHES).items == 2
    assert commands(radarr)[0][1]["movieIds"] == [1, 2]


def test_an_instance_that_does_not_answer_leaves_its_items_waiting(database, arrs, clock, radarr):
    radarr.add_movie("Some Film", 2020)
    sync(database, arrs)
    clock.advance(3 * DAY)
    radarr.close()

    report = hand_back(database, arrs, WISHES)

    assert report.items == 0
    assert "refused" in report.errors[0]
    with database.connect() as connection:
        assert connection.execute(select(wanted.c.last_searched_at)).scalar_one() is None


def test_the_user_may_have_one_item_searched_or_refreshed_now(database, arrs, sonarr):
    series = sonarr.add_series("Some Series", 2019)
    episode = sonarr.add_episode(series, 1, 1)
    sync(database, arrs)
    with database.connect() as connection:
        wanted_id = connection.execute(select(wanted.c.id)).scalar_one()

    search_item(database, arrs, wanted_id)
    refresh_item(database, arrs, wanted_id)

    assert commands(sonarr) == [
        ("EpisodeSearch", {"name": "EpisodeSearch", "episodeIds": [episode.id]}),
        ("RefreshSeries", {"name": "RefreshSeries", "seriesIds": [series.id]}),
    ]
    assert sonarr.violations == []


def test_the_search_is_in_the_history_of_its_item_and_leaves_the_indexers_alone(database, arrs, clock, radarr):
    radarr.add_movie("Some Film", 2020)
    sync(database, arrs)
    clock.advance(3 * DAY)
    asked = len(radarr.requests)

    hand_back(database, arrs, WISHES)

    with database.connect() as connection:
        wanted_id = connection.execute(select(wanted.c.id)).scalar_one()
        (told,) = list_events(connection, EventFilter(kinds=(EventKind.WANTED_HANDED_BACK,), wanted_id=wanted_id))
    assert told.event.message == "Radarr searches its own indexers for Some Film (2020)"
    changes = [(one.method, one.path) for one in radarr.requests[asked:] if one.method != "GET"]
    assert changes == [("POST", "/api/v3/command")]
    assert not any("indexer" in one.path for one in radarr.requests[asked:])
