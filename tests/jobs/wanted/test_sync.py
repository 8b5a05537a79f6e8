from dataclasses import replace

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from stalkeer.demo.arr_profiles import quality_profile
from stalkeer.demo.http import Response
from stalkeer.demo.radarr import Radarr
from stalkeer.demo.sonarr import Sonarr
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.wanted.sync import sync_wanted
from stalkeer.model import InstanceKind, SkipOwned
from stalkeer.secrets import SecretBox
from stalkeer.settings.sections.jobs import WantedSettings
from stalkeer.store.db.tables import library, library_titles, wanted
from stalkeer.store.library.instances import InstanceOptions, NewInstance, add_instance, get_instance
from stalkeer.store.library.targets import mark_imported
from tests.doubles.instances import know

WISHES = WantedSettings()


def sync(database, arrs, wishes=WISHES, only=None):
    return sync_wanted(database, arrs, wishes, QuietRun(), only)


def rows(database, table=wanted):
    with database.connect() as connection:
        return connection.execute(select(table).order_by(table.c.id)).all()


def test_missing_films_and_the_whole_library_are_read(database, arrs, radarr):
    know(arrs, radarr)
    radarr.add_movie("Some Film", 2020, alternate_titles=["Ein Film"], original_title="Un Film")
    owned = radarr.add_movie("Owned Film", 2019)
    radarr.add_file(owned, quality=3)

    report = sync(database, arrs)

    assert [row.title for row in rows(database)] == ["Some Film"]
    assert {(row.title, row.has_file) for row in rows(database, library)} == {
        ("Some Film", False),
        ("Owned Film", True),
    }
    names = {(row.title, row.key, row.origin) for row in rows(database, library_titles)}
    assert {("Un Film", "unfilm", "original"), ("Ein Film", "einfilm", "alternate")} <= names
    assert (report.instances[0].missing, report.instances[0].library) == (1, 2)


def test_the_size_of_the_files_is_read_with_the_library_and_a_changed_one_is_written(database, arrs, radarr, sonarr):
    know(arrs, radarr)
    know(arrs, sonarr)
    film, series = radarr.add_movie("Some Film", 2020), sonarr.add_series("Some Series", 2019)
    episode = sonarr.add_episode(series, 1, 1)
    sync(database, arrs)
    assert {row.title: row.size for row in rows(database, library)} == {"Some Film": None, "Some Series": None}
    radarr.add_file(film, content=b"x" * 1000)
    sonarr.add_file([episode], content=b"x" * 2000)

    sync(database, arrs)

    sizes = {"Some Film": 1000, "Some Series": 2000}
    assert {row.title: row.size for row in rows(database, library)} == sizes


def test_missing_episodes_carry_their_numbers_and_series(database, arrs, sonarr):
    know(arrs, sonarr)
    series = sonarr.add_series("Some Series", 2019, runtime_min=45)
    sonarr.add_episode(series, 2, 3, title="The Third", absolute=13)

    sync(database, arrs)

    (row,) = rows(database)
    assert (row.kind, row.title, row.season, row.episode, row.absolute) == ("episode", "The Third", 2, 3, 13)
    assert rows(database, library)[0].title == "Some Series"


def test_a_second_sync_of_an_unchanged_library_writes_nothing(database, arrs, radarr, sonarr):
    know(arrs, radarr)
    know(arrs, sonarr)
    radarr.add_movie("Some Film", 2020)
    sonarr.add_episode(sonarr.add_series("Some Series", 2019), 1, 1)
    first = sync(database, arrs)

    second = sync(database, arrs)

    assert [s.changed for s in first.instances] == [2, 2]
    assert [s.changed for s in second.instances] == [0, 0]


def test_a_second_sync_writes_no_item_that_is_held_back(database, arrs, radarr, sonarr):
    know(arrs, radarr)
    know(arrs, sonarr)
    radarr.add_movie("Future", 2030, is_available=False)
    radarr.add_file(radarr.add_movie("Below", 2020), quality=1)
    sonarr.add_episode(sonarr.add_series("Some Series", 2019), 0, 1)
    sync(database, arrs)

    assert [s.changed for s in sync(database, arrs).instances] == [0, 0]


