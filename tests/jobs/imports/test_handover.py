"""From wanted rows to an import: the release name the instance reads rightly, the steps, and what follows."""

from dataclasses import replace
from pathlib import Path

import pytest
import stamina
from sqlalchemy import insert, select

from stalkeer.adapters.arr.outcomes import Imported, Pending
from stalkeer.core.naming.release import FileTraits
from stalkeer.demo.arr_files import Mount
from stalkeer.demo.http import Response
from stalkeer.demo.media import EPISODE_45, MOVIE_90, read_clip
from stalkeer.demo.radarr import Radarr
from stalkeer.demo.sonarr import Sonarr
from stalkeer.errors import NotFound, PlacementError
from stalkeer.jobs.imports.handover import (
    HandOvers,
    HandOverStep,
    StagedFile,
    Taking,
    open_hand_over,
    plan_placement,
)
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.wanted.sync import sync_wanted
from stalkeer.settings import load_settings
from stalkeer.settings.sections.jobs import WantedSettings
from stalkeer.store.db.tables import download_items, downloads, events, library, sources, wanted
from tests.doubles.instances import clients, know

TRAITS = FileTraits(1080, "hevc", ("de", "en"))


@pytest.fixture(autouse=True)
def no_waiting():
    with stamina.set_testing(True, attempts=2, cap=True):
        yield


@pytest.fixture
def parts(database, clock, tmp_path):
    def make(**imports):
        given = {"data_dir": str(tmp_path / "data"), **{f"import.{name}": value for name, value in imports.items()}}
        settings = load_settings(None, {}, given, {}).settings
        return HandOvers(database, clients(database, clock), settings)

    return make


@pytest.fixture
def radarr(tmp_path):
    (tmp_path / "movies").mkdir()
    with Radarr(tmp_path / "movies", strict=True) as server:
        yield server


@pytest.fixture
def sonarr(tmp_path):
    (tmp_path / "tv").mkdir()
    with Sonarr(tmp_path / "tv", strict=True) as server:
        yield server


def known(parts, server):
    """The server's missing items, read into the database: (instance, wanted rows)."""
    row = know(parts.arrs, server)
    sync_wanted(parts.database, parts.arrs, WantedSettings(), QuietRun())
    with parts.database.connect() as connection:
        return row, connection.execute(select(wanted).order_by(wanted.c.id)).all()


def ids(rows):
    return tuple(row.id for row in rows)


def placed(plan, clip):
    plan.target.parent.mkdir(parents=True)
    plan.target.write_bytes(read_clip(clip.name))
    return StagedFile(plan.target, plan.target.stat().st_size)


def download(connection, now, item, instance, *, state, active):
    source = {"slug": "main", "kind": "m3u", "origin": "config", "credentials": "", "created_at": now}
    source_id = connection.execute(insert(sources).values(**source).returning(sources.c.id)).scalar_one()
    row = {"entry_id": 1, "source_id": source_id, "entry_key": "1", "name": "x", "title": "x", "kind": "film"}
    row |= {"state": state, "created_at": now, "updated_at": now}
    download_id = connection.execute(insert(downloads).values(**row).returning(downloads.c.id)).scalar_one()
    values = {"download_id": download_id, "wanted_id": item.id, "instance_id": instance.id, "active": active}
    connection.execute(insert(download_items).values(**values, arr_id=item.arr_id, state="waiting"))


def finish(server, parts, step):
    with open_hand_over(parts, step) as hand_over:
        outcome = hand_over.take(step)
        while isinstance(outcome, Pending):
            assert server.commands.get(outcome.command_id).done.wait(10)
            step = replace(step, command_id=outcome.command_id)
            outcome = hand_over.take(step)
    return outcome


def test_a_film_is_placed_under_the_name_its_instance_reads(parts, radarr):
    parts = parts()
    radarr.add_movie("Some Film", 2020)
    _, rows = known(parts, radarr)

    plan = plan_placement(parts, ids(rows), ".mkv", TRAITS)

    release = "Some.Film.2020.GERMAN.ENGLISH.1080p.WEB-DL.x265-STALKEER"
    assert plan.target == parts.settings.directories.movies / release / f"{release}.mkv"
    assert plan.note == ""


