"""Items under another id than before: removed and added again, an instance restored, episodes renumbered."""

from datetime import timedelta

from sqlalchemy import select

from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.wanted.sync import WantedSync, sync_wanted
from stalkeer.jobs.wanted.sync_item import sync_item
from stalkeer.settings.sections.jobs import WantedSettings
from stalkeer.store.db.tables import library, wanted
from stalkeer.store.library.instances import get_instance
from tests.doubles.instances import clients, know

WISHES = WantedSettings()


def sync(database, arrs):
    (report,) = sync_wanted(database, arrs, WISHES, QuietRun()).instances
    assert report.error is None
    return report


def items(database):
    """The wanted rows with the ids of their items: row id, item id, id of its movie or series, gone or not."""
    query = select(wanted.c.id, wanted.c.arr_id, library.c.arr_id, wanted.c.gone_at.is_(None)).join(
        library, library.c.id == wanted.c.library_id
    )
    with database.connect() as connection:
        return [tuple(row) for row in connection.execute(query.order_by(wanted.c.id))]


def renew(radarr, movie, number):
    """Radarr removed it and added it again."""
    radarr.movies[number] = radarr.movies.pop(movie.id)
    movie.id = number


def renew_series(series, number, first_episode):
    for offset, episode in enumerate(series.episodes):
        episode.id, episode.series_id = first_episode + offset, number
    series.id = number


def test_a_movie_that_was_added_again_keeps_its_row(database, arrs, radarr):
    know(arrs, radarr)
    movie = radarr.add_movie("Some Film", 2020)
    sync(database, arrs)
    ((row, _, _, _),) = items(database)

    renew(radarr, movie, 40)
    sync(database, arrs)

    assert items(database) == [(row, 40, 40, True)]


def test_a_series_that_was_added_again_keeps_the_rows_of_its_episodes(database, arrs, sonarr):
    know(arrs, sonarr)
    series = sonarr.add_series("Some Series", 2019)
    for number in (1, 2, 3):
        sonarr.add_episode(series, 1, number)
    sync(database, arrs)
    rows = [row for row, _, _, _ in items(database)]

    sonarr.series[9] = sonarr.series.pop(series.id)
    renew_series(series, 9, 70)
    sync(database, arrs)

    assert items(database) == [(row, 70 + at, 9, True) for at, row in enumerate(rows)]


def test_movies_that_exchanged_their_ids_exchange_them_here_too(any_database, clock, radarr):
    database, arrs = any_database, clients(any_database, clock)
    know(arrs, radarr)
    first, second, third = (radarr.add_movie(f"Film {n}", 2020) for n in (1, 2, 3))
    sync(database, arrs)
    by_title = {title: row for title, (row, *_) in zip(("1", "2", "3"), items(database), strict=True)}

    radarr.movies = {1: third, 2: first, 3: second}
    for number, movie in radarr.movies.items():
        movie.id = number
    sync(database, arrs)

    assert items(database) == [
        (by_title["1"], 2, 2, True),
        (by_title["2"], 3, 3, True),
        (by_title["3"], 1, 1, True),
    ]


def test_two_movies_with_one_tmdb_id_do_not_take_turns(database, arrs, radarr):
    know(arrs, radarr)
    radarr.add_movie("Some Film", 2020, tmdb_id=5)
    radarr.add_movie("Some Film again", 2020, tmdb_id=5)
    sync(database, arrs)
    before = items(database)

    report = sync(database, arrs)

    assert (report.changed, report.gone) == (0, 0)
    assert items(database) == before


def test_episodes_that_changed_places_are_known_by_their_numbers(database, arrs, sonarr):
    know(arrs, sonarr)
    series = sonarr.add_series("Some Series", 2019)
    first, second = sonarr.add_episode(series, 1, 1), sonarr.add_episode(series, 1, 2)
    sync(database, arrs)
    rows = [row for row, _, _, _ in items(database)]

    first.number, second.number = 2, 1
    sync(database, arrs)

    assert items(database) == [(rows[0], second.id, series.id, True), (rows[1], first.id, series.id, True)]


def test_a_hint_of_the_instance_renews_a_single_item(any_database, clock, radarr):
    database, arrs = any_database, clients(any_database, clock)
    know(arrs, radarr)
    movie, other = radarr.add_movie("Some Film", 2020), radarr.add_movie("Some Other Film", 2020)
    sync(database, arrs)
    (row, *_), (other_row, *_) = items(database)

    renew(radarr, other, 50)
    renew(radarr, movie, other_row)  # and under the id that the other one had
    with database.connect() as connection:
        instance = get_instance(connection, "radarr")
    report = sync_item(WantedSync(database, arrs, WISHES, QuietRun()), instance, movie.id)

    assert report.error is None
    assert items(database)[0] == (row, movie.id, movie.id, True)
    sync(database, arrs)
    assert items(database) == [(row, movie.id, movie.id, True), (other_row, 50, 50, True)]


def test_a_hint_of_the_instance_renews_the_episodes_of_a_series(database, arrs, sonarr, clock):
    know(arrs, sonarr)
    series = sonarr.add_series("Some Series", 2019)
    sonarr.add_episode(series, 1, 1, air_date_utc=clock() - timedelta(days=30))
    sync(database, arrs)
    ((row, *_),) = items(database)

    sonarr.series[9] = sonarr.series.pop(series.id)
    renew_series(series, 9, 70)
    with database.connect() as connection:
        instance = get_instance(connection, "sonarr")
    sync_item(WantedSync(database, arrs, WISHES, QuietRun()), instance, 9)

    assert items(database) == [(row, 70, 9, True)]