def test_what_is_no_longer_missing_is_gone_and_comes_back_with_its_history(database, arrs, radarr, clock):
    know(arrs, radarr)
    film = radarr.add_movie("Some Film", 2020)
    sync(database, arrs)
    first_seen = rows(database)[0].first_seen
    radarr.add_file(film, quality=3)
    clock.advance(3600)
    sync(database, arrs)
    assert rows(database)[0].gone_at is not None

    film.file = None
    sync(database, arrs)

    (row,) = rows(database)
    assert (row.gone_at, row.first_seen) == (None, first_seen)


def test_a_film_taken_out_of_radarr_leaves_the_library(database, arrs, radarr):
    know(arrs, radarr)
    film = radarr.add_movie("Some Film", 2020)
    sync(database, arrs)
    del radarr.movies[film.id]

    sync(database, arrs)

    assert rows(database) == []
    assert rows(database, library) == []


def test_all_pages_are_read_while_the_list_shrinks(database, arrs, radarr):
    know(arrs, radarr)
    films = [radarr.add_movie(f"Film {number:04}", 2020) for number in range(1200)]

    def three_are_found_meanwhile(request):
        if request.path.endswith("/wanted/missing") and request.query["page"] == "2":
            for film in films[:3]:
                film.monitored = False

    radarr.hook = three_are_found_meanwhile

    sync(database, arrs)

    wanted_titles = {row.title for row in rows(database) if row.gone_at is None}
    assert {film.title for film in films[3:]} <= wanted_titles


def test_unreleased_tagged_special_and_queued_items_are_held_back_by_name(database, arrs, radarr, sonarr):
    know(arrs, radarr, options=InstanceOptions(exclude_tags=("no-vod",)))
    know(arrs, sonarr)
    radarr.tags.append({"id": 7, "label": "no-vod"})
    radarr.add_movie("Free", 2020)
    radarr.add_movie("Tagged", 2020, tags=[7])
    radarr.add_movie("Future", 2030, is_available=False)
    queued = radarr.add_movie("Queued", 2020)
    radarr.queue.append({"id": 1, "movieId": queued.id, "title": "Queued.2020", "status": "downloading"})
    sonarr.add_episode(sonarr.add_series("Some Series", 2019), 0, 1)

    report = sync(database, arrs)

    assert {row.title: row.skip for row in rows(database)} == {
        "Free": None,
        "Tagged": "excluded by tag",
        "Future": "not available yet",
        "Queued": "in the instance's own queue",
        "Part 1": "a special",
    }
    assert report.instances[0].skipped == {
        "excluded by tag": 1,
        "not available yet": 1,
        "in the instance's own queue": 1,
    }


def test_items_below_the_cutoff_are_listed_and_downloaded_only_if_wished(database, arrs, radarr):
    know(arrs, radarr)
    film = radarr.add_movie("Some Film", 2020)
    radarr.add_file(film, quality=1)

    sync(database, arrs)
    (row,) = rows(database)
    assert (row.reason, row.skip) == ("cutoff", "has a file, below its cutoff")
    assert row.current_quality["name"] == "SDTV"

    sync(database, arrs, WantedSettings(cutoff=True))
    assert rows(database)[0].skip is None


def test_a_film_that_another_instance_has_is_shown_as_such(database, arrs, radarr, tmp_path):
    know(arrs, radarr)
    radarr.add_movie("Some Film", 2020, tmdb_id=42)
    with Radarr(tmp_path / "uhd", strict=True) as other:
        know(arrs, other, "radarr-4k")
        other.add_file(other.add_movie("Some Film", 2020, tmdb_id=42), quality=3)

        sync(database, arrs)

    (row,) = [row for row in rows(database) if row.reason == "missing"]
    assert (row.skip, row.owned_by) == ("owned by another instance", "radarr-4k")


UHD = {"identity": 5, "name": "Ultra-HD", "cutoff": 18, "resolutions": (2160,)}
HD_OR_UHD = {"identity": 6, "name": "HD or better", "cutoff": 18, "resolutions": (1080, 2160)}


