"""Downloads of entries that nothing wanted: to a folder, or added to Radarr and Sonarr first."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import event, update

from stalkeer.core.naming.destination import Destination
from stalkeer.demo.radarr import Radarr
from stalkeer.demo.series import Episode
from stalkeer.demo.sonarr import Sonarr
from stalkeer.demo.sonarr_library import LONG_AGO
from stalkeer.errors import Conflict, NotFound
from stalkeer.jobs.requests.add_item import AddWish
from stalkeer.jobs.requests.from_catalogue import (
    DownloadScope,
    add_and_download,
    download_to_folder,
    propose_for_entry,
    queued_ids,
)
from stalkeer.store.catalogue.episodes import list_episodes_of
from stalkeer.store.db.tables import sources
from stalkeer.store.downloads.downloads import DownloadFilter, get_download, list_downloads
from stalkeer.store.matching.rules import list_rules
from tests.doubles.catalogue import Catalogue
from tests.doubles.instances import know


@pytest.fixture
def listed(database, clock):
    return Catalogue(database, clock).list_entries


@pytest.fixture
def radarr(tmp_path, app):
    (tmp_path / "movies").mkdir()
    with Radarr(tmp_path / "movies") as server:
        know(app.arrs, server)
        yield server


@pytest.fixture
def sonarr(tmp_path, app):
    (tmp_path / "series").mkdir()
    with Sonarr(tmp_path / "series") as server:
        know(app.arrs, server)
        yield server


def queued(app):
    with app.database.connect() as connection:
        return list_downloads(connection, DownloadFilter())


def destinations(app):
    return [Destination.of_document(row.identity.destination).label for row in queued(app)]


def test_a_movie_goes_to_a_folder_without_any_instance(app, listed):
    (dune,) = listed("EN - Dune (2021) [4K]")

    download_to_folder(app.catalogue, dune)

    (row,) = queued(app)
    assert (row.identity.title, row.identity.kind, row.items) == ("Dune (2021)", "movie", ())
    with pytest.raises(Conflict, match="being downloaded already"):
        download_to_folder(app.catalogue, dune)


@pytest.mark.parametrize(
    ("scope", "labels"),
    [
        (DownloadScope.ENTRY, ["Quiet Cartographers S01E02"]),
        (DownloadScope.SEASON, ["Quiet Cartographers S01E01", "Quiet Cartographers S01E02"]),
        (DownloadScope.SERIES, [f"Quiet Cartographers {n}" for n in ("S01E01", "S01E02", "S02E01")]),
    ],
)
def test_an_episode_its_season_or_its_series_goes_to_a_folder_once_each(app, listed, scope, labels):
    ids = listed("Quiet Cartographers S01E01 720p", kind="episode", resolution=720)
    ids += listed("Quiet Cartographers S01E01 1080p", kind="episode", resolution=1080)
    ids += listed("Quiet Cartographers S01E02", "Quiet Cartographers S02E01", "Other Series S01E03", kind="episode")

    download_to_folder(app.catalogue, ids[2], scope)

    assert destinations(app) == labels
    if scope is not DownloadScope.ENTRY:
        assert queued(app)[0].identity.entry_id == ids[1], "the sharper of two"


def test_a_series_gives_the_episodes_of_all_its_spellings_and_of_no_other_series(app, listed):
    series, _ = listed("Quiet Cartographers", "Other Series", kind="series")
    names = ("Quiet Cartographers S01E01", "QUIET CARTOGRAPHERS! S01E02", "quiet.cartographers S02E01")
    ids = listed(*names, "Other Series S01E03", kind="episode")

    with app.database.begin() as connection:  # a source without an account API, which need not be asked
        connection.execute(update(sources).values(credentials=app.secrets.encrypt("{}")))

    download_to_folder(app.catalogue, series)

    assert [row.identity.entry_id for row in queued(app)] == ids[:3]


def test_a_long_series_in_many_qualities_is_whole_and_read_in_a_few_queries(app, listed):
    numbers = range(1, 703)
    names = [f"Long Days S01E{number:03}" for number in numbers]
    for resolution in (480, 720, 1080):
        ids = listed(*names, kind="episode", resolution=resolution)

    statements: list[str] = []
    with app.database.connect() as connection:
        event.listen(connection, "before_cursor_execute", lambda *call: statements.append(call[2]))
        found = list_episodes_of(connection, ids[0], 1)

    assert [(one.id, one.episode) for one in found] == list(zip(ids, numbers, strict=True))
    assert len(statements) < 10


def test_a_movie_is_added_to_radarr_pinned_and_queued_and_radarr_does_not_search(app, listed, radarr):
    (dune, other) = listed("EN - Dune (2021)", "EN - Dune (1984)")
    radarr.add_namesake("Dune", 2021, tmdb_id=438631)
    radarr.add_namesake("Dune", 1984, tmdb_id=841)

    found = propose_for_entry(app.catalogue, dune)
    results = add_and_download(app.catalogue, dune, AddWish(found.best))

    assert found.best == 438631
    (movie,) = radarr.movies.values()
    assert (movie.title, movie.year, movie.monitored) == ("Dune", 2021, True)
    with app.database.connect() as connection:
        row = get_download(connection, queued_ids(results)[0])
        rules = [one.rule for one in list_rules(connection)]
    assert row.identity.entry_id == dune and row.items[0].arr_id == movie.id
    assert [(rule.action.value, rule.tmdb_id) for rule in rules] == [("pin", 438631)]
    assert other not in {one.identity.entry_id for one in queued(app)}
    assert not [command for command in radarr.commands.all() if "Search" in command.job.name]


def test_a_title_of_several_years_is_not_guessed(app, listed, radarr):
    (dune,) = listed("Dune")
    radarr.add_namesake("Dune", 2021, tmdb_id=438631)
    radarr.add_namesake("Dune", 1984, tmdb_id=841)

    assert propose_for_entry(app.catalogue, dune).best is None


@pytest.mark.parametrize(
    "name", ["DE - Amber Dynasty [1999]", "Amber.Dynasty.1999.1080p.WEB-DL", "+16 Amber Dynasty (1999)"]
)
def test_a_name_that_can_mean_several_titles_is_looked_up_and_named_by_the_likeliest(app, listed, radarr, name):
    (entry,) = listed(name, year=1999)
    radarr.add_namesake("Amber Dynasty", 1999, tmdb_id=7)

    found = propose_for_entry(app.catalogue, entry)
    download_to_folder(app.catalogue, entry)

    assert (found.best, found.entry.title) == (7, "Amber Dynasty")
    assert destinations(app) == ["Amber Dynasty (1999)"]


def test_the_less_likely_titles_of_a_name_are_looked_up_where_the_likeliest_finds_nothing(app, listed, radarr):
    (entry,) = listed("FR - Twelve Bridges - A Winter Story (2017)", year=2017)
    radarr.add_namesake("A Winter Story", 2017, tmdb_id=8)

    assert propose_for_entry(app.catalogue, entry).best == 8


def test_a_translated_title_is_sure_where_radarr_lists_it_and_no_movie_has_it_as_its_own(app, listed, radarr):
    (vesna, autumn) = listed("|FR| Printemps de Verre - 2018", "Automne (2011)")
    radarr.add_namesake("Vesna", 2018, tmdb_id=9, alternate_titles=("Printemps de verre",))
    radarr.add_namesake("Automne", 2011, tmdb_id=10)
    radarr.add_namesake("Jesień", 2011, tmdb_id=11, alternate_titles=("Automne",))

    assert [propose_for_entry(app.catalogue, entry).best for entry in (vesna, autumn)] == [9, 10]


def test_an_anime_that_counts_through_all_seasons_is_added_by_absolute_number(app, listed, sonarr):
    ids = [*listed("Chains of the Wind - 013", kind="episode", episode=13)]
    ids += listed("Chains of the Wind - 014", kind="episode", episode=14)
    numbers = [(season, number, 12 * (season - 1) + number) for season in (1, 2) for number in range(1, 13)]
    episodes = [Episode(0, 0, s, n, title="", absolute=absolute, air_date_utc=LONG_AGO) for s, n, absolute in numbers]
    sonarr.add_namesake("Chains of the Wind", 2022, tvdb_id=5, kind="anime", episodes=episodes)

    add_and_download(app.catalogue, ids[0], AddWish(5), scope=DownloadScope.SERIES)

    (series,) = sonarr.series.values()
    monitored = [(one.season, one.number) for one in series.episodes if one.monitored]
    assert monitored == [(2, 1), (2, 2)]
    assert [row.identity.entry_id for row in queued(app)] == ids


@pytest.mark.parametrize(
    ("name", "fields", "label"),
    [
        ("Chains of the Wind - 013", {"episode": 13}, "Chains of the Wind S01E13"),
        ("The Late Ledger 2026-01-12", {"air_date": "2026-01-12"}, "The Late Ledger 2026-01-12"),
        ("Quiet Cartographers S00E02", {}, "Quiet Cartographers S00E02"),
    ],
)
def test_an_episode_with_a_season_a_count_or_a_date_goes_to_a_folder(app, listed, name, fields, label):
    (entry,) = listed(name, kind="episode", **fields)

    download_to_folder(app.catalogue, entry)

    assert destinations(app) == [label]


def test_an_episode_with_a_date_is_added_by_its_date(app, listed, sonarr):
    (entry,) = listed("The Late Ledger 2026-01-13", kind="episode", air_date="2026-01-13")
    days = [datetime(2026, 1, day, 22, tzinfo=UTC) for day in (12, 13)]
    episodes = [Episode(0, 0, 2026, number, title="", air_date_utc=day) for number, day in enumerate(days, 1)]
    sonarr.add_namesake("The Late Ledger", 2024, tvdb_id=6, kind="daily", episodes=episodes)

    add_and_download(app.catalogue, entry, AddWish(6))

    (series,) = sonarr.series.values()
    assert [row.items[0].arr_id for row in queued(app)] == [series.episodes[1].id]


def test_of_a_series_only_the_season_that_was_asked_for_is_monitored_and_queued(app, listed, sonarr):
    names = [f"Quiet Cartographers S{season:02}E{number:02}" for season in (1, 2) for number in (1, 2)]
    ids = listed(*names, kind="episode")
    episodes = [Episode(0, 0, s, n, title=f"Part {n}", air_date_utc=LONG_AGO) for s in (1, 2) for n in (1, 2)]
    sonarr.add_namesake("Quiet Cartographers", 2020, tvdb_id=371980, episodes=episodes)

    results = add_and_download(app.catalogue, ids[2], AddWish(371980), scope=DownloadScope.SEASON)

    assert [row.identity.entry_id for row in queued(app)] == ids[2:]
    assert len(queued_ids(results)) == 2
    (series,) = sonarr.series.values()
    assert series.monitored and [episode.monitored for episode in series.episodes] == [False, False, True, True]


def test_a_movie_that_the_library_has_unmonitored_and_without_a_file_is_monitored_and_queued(app, listed, radarr):
    (dune,) = listed("EN - Dune (2021)")
    movie = radarr.add_movie("Dune", 2021, tmdb_id=438631, monitored=False)

    results = add_and_download(app.catalogue, dune, AddWish(438631))

    assert len(queued_ids(results)) == 1 and movie.monitored


def test_an_unmonitored_movie_with_a_file_stays_unmonitored(app, listed, radarr):
    (dune,) = listed("EN - Dune (2021)")
    movie = radarr.add_movie("Dune", 2021, tmdb_id=438631, monitored=False)
    radarr.add_file(movie)

    with pytest.raises(Conflict, match="it has the files"):
        add_and_download(app.catalogue, dune, AddWish(438631))

    assert not movie.monitored


def test_a_series_that_the_library_has_unmonitored_is_monitored_with_the_episode_and_queued(app, listed, sonarr):
    ids = listed("Quiet Cartographers S01E01", "Quiet Cartographers S01E02", kind="episode")
    series = sonarr.add_series("Quiet Cartographers", 2020, tvdb_id=371980, monitored=False)
    for number in (1, 2):
        sonarr.add_episode(series, 1, number, monitored=False)

    results = add_and_download(app.catalogue, ids[1], AddWish(371980))

    assert len(queued_ids(results)) == 1
    assert series.monitored and [episode.monitored for episode in series.episodes] == [False, True]


def test_a_file_of_two_episodes_is_one_download_for_both(app, listed, sonarr):
    (double,) = listed("Quiet Cartographers S01E01-E02", kind="episode", episode_end=2)
    series = sonarr.add_series("Quiet Cartographers", 2020, tvdb_id=371980)
    for number in (1, 2, 3):
        sonarr.add_episode(series, 1, number, monitored=False)

    results = add_and_download(app.catalogue, double, AddWish(371980))

    assert [result.error for result in results] == [None, None] and len(queued_ids(results)) == 1
    with app.database.connect() as connection:
        row = get_download(connection, queued_ids(results)[0])
        rules = [one.rule for one in list_rules(connection)]
    assert [item.arr_id for item in row.items] == [episode.id for episode in series.episodes[:2]]
    assert sorted((rule.action.value, rule.episode) for rule in rules) == [("pin", 1), ("pin", 2)]
    assert [episode.monitored for episode in series.episodes] == [True, True, False]


def test_in_a_season_an_episode_with_a_file_of_its_own_is_not_taken_from_the_file_of_two(app, listed, sonarr):
    (double,) = listed("Quiet Cartographers S01E01-E02", kind="episode", episode_end=2)
    (single,) = listed("Quiet Cartographers S01E02", kind="episode")
    series = sonarr.add_series("Quiet Cartographers", 2020, tvdb_id=371980)
    for number in (1, 2):
        sonarr.add_episode(series, 1, number)

    add_and_download(app.catalogue, double, AddWish(371980), scope=DownloadScope.SEASON)

    served = {row.identity.entry_id: [item.arr_id for item in row.items] for row in queued(app)}
    assert served == {double: [series.episodes[0].id], single: [series.episodes[1].id]}


def test_what_the_library_has_is_told_and_a_folder_takes_it_all_the_same(app, listed, radarr):
    (dune,) = listed("EN - Dune (2021)")
    radarr.add_file(radarr.add_movie("Dune", 2021, tmdb_id=438631))

    with pytest.raises(Conflict, match="it has the files"):
        add_and_download(app.catalogue, dune, AddWish(438631))

    download_to_folder(app.catalogue, dune)
    assert destinations(app) == ["Dune (2021)"]


def test_without_an_instance_the_folder_is_named_as_the_way(app, listed):
    (dune,) = listed("EN - Dune (2021)")

    with pytest.raises(NotFound, match="download the entry to a folder"):
        propose_for_entry(app.catalogue, dune)