def test_another_of_its_names_is_taken_where_the_first_is_read_wrongly(parts, radarr):
    parts = parts()
    radarr.add_movie("Der Film", 2020, alternate_titles=["Some Film"])
    radarr.add_movie("Der Film", 2020)
    _, rows = known(parts, radarr)

    plan = plan_placement(parts, ids(rows[:1]), ".mkv", TRAITS)

    assert plan.release.startswith("Some.Film.2020")


def test_a_name_nobody_reads_is_told_and_used_all_the_same(parts, radarr):
    parts = parts()
    radarr.add_movie("Same", 2020)
    radarr.add_movie("Same", 2020)
    _, rows = known(parts, radarr)

    plan = plan_placement(parts, ids(rows[:1]), ".mkv", TRAITS)

    assert "by its id" in plan.note


def test_an_instance_that_cannot_be_asked_does_not_stop_the_placement(parts, radarr):
    parts = parts()
    radarr.add_movie("Some Film", 2020)
    _, rows = known(parts, radarr)
    radarr.hook = lambda request: Response(500, {"message": "no"}) if request.path.endswith("/parse") else None

    plan = plan_placement(parts, ids(rows), ".mkv", TRAITS)

    assert plan.release.startswith("Some.Film.2020")
    assert "not checked" in plan.note


def test_an_imported_film_is_wanted_no_longer_before_the_next_scan(parts, radarr):
    parts = parts()
    radarr.add_movie("Some Film", 2020, runtime_min=90)
    instance, rows = known(parts, radarr)
    file = placed(plan_placement(parts, ids(rows), ".mkv", TRAITS), MOVIE_90)

    outcome = finish(radarr, parts, HandOverStep(instance.id, ids(rows), file))

    assert isinstance(outcome, Imported)
    with parts.database.connect() as connection:
        assert connection.execute(select(wanted.c.gone_at)).scalar_one() is not None
        assert connection.execute(select(library.c.has_file)).scalar_one()


def test_several_episodes_go_as_one_file(parts, sonarr):
    parts = parts()
    series = sonarr.add_series("Some Series", 2019, runtime_min=45)
    episodes = [sonarr.add_episode(series, 1, number) for number in (1, 2)]
    instance, rows = known(parts, sonarr)
    plan = plan_placement(parts, ids(rows), ".mkv", TRAITS)
    file = placed(plan, EPISODE_45)

    outcome = finish(sonarr, parts, HandOverStep(instance.id, ids(rows), file))

    assert "S01E01E02" in plan.release
    assert isinstance(outcome, Imported)
    assert all(episode.file for episode in episodes)


def test_a_daily_episode_is_named_by_its_date(parts, sonarr):
    parts = parts()
    series = sonarr.add_series("The Show", 2019, kind="daily")
    sonarr.add_episode(series, 2020, 5)
    _, rows = known(parts, sonarr)

    plan = plan_placement(parts, ids(rows), ".mkv", TRAITS)

    assert plan.release.startswith(f"The.Show.{rows[0].air_date.replace('-', '.')}")


def test_an_imported_film_is_unmonitored_and_tagged_where_wished(parts, radarr):
    parts = parts(unmonitor=True, tag="From-VOD")
    radarr.tags.append({"id": 4, "label": "mine"})
    film = radarr.add_movie("Some Film", 2020, runtime_min=90, tags=[4])
    instance, rows = known(parts, radarr)
    file = placed(plan_placement(parts, ids(rows), ".mkv", TRAITS), MOVIE_90)

    finish(radarr, parts, HandOverStep(instance.id, ids(rows), file))

    assert film.monitored is False
    assert [tag["label"] for tag in radarr.tags if tag["id"] in film.tags] == ["mine", "from-vod"]
    assert radarr.violations == []