@pytest.mark.parametrize(
    ("wish", "profile", "rule"),
    [
        (SkipOwned.AUTO, UHD, None),
        (SkipOwned.AUTO, HD_OR_UHD, "owned by another instance"),
        (SkipOwned.YES, UHD, "owned by another instance"),
        (SkipOwned.NO, HD_OR_UHD, None),
    ],
)
def test_a_film_that_another_instance_has_is_held_back_as_the_instance_wishes(
    database, arrs, radarr, tmp_path, wish, profile, rule
):
    know(arrs, radarr)
    radarr.add_file(radarr.add_movie("Some Film", 2020, tmdb_id=42), quality=3)
    with Radarr(tmp_path / "uhd", strict=True) as other:
        know(arrs, other, "radarr-4k", InstanceOptions(skip_owned_elsewhere=wish))
        other.profiles = [quality_profile("Radarr", **profile)]
        other.add_movie("Some Film", 2020, tmdb_id=42, profile_id=profile["identity"])

        sync(database, arrs)

    (row,) = [row for row in rows(database) if row.reason == "missing"]
    assert (row.skip, row.owned_by) == (rule, rule and "radarr")


def test_an_instance_that_ranks_by_a_profile_of_its_own_is_judged_by_that_profile(database, arrs, radarr, tmp_path):
    know(arrs, radarr)
    radarr.add_file(radarr.add_movie("Some Film", 2020, tmdb_id=42), quality=3)
    with Radarr(tmp_path / "uhd", strict=True) as other:
        know(arrs, other, "radarr-4k", InstanceOptions(quality_profile_id=5))
        other.profiles += [quality_profile("Radarr", **UHD)]
        other.add_movie("Some Film", 2020, tmdb_id=42)

        sync(database, arrs)

    (row,) = [row for row in rows(database) if row.reason == "missing"]
    assert row.skip is None


def test_an_item_whose_profile_is_not_known_is_held_back(database, arrs, radarr, tmp_path):
    know(arrs, radarr)
    radarr.add_file(radarr.add_movie("Some Film", 2020, tmdb_id=42), quality=3)
    with Radarr(tmp_path / "uhd") as other:
        know(arrs, other, "radarr-4k")
        other.add_movie("Some Film", 2020, tmdb_id=42, profile_id=99)

        sync(database, arrs)

    (row,) = [row for row in rows(database) if row.reason == "missing"]
    assert row.owned_by == "radarr"


@pytest.mark.parametrize(("wish", "owners"), [(SkipOwned.AUTO, [None]), (SkipOwned.YES, ["sonarr"])])
def test_an_episode_that_another_instance_has_is_held_back_as_the_instance_wishes(
    database, arrs, sonarr, tmp_path, wish, owners
):
    know(arrs, sonarr)
    theirs = sonarr.add_series("Some Series", 2019, tvdb_id=42)
    sonarr.add_file([sonarr.add_episode(theirs, 1, 1)], quality=3)
    with Sonarr(tmp_path / "uhd", strict=True) as other:
        know(arrs, other, "sonarr-4k", InstanceOptions(skip_owned_elsewhere=wish))
        other.profiles = [quality_profile("Sonarr", **UHD)]
        other.add_episode(other.add_series("Some Series", 2019, tvdb_id=42, profile_id=5), 1, 1)

        sync(database, arrs)

    assert [row.owned_by for row in rows(database) if row.reason == "missing"] == owners


def test_what_is_imported_while_its_list_is_read_is_not_wanted_again_by_that_list(database, arrs, radarr, clock):
    know(arrs, radarr)
    film = radarr.add_movie("Some Film", 2020)
    sync(database, arrs)
    film.runtime_min = 99  # its row is to be written

    def import_meanwhile(request):
        if "wanted/missing" in request.path:
            with database.begin() as connection:
                mark_imported(connection, [row.id for row in rows(database)], clock())

    radarr.hook = import_meanwhile
    sync(database, arrs)

    (row,) = rows(database)
    assert row.runtime_min == 99 and row.gone_at is not None
    radarr.hook = lambda request: None
    sync(database, arrs)
    assert rows(database)[0].gone_at is None  # its file was removed in Radarr


