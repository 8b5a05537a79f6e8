"""What an instance is offered: proven titles only, under names and dates that never change."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from stalkeer.core.downloads.search_terms import ItemNumbers
from stalkeer.demo.http import Response
from stalkeer.demo.radarr import Radarr
from stalkeer.demo.sonarr import Sonarr
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.matching.match import match_wanted
from stalkeer.jobs.native.indexer import FeedQuery, Indexer
from stalkeer.jobs.native.offers import prepare_offers
from stalkeer.jobs.wanted.scan import scan as run_scan
from stalkeer.jobs.wanted.sync import sync_wanted
from stalkeer.model import Drive, JobName, WantedKind
from stalkeer.store.catalogue.pictures import note_picture
from stalkeer.store.db.tables import entries, grabs, library, matches, wanted
from stalkeer.store.downloads.variants import confirmed_matches
from stalkeer.store.journal.runs import RunOwner, RunState, claim_run, finish_run, queue_run
from stalkeer.store.library.finding import ForeignIds
from stalkeer.store.library.instances import InstanceOptions, get_instance
from stalkeer.store.offers.grabs import GrabbedItem, NewGrab, add_grab
from stalkeer.store.offers.offers import list_offers
from tests.doubles.app import make_app
from tests.doubles.catalogue import Catalogue
from tests.doubles.instances import know

NATIVE = InstanceOptions(drive=Drive.NATIVE)
SAINTS = "Copper.Saints.2010.1080p.WEB-DL-STALKEER"


@pytest.fixture
def radarr(tmp_path):
    with Radarr(tmp_path / "movies") as server:
        yield server


@pytest.fixture
def catalogue(app, clock):
    return Catalogue(app.database, clock)


def scan(app):
    sync_wanted(app.database, app.arrs, app.settings.wanted, QuietRun())
    match_wanted(app.matching, QuietRun())
    return prepare_offers(app.database, app.arrs, QuietRun())


def listed(app, slug="radarr"):
    with app.database.connect() as connection:
        return list_offers(connection, get_instance(connection, slug).id)


def served(app, slug="radarr"):
    with app.database.connect() as connection:
        row = get_instance(connection, slug)
    return [offer.release for offer in Indexer(app.database, app.arrs, None).search(row, FeedQuery()).offers]


def fail(app, row, offer, now):
    """The instance grabbed an offer, and it failed."""
    items = (GrabbedItem(offer.wanted_ids[0], 1),)
    with app.database.begin() as connection:
        grab = NewGrab("SABnzbd_nzo_1", row.id, offer.guid, offer.release, WantedKind.MOVIE, items, "x")
        grab_id = add_grab(connection, grab, now)
        connection.execute(update(grabs).where(grabs.c.id == grab_id).values(state="failed"))


def test_a_title_that_the_instance_reads_as_another_movie_is_never_offered_and_asked_about_once(app, radarr, catalogue):
    know(app.arrs, radarr, options=NATIVE)
    radarr.add_movie("Copper Saints", 2010)
    other = radarr.add_movie("Umbra Station", 2016)
    catalogue.list_entries("Copper Saints (2010)", resolution=1080)
    answer = {"movie": {"id": other.id}}
    radarr.hook = lambda request: Response(200, answer) if request.path.endswith("/parse") else None

    first = scan(app)
    asked = len([one for one in radarr.requests if one.path.endswith("/parse")])
    scan(app)

    assert served(app) == []
    (offer,) = listed(app)
    assert (offer.pub_date, offer.refusal) == (None, "the instance reads it as another item")
    assert first.to_document()["refused"] == 1
    assert len([one for one in radarr.requests if one.path.endswith("/parse")]) == asked


def test_another_title_of_the_movie_is_offered_where_the_plain_one_is_anothers(app, radarr, catalogue):
    know(app.arrs, radarr, options=NATIVE)
    radarr.add_movie("Vesna", 2018, alternate_titles=("Printemps de verre",))
    catalogue.list_entries("Printemps de verre (2018)")
    radarr.hook = lambda request: Response(200, {}) if request.query.get("title", "").startswith("Vesna") else None

    scan(app)

    assert served(app) == ["Printemps.de.verre.2018.WEB-DL-STALKEER"]


def test_a_release_that_failed_takes_no_later_entry_which_is_a_release_of_its_own(app, clock, radarr, catalogue):
    row = know(app.arrs, radarr, options=NATIVE)
    radarr.add_movie("Copper Saints", 2010)
    catalogue.list_entries("Copper Saints (2010)", resolution=1080)
    scan(app)
    (offer,) = listed(app)
    fail(app, row, offer, clock())

    catalogue.list_entries("EN - Copper Saints (2010)", source="other", resolution=1080)
    scan(app)

    old, new = listed(app)
    assert old.release == new.release == SAINTS
    assert old.pub_date != new.pub_date
    assert len(old.files) == len(new.files) == 1


@pytest.fixture
def both_want_saints(app, tmp_path, radarr, catalogue):
    """Two instances want one movie, each for itself, and a list has it."""
    with Radarr(tmp_path / "uhd") as second:
        wish = InstanceOptions(drive=Drive.NATIVE, skip_owned_elsewhere="no")
        know(app.arrs, radarr, options=wish)
        know(app.arrs, second, "radarr-4k", wish)
        for server in (radarr, second):
            server.add_movie("Copper Saints", 2010)
        catalogue.list_entries("Copper Saints (2010)", resolution=1080)
        yield


@pytest.mark.usefixtures("both_want_saints")
def test_two_instances_of_one_movie_have_releases_and_dates_of_their_own(app):
    scan(app)

    assert served(app) == served(app, "radarr-4k") == [SAINTS]
    assert listed(app)[0].guid != listed(app, "radarr-4k")[0].guid


def test_an_instance_that_we_drive_is_offered_nothing(app, radarr, catalogue):
    know(app.arrs, radarr)
    radarr.add_movie("Copper Saints", 2010)
    catalogue.list_entries("Copper Saints (2010)")

    assert scan(app).instances == ()
    assert served(app) == []


def test_a_movie_that_was_added_again_keeps_its_release(app, radarr, catalogue):
    know(app.arrs, radarr, options=NATIVE)
    movie = radarr.add_movie("Copper Saints", 2010)
    radarr.add_movie("Umbra Station", 2016)
    catalogue.list_entries("Copper Saints (2010)", resolution=1080)
    scan(app)
    (before,) = listed(app)

    del radarr.movies[movie.id]
    scan(app)
    radarr.add_movie("Copper Saints", 2010, tmdb_id=movie.tmdb_id)
    scan(app)

    (after,) = listed(app)
    assert (after.guid, after.pub_date) == (before.guid, before.pub_date)
    assert served(app) == [SAINTS]


def measure(app, entry_id, lines):
    with app.database.begin() as connection:
        row = connection.execute(select(entries).where(entries.c.id == entry_id)).one()
        note_picture(connection, row.source_id, row.key, lines)


def learn_languages(app, entry_id):
    with app.database.begin() as connection:
        connection.execute(update(entries).where(entries.c.id == entry_id).values(languages="de"))


def correct_title(app, radarr):
    """The instance corrects its title, and the entry is still the movie."""
    (movie,) = radarr.movies.values()
    movie.title = "The Copper Saints"
    scan(app)
    with app.database.connect() as connection:
        assert connection.scalar(select(library.c.title)) == "The Copper Saints"


CAUSES = {
    "its picture is measured": (None, lambda app, _radarr, entry: measure(app, entry, 480)),
    "its languages are learnt": (1080, lambda app, _radarr, entry: learn_languages(app, entry)),
    "the instance corrects its title": (1080, lambda app, radarr, _entry: correct_title(app, radarr)),
}


@pytest.mark.parametrize("cause", CAUSES)
def test_a_release_keeps_its_name_guid_and_date_whatever_is_learnt_of_it_later(app, radarr, catalogue, cause):
    lines, happen = CAUSES[cause]
    know(app.arrs, radarr, options=NATIVE)
    radarr.add_movie("Copper Saints", 2010)
    (entry,) = catalogue.list_entries("Copper Saints (2010)", resolution=lines)
    scan(app)
    (before,), names = listed(app), served(app)

    happen(app, radarr, entry)
    prepare_offers(app.database, app.arrs, QuietRun())

    assert listed(app) == [before]
    assert served(app) == names == [before.release]


@pytest.mark.parametrize("cause", CAUSES)
def test_an_entry_that_comes_after_that_is_a_release_under_the_name_of_today(app, radarr, catalogue, cause):
    lines, happen = CAUSES[cause]
    know(app.arrs, radarr, options=NATIVE)
    radarr.add_movie("Copper Saints", 2010)
    (entry,) = catalogue.list_entries("Copper Saints (2010)", resolution=lines)
    scan(app)
    happen(app, radarr, entry)
    (later,) = catalogue.list_entries("EN - Copper Saints (2010)", source="other", resolution=lines)
    happen(app, radarr, later)
    scan(app)

    old, new = listed(app)
    assert old.release in (SAINTS, "Copper.Saints.2010.WEB-DL-STALKEER")
    assert new.release != old.release
    assert (len(old.files), len(new.files)) == (1, 1)
    assert served(app) == [new.release, old.release]


def test_an_entry_that_left_its_playlist_and_came_back_measured_is_the_release_that_it_was(app, radarr, catalogue):
    know(app.arrs, radarr, options=NATIVE)
    radarr.add_movie("Copper Saints", 2010)
    (entry,) = catalogue.list_entries("Copper Saints (2010)")
    scan(app)
    (before,) = listed(app)
    catalogue.drop_entry(entry)
    scan(app)
    assert served(app) == []

    with app.database.begin() as connection:
        connection.execute(update(entries).where(entries.c.id == entry).values(gone_gen=None))
    measure(app, entry, 1080)
    scan(app)

    assert listed(app) == [before]
    assert served(app) == ["Copper.Saints.2010.WEB-DL-STALKEER"]


def test_a_release_that_failed_does_not_come_back_under_another_name_once_it_is_measured(app, clock, radarr, catalogue):
    row = know(app.arrs, radarr, options=NATIVE)
    radarr.add_movie("Copper Saints", 2010)
    (entry,) = catalogue.list_entries("Copper Saints (2010)")
    scan(app)
    (before,) = listed(app)
    fail(app, row, before, clock())

    measure(app, entry, 1080)
    scan(app)

    assert listed(app) == [before]


def test_an_item_that_the_instance_itself_is_fetching_is_still_offered_and_an_excluded_one_is_not(
    app, radarr, catalogue
):
    know(app.arrs, radarr, options=NATIVE)
    radarr.add_movie("Copper Saints", 2010)
    catalogue.list_entries("Copper Saints (2010)", resolution=1080)
    scan(app)

    def skip(rule):
        with app.database.begin() as connection:
            connection.execute(update(wanted).values(skip=rule))
        return served(app)

    assert skip("in the instance's own queue") == [SAINTS]
    assert skip("excluded by tag") == []


@pytest.mark.usefixtures("both_want_saints")
def test_an_instance_that_does_not_answer_stops_no_other(app, radarr):
    sync_wanted(app.database, app.arrs, app.settings.wanted, QuietRun())
    match_wanted(app.matching, QuietRun())
    radarr.hook = lambda _request: Response(401, {})

    report = prepare_offers(app.database, app.arrs, QuietRun())

    assert report.is_partial
    assert served(app, "radarr-4k") == [SAINTS]


@pytest.mark.parametrize("meanwhile", [(), ("radarr",)], ids=["of all", "of this instance"])
def test_two_jobs_at_once_offer_each_release_once(tmp_path, any_database, clock, radarr, meanwhile):
    app, catalogue = make_app(tmp_path / "data", any_database, clock), Catalogue(any_database, clock)
    know(app.arrs, radarr, options=NATIVE)
    for title in ("Copper Saints", "Umbra Station", "Runner 2049"):
        radarr.add_movie(title, 2010)
        catalogue.list_entries(f"{title} (2010)", f"EN - {title} (2010)", resolution=1080)
    sync_wanted(app.database, app.arrs, app.settings.wanted, QuietRun())
    match_wanted(app.matching, QuietRun())

    def run_another(request):
        if request.path.endswith("/parse"):
            radarr.hook = None
            clock.advance(-60)  # its releases get other dates
            prepare_offers(app.database, app.arrs, QuietRun(), *meanwhile)

    radarr.hook = run_another
    report = prepare_offers(app.database, app.arrs, QuietRun())

    assert not report.is_partial
    assert sorted(offer.release for offer in listed(app)) == sorted(
        f"{title}.2010.1080p.WEB-DL-STALKEER" for title in ("Copper.Saints", "Umbra.Station", "Runner.2049")
    )
    assert {len(offer.files) for offer in listed(app)} == {2}
    assert len({offer.pub_date for offer in listed(app)}) == 3


class Starter:
    """Carries a job out at once, as an engine does in its own threads."""

    def __init__(self, app):
        self.app, self.jobs = app, []

    def start(self, job, subject=None, options=None):
        self.jobs.append(job)
        with self.app.database.begin() as connection:
            run_id = queue_run(connection, self.app.clock(), job, subject)
        if job == JobName.SCAN:
            carry_out(self.app, run_id, lambda: run_scan(self.app.scanner, QuietRun(), subject))
        else:
            carry_out(self.app, run_id, lambda: prepare_offers(self.app.database, self.app.arrs, QuietRun(), subject))
        return run_id


def carry_out(app, run_id, work):
    with app.database.begin() as connection:
        claim_run(connection, run_id, app.clock(), "w")
    work()
    with app.database.begin() as connection:
        finish_run(connection, RunOwner(run_id, "w"), app.clock(), RunState.DONE, None, None)


def test_a_movie_that_was_just_added_is_read_matched_and_checked_while_its_search_waits(app, radarr, catalogue):
    row = know(app.arrs, radarr, options=NATIVE)
    catalogue.list_entries("Copper Saints (2010)", resolution=1080)
    radarr.add_movie("Copper Saints", 2010, tmdb_id=7)
    starter = Starter(app)
    indexer = Indexer(app.database, app.arrs, starter)

    found = indexer.search(row, FeedQuery(ids=ForeignIds(tmdb=7)))
    again = indexer.search(row, FeedQuery(ids=ForeignIds(tmdb=7)))

    assert [offer.release for offer in found.offers] == [SAINTS]
    assert again == found
    assert starter.jobs == [JobName.SCAN, JobName.OFFERS]


def confirm_later(app, name):
    """The user confirms what was for review."""
    with app.database.begin() as connection:
        entry_id = connection.scalar(select(entries.c.id).where(entries.c.name == name))
        connection.execute(update(matches).where(matches.c.entry_id == entry_id).values(decision="confirm"))


@pytest.mark.parametrize(
    "later", ["Copper Saints (2010) 2160p", "FR - Copper Saints (2010)", "Copper Saints (2010) 4K"]
)
def test_a_match_that_is_confirmed_right_after_a_search_is_served_by_the_next_one(app, radarr, catalogue, later):
    row = know(app.arrs, radarr, options=NATIVE)
    radarr.add_movie("Copper Saints", 2010, tmdb_id=7)
    is_french = later.startswith("FR")
    catalogue.list_entries("Copper Saints (2010)", resolution=1080)
    catalogue.list_entries(later, resolution=720 if is_french else 2160, **({"languages": "fr"} if is_french else {}))
    sync_wanted(app.database, app.arrs, app.settings.wanted, QuietRun())
    match_wanted(app.matching, QuietRun())
    with app.database.begin() as connection:
        entry_id = connection.scalar(select(entries.c.id).where(entries.c.name == later))
        connection.execute(update(matches).where(matches.c.entry_id == entry_id).values(decision="review"))
    starter = Starter(app)
    indexer = Indexer(app.database, app.arrs, starter)
    before = indexer.search(row, BY_ID)

    confirm_later(app, later)
    after = indexer.search(row, BY_ID)
    again = indexer.search(row, BY_ID)

    assert (len(before.offers), len(after.offers)) == (1, 2)
    assert again == after
    assert starter.jobs == [JobName.OFFERS] * 2, "what is known starts nothing"


def test_the_offers_of_a_search_are_prepared_while_those_of_a_large_library_still_are(app, radarr, catalogue):
    row = know(app.arrs, radarr, options=NATIVE)
    for number in range(1, 6):
        radarr.add_movie(f"Crowd {number}", 2010)
        catalogue.list_entries(f"Crowd {number} (2010)", resolution=1080)
    radarr.add_movie("Copper Saints", 2010, tmdb_id=7)
    catalogue.list_entries("Copper Saints (2010)", resolution=1080)
    sync_wanted(app.database, app.arrs, app.settings.wanted, QuietRun())
    match_wanted(app.matching, QuietRun())

    found = Indexer(app.database, app.arrs, Starter(app)).search(row, BY_ID)

    assert [offer.release for offer in found.offers] == [SAINTS]
    assert [offer.release for offer in listed(app)] == [SAINTS], "none of the others was checked first"


@pytest.mark.parametrize(("numbers", "releases", "asked"), [
    (ItemNumbers(season=2, episode=7), ["Long.Show.S02E07.1080p.WEB-DL-STALKEER"], 1),
    (ItemNumbers(season=1), [f"Long.Show.S01E{n:02}.1080p.WEB-DL-STALKEER" for n in range(1, 13)], 12),
    (ItemNumbers(), [f"Long.Show.S{s:02}E{n:02}.1080p.WEB-DL-STALKEER" for s in (1, 2) for n in range(1, 13)], 24),
])  # fmt: skip
def test_a_search_prepares_the_episodes_that_it_is_about_and_no_others(
    app, tmp_path, catalogue, numbers, releases, asked
):
    with Sonarr(tmp_path / "tv") as sonarr:
        row = know(app.arrs, sonarr, options=NATIVE)
        series = sonarr.add_series("Long Show", 2015, tvdb_id=42)
        names = []
        for season in (1, 2):
            for number in range(1, 13):
                sonarr.add_episode(series, season, number)
                names.append(f"Long Show S{season:02}E{number:02} 1080p")
        catalogue.list_entries(*names, kind="episode", resolution=1080)
        sync_wanted(app.database, app.arrs, app.settings.wanted, QuietRun())
        match_wanted(app.matching, QuietRun())
        indexer = Indexer(app.database, app.arrs, Starter(app))

        found = indexer.search(row, FeedQuery(ids=ForeignIds(tvdb=42), numbers=numbers))

        assert sorted(offer.release for offer in found.offers) == releases
        assert len([one for one in sonarr.requests if one.path.endswith("/parse")]) == asked
        assert len(listed(app, "sonarr")) == asked
        prepare_offers(app.database, app.arrs, QuietRun())
        assert len(listed(app, "sonarr")) == 24, "what was left out follows"


def test_an_entry_that_came_while_its_item_was_not_wanted_is_matched_when_it_is_wanted_again(app, radarr, catalogue):
    row = know(app.arrs, radarr, options=NATIVE)
    movie = radarr.add_movie("Copper Saints", 2010, tmdb_id=7)
    catalogue.list_entries("Copper Saints (2010)", resolution=720)
    scan(app)
    radarr.add_file(movie, 3)  # of the quality of its cutoff
    scan(app)
    catalogue.list_entries("Copper Saints (2010) 1080p", resolution=1080)
    match_wanted(app.matching, QuietRun())

    movie.file = None
    scan(app)

    assert SAINTS in [offer.release for offer in Indexer(app.database, app.arrs, None).search(row, BY_ID).offers]


def test_an_instance_that_does_not_answer_is_not_asked_about_a_release_by_every_search(app, radarr, catalogue):
    row = know(app.arrs, radarr, options=NATIVE)
    radarr.add_movie("Copper Saints", 2010, tmdb_id=7)
    catalogue.list_entries("Copper Saints (2010)", resolution=1080)
    sync_wanted(app.database, app.arrs, app.settings.wanted, QuietRun())
    match_wanted(app.matching, QuietRun())
    radarr.hook = lambda request: Response(401, {}) if request.path.endswith("/parse") else None
    starter, time = Starter(app), [0.0]
    indexer = Indexer(app.database, app.arrs, starter, monotonic=lambda: time[0])

    for _ in range(3):
        assert indexer.search(row, BY_ID).offers == ()
    assert starter.jobs == [JobName.OFFERS]

    radarr.hook = None
    time[0] = 60.0
    assert [offer.release for offer in indexer.search(row, BY_ID).offers] == [SAINTS]


def test_a_search_waits_for_the_offers_that_another_search_lets_prepare(app, radarr, catalogue):
    row = know(app.arrs, radarr, options=NATIVE)
    radarr.add_movie("Copper Saints", 2010, tmdb_id=7)
    catalogue.list_entries("Copper Saints (2010)", resolution=1080)
    sync_wanted(app.database, app.arrs, app.settings.wanted, QuietRun())
    match_wanted(app.matching, QuietRun())
    runs, second = [], []

    class Slow:
        def start(self, job, subject=None, options=None):
            with app.database.begin() as connection:
                runs.append(queue_run(connection, app.clock(), job, subject))
            return runs[-1]

    def sleep(_seconds):
        if not second:  # another search comes while this one waits
            second.append(None)
            second.append(indexer.search(row, BY_ID))
        else:
            carry_out(app, runs[0], lambda: prepare_offers(app.database, app.arrs, QuietRun(), "radarr"))

    indexer = Indexer(app.database, app.arrs, Slow(), sleep=sleep)

    first = indexer.search(row, BY_ID)

    assert [offer.release for offer in first.offers] == [SAINTS]
    assert second[1] == first
    assert len(runs) == 1, "both wait for the same run"


def test_an_item_that_the_instance_does_not_have_is_asked_for_once_in_a_while(app, radarr):
    row = know(app.arrs, radarr, options=NATIVE)
    indexer = Indexer(app.database, app.arrs, Starter(app))

    for _ in range(3):
        assert indexer.search(row, FeedQuery(ids=ForeignIds(tmdb=99))).offers == ()

    assert len([one for one in radarr.requests if one.path.endswith("/movie")]) == 1


def test_a_job_that_takes_too_long_is_waited_for_no_longer_than_an_answer_may_take(app, radarr, catalogue):
    row = know(app.arrs, radarr, options=NATIVE)
    radarr.add_movie("Copper Saints", 2010, tmdb_id=7)
    time = [0.0]

    class Slow:
        def start(self, job, subject=None, options=None):
            with app.database.begin() as connection:
                return queue_run(connection, app.clock(), job, subject)

    def sleep(seconds):
        time[0] += seconds

    indexer = Indexer(app.database, app.arrs, Slow(), wait_s=5.0, monotonic=lambda: time[0], sleep=sleep)

    assert indexer.search(row, FeedQuery(ids=ForeignIds(tmdb=7))).offers == ()
    assert 5.0 <= time[0] < 6.0


BY_ID, BY_TITLE = FeedQuery(ids=ForeignIds(tmdb=7)), FeedQuery(term="Copper Saints 2010")


def found_at_once(app, row, query):
    starter = Starter(app)
    return [offer.release for offer in Indexer(app.database, app.arrs, starter).search(row, query).offers]


@pytest.mark.parametrize("query", [BY_ID, BY_TITLE], ids=["by id", "by title"])
def test_a_movie_whose_file_was_deleted_is_found_by_the_search_right_after(app, radarr, catalogue, query):
    row = know(app.arrs, radarr, options=NATIVE)
    movie = radarr.add_movie("Copper Saints", 2010, tmdb_id=7)
    radarr.add_file(movie, quality=7)
    catalogue.list_entries("Copper Saints (2010)", resolution=1080)
    scan(app)

    movie.file = None

    assert found_at_once(app, row, query) == [SAINTS]


@pytest.mark.parametrize("query", [BY_ID, BY_TITLE], ids=["by id", "by title"])
def test_a_movie_whose_file_is_good_enough_is_served_to_a_search_and_not_downloaded_by_us(
    app, radarr, catalogue, query, clock
):
    row = know(app.arrs, radarr, options=NATIVE)
    movie = radarr.add_movie("Copper Saints", 2010, tmdb_id=7)
    radarr.add_file(movie, quality=7)
    catalogue.list_entries("Copper Saints (2010)", resolution=1080)
    catalogue.list_entries("Copper Saints", resolution=2160)  # without a year: nothing that we would confirm
    scan(app)

    assert found_at_once(app, row, query) == [SAINTS]
    assert served(app) == [SAINTS], "the same in the feed, which the instance judges too"

    with app.database.connect() as connection:
        (item,) = connection.execute(select(wanted.c.id, wanted.c.skip)).all()
        assert item.skip == "has a file, which is good enough"
        assert confirmed_matches(connection) == []
    scan(app)
    assert served(app) == []
    assert found_at_once(app, row, query) == [SAINTS]


def test_episodes_with_files_are_served_to_the_search_for_them_and_no_others(app, tmp_path, catalogue):
    with Sonarr(tmp_path / "tv") as sonarr:
        row = know(app.arrs, sonarr, options=NATIVE)
        show = sonarr.add_series("Harbour of Ash", 2021, tvdb_id=300001)
        for season in (1, 2):
            for number in (1, 2):
                sonarr.add_file([sonarr.add_episode(show, season, number)], quality=7)
                catalogue.list_entries(f"Harbour of Ash S0{season}E0{number}", kind="episode", resolution=1080)
        scan(app)
        ids = ForeignIds(tvdb=300001)

        episode = found_at_once(app, row, FeedQuery(ids=ids, numbers=ItemNumbers(season=1, episode=2)))
        with app.database.connect() as connection:
            assert len(connection.execute(select(wanted.c.id)).all()) == 1, "the rest of the series is left alone"
        season = found_at_once(app, row, FeedQuery(ids=ids, numbers=ItemNumbers(season=2)))

    assert episode == ["Harbour.of.Ash.S01E02.1080p.WEB-DL-STALKEER"]
    assert sorted(season) == [f"Harbour.of.Ash.S02E0{number}.1080p.WEB-DL-STALKEER" for number in (1, 2)]


def test_an_event_of_an_import_makes_nothing_wanted_that_has_a_file(app, radarr, catalogue):
    know(app.arrs, radarr, options=NATIVE)
    movie = radarr.add_movie("Copper Saints", 2010, tmdb_id=7)
    radarr.add_file(movie, quality=7)
    catalogue.list_entries("Copper Saints (2010)", resolution=1080)
    scan(app)

    run_scan(app.scanner, QuietRun(), f"radarr#{movie.id}")

    with app.database.connect() as connection:
        assert connection.execute(select(wanted.c.id).where(wanted.c.gone_at.is_(None))).all() == []


def test_a_movie_that_was_taken_from_the_wanted_list_and_put_back_is_the_release_that_it_was(app, radarr, catalogue):
    row = know(app.arrs, radarr, options=NATIVE)
    movie = radarr.add_movie("Copper Saints", 2010, tmdb_id=7)
    catalogue.list_entries("Copper Saints (2010)", resolution=1080)
    scan(app)
    (before,) = listed(app)
    movie.monitored = False
    scan(app)
    assert served(app) == []

    movie.monitored = True

    assert found_at_once(app, row, BY_ID) == [SAINTS]
    assert listed(app) == [before]


def test_a_search_for_an_unmonitored_movie_finds_it_unless_it_is_excluded(app, radarr, catalogue):
    row = know(app.arrs, radarr, options=InstanceOptions(drive=Drive.NATIVE, exclude_tags=("never",)))
    radarr.tags.append({"id": 5, "label": "never"})
    movie = radarr.add_movie("Copper Saints", 2010, tmdb_id=7, monitored=False)
    catalogue.list_entries("Copper Saints (2010)", resolution=1080)
    scan(app)

    movie.tags = [5]
    assert found_at_once(app, row, BY_ID) == []
    movie.tags = []
    scan(app)
    assert found_at_once(app, row, BY_ID) == [SAINTS]


def test_an_item_of_which_nothing_is_wanted_is_read_once_a_minute(app, radarr, catalogue):
    row = know(app.arrs, radarr, options=NATIVE)
    radarr.add_movie("Copper Saints", 0, tmdb_id=7)  # Radarr itself does not count a movie without a year as missing
    scan(app)
    starter, time = Starter(app), [0.0]
    indexer = Indexer(app.database, app.arrs, starter, monotonic=lambda: time[0])

    for time[0] in (0.0, 20.0, 59.0, 61.0):
        for query in (BY_ID, FeedQuery(term="Copper Saints")):
            assert indexer.search(row, query).offers == ()

    assert starter.jobs == [JobName.SCAN, JobName.SCAN]


@pytest.mark.parametrize("wishes", [False, True])
def test_a_movie_below_its_cutoff_is_offered_whoever_wants_upgrades(app, radarr, catalogue, wishes):
    know(app.arrs, radarr, options=NATIVE)
    radarr.add_file(radarr.add_movie("Copper Saints", 2010), quality=1)
    catalogue.list_entries("Copper Saints (2010)", resolution=1080)
    sync_wanted(app.database, app.arrs, app.settings.wanted.model_copy(update={"cutoff": wishes}), QuietRun())
    match_wanted(app.matching, QuietRun())
    prepare_offers(app.database, app.arrs, QuietRun())

    assert served(app) == [SAINTS]


def test_a_movie_that_was_imported_below_its_cutoff_is_offered_again_with_the_next_scan(app, radarr, catalogue):
    know(app.arrs, radarr, options=NATIVE)
    movie = radarr.add_movie("Copper Saints", 2010)
    catalogue.list_entries("Copper Saints (2010) SD", resolution=480)
    scan(app)
    radarr.add_file(movie, quality=1)
    catalogue.list_entries("Copper Saints (2010) FHD", source="other", resolution=1080)

    scan(app)

    assert served(app) == [SAINTS, "Copper.Saints.2010.480p.WEB-DL-STALKEER"]


def test_an_episode_whose_file_was_deleted_is_found_by_the_search_right_after(app, tmp_path, catalogue):
    with Sonarr(tmp_path / "series") as sonarr:
        row = know(app.arrs, sonarr, options=NATIVE)
        series = sonarr.add_series("Copper Saints", 2010, tvdb_id=7)
        sonarr.add_episode(series, 1, 1)
        second = sonarr.add_episode(series, 1, 2)
        sonarr.add_file([second], quality=7)
        catalogue.list_entries("Copper Saints S01E02", kind="episode", resolution=1080)
        scan(app)
        query = FeedQuery(ids=ForeignIds(tvdb=7), numbers=ItemNumbers(1, 2))

        second.file = None

        assert found_at_once(app, row, query) == ["Copper.Saints.S01E02.1080p.WEB-DL-STALKEER"]