def test_a_wish_that_fails_after_the_import_is_told_and_undoes_nothing(parts, radarr):
    parts = parts(unmonitor=True)
    film = radarr.add_movie("Some Film", 2020, runtime_min=90)
    instance, rows = known(parts, radarr)
    file = placed(plan_placement(parts, ids(rows), ".mkv", TRAITS), MOVIE_90)
    radarr.hook = lambda request: Response(400, {"message": "no"}) if request.path.endswith("/editor") else None

    outcome = finish(radarr, parts, HandOverStep(instance.id, ids(rows), file))

    assert isinstance(outcome, Imported)
    assert film.file
    with parts.database.connect() as connection:
        assert "import.unsettled" in connection.execute(select(events.c.kind)).scalars().all()


def test_in_library_mode_a_film_goes_into_its_own_folder_under_the_instances_own_format(parts, radarr):
    parts = parts(mode="library")
    radarr.naming |= {"renameMovies": True, "standardMovieFormat": "{Movie.Title}.{Release.Year}.{Quality.Full}"}
    film = radarr.add_movie("Some Film: Again", 2020, runtime_min=90)
    film.path.mkdir()
    instance, rows = known(parts, radarr)

    plan = plan_placement(parts, ids(rows), ".mkv", TRAITS)
    plan.target.write_bytes(read_clip(MOVIE_90.name))
    step = HandOverStep(instance.id, ids(rows), StagedFile(plan.target, 1), taking=Taking.IN_PLACE)
    outcome = finish(radarr, parts, step)

    assert plan.shelves == {instance.id: plan.target}
    assert plan.target == film.path / "Some.Film-.Again.2020.WEBDL-1080p.mkv"
    assert outcome == Imported(film.file.id, str(plan.target))
    assert [command.job.name for command in radarr.commands.all()] == ["RescanMovie"]
    assert radarr.commands.all()[0].body["movieId"] == film.id


def test_in_library_mode_an_episode_goes_into_its_season_folder(parts, sonarr):
    parts = parts(mode="library")
    sonarr.naming |= {"renameEpisodes": True, "seasonFolderFormat": "Season {season:00}"}
    series = sonarr.add_series("Some Series", 2019, runtime_min=45)
    series.path.mkdir()
    sonarr.add_episode(series, 2, 3, title="The Third")
    instance, rows = known(parts, sonarr)

    plan = plan_placement(parts, ids(rows), ".mkv", TRAITS)
    step = HandOverStep(instance.id, ids(rows), placed(plan, EPISODE_45), taking=Taking.IN_PLACE)

    assert isinstance(finish(sonarr, parts, step), Imported)
    assert [command.body["seriesId"] for command in sonarr.commands.all()] == [series.id]  # without it: everything
    assert plan.target == series.path / "Season 02" / "Some Series - S02E03 - The Third WEBDL-1080p.mkv"


def test_in_library_mode_custom_formats_are_in_the_name_where_the_instance_puts_them_there(parts, radarr):
    parts = parts(mode="library")
    radarr.naming |= {"renameMovies": True, "standardMovieFormat": "{Movie Title} [{Custom Formats}]"}
    radarr.add_custom_format("x265 HD", "x265")
    radarr.add_custom_format("Hidden", "x265", in_names=False)
    radarr.add_custom_format("Other", "AV1")
    film = radarr.add_movie("Some Film", 2020)
    film.path.mkdir()
    _, rows = known(parts, radarr)

    plan = plan_placement(parts, ids(rows), ".mkv", TRAITS)

    assert plan.target.name == "Some Film [x265 HD].mkv"


def test_in_library_mode_each_instance_has_a_shelf_of_its_own(parts, radarr, tmp_path):
    parts = parts(mode="library")
    (tmp_path / "movies4k").mkdir()
    with Radarr(tmp_path / "movies4k", strict=True) as other:
        for server in (radarr, other):
            server.add_movie("Some Film", 2020).path.mkdir()
        know(parts.arrs, other, slug="radarr-4k")
        _, rows = known(parts, radarr)

        plan = plan_placement(parts, ids(rows), ".mkv", TRAITS)

    folders = {path.parent.parent for path in plan.shelves.values()}
    assert folders == {tmp_path / "movies", tmp_path / "movies4k"}
    assert plan.target in plan.shelves.values()