def test_an_episode_that_another_instance_has_is_shown_as_such(database, arrs, sonarr, tmp_path):
    know(arrs, sonarr)
    mine = sonarr.add_series("Some Series", 2019, tvdb_id=42)
    for number in (1, 2):
        sonarr.add_episode(mine, 1, number)
    with Sonarr(tmp_path / "other", strict=True) as other:
        know(arrs, other, "sonarr-4k")
        theirs = other.add_series("Some Series", 2019, tvdb_id=42)
        other.add_file([other.add_episode(theirs, 1, 2)], quality=3)

        sync(database, arrs)

    assert [(row.episode, row.owned_by) for row in rows(database) if row.reason == "missing"] == [
        (1, None),
        (2, "sonarr-4k"),
    ]


def test_one_unreachable_instance_does_not_stop_the_others(database, arrs, radarr, sonarr):
    know(arrs, radarr)
    know(arrs, sonarr)
    radarr.hook = lambda request: Response(503)
    sonarr.add_episode(sonarr.add_series("Some Series", 2019), 1, 1)

    report = sync(database, arrs)

    by_slug = {one.slug: one for one in report.instances}
    assert "503" in by_slug["radarr"].error
    assert by_slug["sonarr"].missing == 1
    with database.connect() as connection:
        assert get_instance(connection, "radarr").failures == 1
        assert get_instance(connection, "sonarr").last_error is None


def test_an_instance_whose_key_cannot_be_read_any_longer_does_not_stop_the_others(database, arrs, radarr, sonarr):
    know(arrs, radarr)
    sonarr.add_episode(sonarr.add_series("Some Series", 2019), 1, 1)
    restored = replace(arrs, secrets=SecretBox(Fernet.generate_key()))  # without the key of the backup
    know(restored, sonarr)

    report = sync(database, restored)

    by_slug = {one.slug: one for one in report.instances}
    assert "Enter it again" in by_slug["radarr"].error
    assert by_slug["sonarr"].missing == 1


@pytest.mark.parametrize(
    "wrong", [{"options": InstanceOptions(ca_file="/certificates/gone.pem")}, {"url": "https://[::1:7878"}], ids=str
)
def test_an_instance_that_is_described_wrongly_does_not_stop_the_others(database, arrs, radarr, wrong):
    new = NewInstance("radarr-4k", InstanceKind.RADARR, **{"url": "https://127.0.0.1:9", "api_key": "key", **wrong})
    with database.begin() as connection:
        add_instance(connection, new, arrs.secrets, arrs.clock())
    know(arrs, radarr)
    radarr.add_movie("Some Film", 2020)

    report = sync(database, arrs)

    assert [bool(instance.error) for instance in report.instances] == [False, True]
    assert [row.title for row in rows(database)] == ["Some Film"]
    with database.connect() as connection:
        assert get_instance(connection, "radarr-4k").last_error == report.instances[1].error


def test_a_list_that_cannot_be_read_leaves_what_was_known(database, arrs, radarr):
    know(arrs, radarr)
    radarr.add_movie("Some Film", 2020)
    sync(database, arrs)
    radarr.hook = lambda request: Response(200, b"<html>login</html>") if "wanted" in request.path else None

    report = sync(database, arrs)

    assert report.is_partial
    assert [row.gone_at for row in rows(database)] == [None]


def test_requests_are_counted(database, arrs, radarr):
    row = know(arrs, radarr)
    radarr.add_movie("Some Film", 2020)

    sync(database, arrs)

    with database.connect() as connection:
        assert get_instance(connection, row.slug).api_calls == len(radarr.requests)


def test_no_request_is_made_per_item(database, arrs, radarr):
    know(arrs, radarr)
    for number in range(40):
        radarr.add_movie(f"Film {number}", 2020)

    sync(database, arrs)

    paths = [request.path for request in radarr.requests]
    assert len(paths) == len(set(paths)) == 9