def test_in_library_mode_an_older_file_is_left_to_the_instance_to_replace(parts, radarr):
    parts = parts(mode="library")
    radarr.media_management["recycleBin"] = "/bin"
    film = radarr.add_movie("Some Film", 2020, runtime_min=90)
    old = radarr.add_file(film, quality=1, content=b"old")
    instance, rows = known(parts, radarr)

    plan = plan_placement(parts, ids(rows), ".mkv", TRAITS)
    outcome = finish(radarr, parts, HandOverStep(instance.id, ids(rows), placed(plan, MOVIE_90)))

    assert plan.shelves == {} and plan.target.is_relative_to(parts.settings.directories.movies)
    assert isinstance(outcome, Imported) and outcome.file_id != old.id
    assert [command.job.name for command in radarr.commands.all()] == ["ManualImport"]


def test_in_library_mode_a_library_that_is_not_seen_is_told(parts, radarr, tmp_path):
    parts = parts(mode="library")
    radarr.mounts = (Mount("/movies", tmp_path / "movies"),)
    radarr.add_movie("Some Film", 2020)
    _, rows = known(parts, radarr)

    with pytest.raises(PlacementError, match="does not see the library folder"):
        plan_placement(parts, ids(rows), ".mkv", TRAITS)


def test_with_import_mode_none_files_get_a_tidy_place_of_their_own(parts, sonarr):
    parts = parts(mode="none")
    series = sonarr.add_series("Some Series", 2019)
    sonarr.add_episode(series, 1, 2, title="Second")
    _, rows = known(parts, sonarr)

    plan = plan_placement(parts, ids(rows), ".mkv", TRAITS)

    name = "Some Series - S01E02 - Second WEBDL-1080p.mkv"
    assert plan.target == parts.settings.directories.tvshows / "Some Series" / "Season 01" / name


def test_what_was_kept_is_not_fetched_again_though_the_instance_still_misses_it(parts, radarr):
    parts = parts(mode="none")
    radarr.add_movie("Some Film", 2020)
    instance, rows = known(parts, radarr)
    with parts.database.begin() as connection:
        download(connection, parts.arrs.clock(), rows[0], instance, state="completed", active=False)

    sync_wanted(parts.database, parts.arrs, WantedSettings(), QuietRun())

    with parts.database.connect() as connection:
        assert connection.execute(select(wanted.c.skip)).scalar_one() == "downloaded, kept in its folder"


# --- items with another id than before ------------------------------------------------------------------------------


def renewed_movie(radarr, number):
    (movie,) = radarr.movies.values()
    radarr.movies = {number: movie}
    movie.id = number
    return movie


def test_a_film_that_was_added_again_is_handed_over_under_its_present_id(parts, radarr):
    parts = parts()
    radarr.add_movie("Some Film", 2020, runtime_min=90)
    row, rows = known(parts, radarr)
    movie = renewed_movie(radarr, 40)
    plan = plan_placement(parts, ids(rows), ".mkv", TRAITS)

    outcome = finish(radarr, parts, HandOverStep(row.id, ids(rows), placed(plan, MOVIE_90)))

    assert outcome == Imported(movie.file.id, str(movie.file.path))
    assert plan.note == ""
    with parts.database.connect() as connection:
        assert connection.execute(select(wanted.c.arr_id)).scalar_one() == 40


def test_a_film_that_was_added_again_between_placing_and_import_is_found_too(parts, radarr):
    parts = parts()
    radarr.add_movie("Some Film", 2020, runtime_min=90)
    row, rows = known(parts, radarr)
    file = placed(plan_placement(parts, ids(rows), ".mkv", TRAITS), MOVIE_90)
    radarr.add_movie("Another Film", 2021)
    first, other = radarr.movies[1], radarr.movies[2]
    first.id, other.id = 2, 1
    radarr.movies = {1: other, 2: first}

    outcome = finish(radarr, parts, HandOverStep(row.id, ids(rows), file))

    assert outcome == Imported(first.file.id, str(first.file.path))
    assert other.file is None, "the film that has its old id gets nothing"


def test_a_series_that_was_added_again_gets_its_episodes_by_season_and_number(parts, sonarr):
    parts = parts()
    series = sonarr.add_series("Some Series", 2019, runtime_min=45)
    episodes = [sonarr.add_episode(series, 1, number) for number in (1, 2)]
    row, rows = known(parts, sonarr)
    sonarr.series = {9: series}
    series.id = 9
    for offset, episode in enumerate(reversed(episodes)):
        episode.id, episode.series_id = 70 + offset, 9
    plan = plan_placement(parts, ids(rows)[:1], ".mkv", TRAITS)

    outcome = finish(sonarr, parts, HandOverStep(row.id, ids(rows)[:1], placed(plan, EPISODE_45)))

    assert isinstance(outcome, Imported)
    assert episodes[0].file is not None and episodes[1].file is None


@pytest.mark.parametrize("program", ["radarr", "sonarr"])
def test_an_item_that_its_instance_no_longer_has_ends_its_download_with_a_word(parts, program, request):
    server, parts = request.getfixturevalue(program), parts()
    if program == "radarr":
        server.add_movie("Some Film", 2020)
    else:
        server.add_episode(server.add_series("Some Series", 2019), 1, 1)
    row, rows = known(parts, server)
    (server.movies if program == "radarr" else server.series).clear()

    with pytest.raises(NotFound, match="no longer has Some"):
        plan_placement(parts, ids(rows), ".mkv", TRAITS)
    with (
        pytest.raises(NotFound, match="no longer has Some"),
        open_hand_over(parts, HandOverStep(row.id, ids(rows), StagedFile(Path("/x.mkv"), 1))),
    ):
        pass


def test_what_was_fetched_for_one_film_never_goes_to_the_film_that_has_its_id_now(parts, radarr):
    parts = parts()
    radarr.add_movie("Gone", 2020, tmdb_id=1)
    row, (gone,) = known(parts, radarr)
    with parts.database.begin() as connection:
        download(connection, parts.arrs.clock(), gone, row, state="placed", active=True)
    radarr.movies.clear()
    radarr.add_movie("New", 2021, tmdb_id=2)

    sync_wanted(parts.database, parts.arrs, WantedSettings(), QuietRun())

    with parts.database.connect() as connection:
        (new,) = connection.execute(select(wanted).where(wanted.c.gone_at.is_(None))).all()
    assert (new.arr_id, new.title) == (1, "New") and new.id != gone.id
    with (
        pytest.raises(NotFound, match="no longer has Gone"),
        open_hand_over(parts, HandOverStep(row.id, (gone.id,), StagedFile(Path("/x.mkv"), 1))),
    ):
        pass


@pytest.mark.parametrize(
    ("program", "version"),
    [
        ("radarr", "4.0.3.5879"),
        ("radarr", "4.7.1.7500"),
        ("radarr", "5.5.3.8819"),
        ("sonarr", "4.0.0.741"),
        ("sonarr", "4.0.2.1183"),
        ("sonarr", "4.0.8.1874"),
    ],
)
def test_an_older_version_is_scanned_given_a_file_and_confirmed_like_a_new_one(parts, program, version, request):
    server, parts = request.getfixturevalue(program), parts(unmonitor=True, tag="vod")
    server.reported_version = version
    if program == "radarr":
        item, clip = server.add_movie("Some Film", 2020, runtime_min=90), MOVIE_90
    else:
        item, clip = server.add_episode(server.add_series("Some Series", 2019, runtime_min=45), 1, 1), EPISODE_45
    row, rows = known(parts, server)
    plan = plan_placement(parts, ids(rows), ".mkv", TRAITS)

    outcome = finish(server, parts, HandOverStep(row.id, ids(rows), placed(plan, clip)))

    assert outcome == Imported(item.file.id, str(item.file.path))
    assert not item.monitored and server.tags[0]["label"] == "vod"
    assert server.violations == []
