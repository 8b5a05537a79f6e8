"""Radarr before 5.6 has no lists of what is wanted: its library says it."""

import pytest
from sqlalchemy import select

from stalkeer.demo.radarr import Radarr
from stalkeer.demo.sonarr import Sonarr
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.wanted.sync import sync_wanted
from stalkeer.settings.sections.jobs import WantedSettings
from stalkeer.store.db.tables import blocked_releases, library, wanted
from stalkeer.store.library.instances import get_instance
from tests.doubles.arr_traps import broken, every, leaves_out, no_such_route, on
from tests.doubles.instances import know

OLDER = ("4.0.3.5879", "4.7.5.7809", "5.5.3.8819")


def sync(database, arrs, **wishes):
    (report,) = sync_wanted(database, arrs, WantedSettings(**wishes), QuietRun()).instances
    return report


def open_items(database):
    with database.connect() as connection:
        rows = connection.execute(select(wanted).where(wanted.c.gone_at.is_(None)).order_by(wanted.c.title)).all()
    return [(row.title, row.reason) for row in rows]


def fill(radarr):
    """One of each: missing, of no year, not monitored, below its cutoff (monitored or not), good enough."""
    radarr.add_movie("Missing", 2020)
    radarr.add_movie("Announced", 0)
    radarr.add_movie("Left alone", 2020, monitored=False)
    radarr.add_file(radarr.add_movie("Below", 2020), quality=1)
    radarr.add_file(radarr.add_movie("Below, left alone", 2020, monitored=False), quality=1)
    radarr.add_file(radarr.add_movie("Good", 2020), quality=3)


@pytest.mark.parametrize("unmonitored", [False, True])
@pytest.mark.parametrize("version", OLDER)
def test_an_older_radarr_wants_the_same_as_a_new_one(database, arrs, radarr, version, unmonitored):
    know(arrs, radarr)
    fill(radarr)
    sync(database, arrs, unmonitored=unmonitored)
    of_the_new = open_items(database)
    radarr.reported_version = version

    first = sync(database, arrs, unmonitored=unmonitored)
    report = sync(database, arrs, unmonitored=unmonitored)

    assert (first.error, first.gone, report.error) == (None, 0, None)
    assert open_items(database) == of_the_new
    assert (report.changed, report.gone) == (0, 0)
    assert (report.missing, report.cutoff) == ((2, 2) if unmonitored else (1, 1))


def test_what_an_older_radarr_got_in_the_meantime_is_gone_and_comes_back(database, arrs, radarr):
    radarr.reported_version = "5.5.3.8819"
    know(arrs, radarr)
    film = radarr.add_movie("Some Film", 2020)
    assert sync(database, arrs).missing == 1

    radarr.add_file(film, quality=3)
    assert (sync(database, arrs).gone, open_items(database)) == (1, [])

    film.file = None
    sync(database, arrs)
    assert open_items(database) == [("Some Film", "missing")]


def test_the_library_of_an_older_radarr_is_read_once(database, arrs, radarr):
    radarr.reported_version = "5.5.3.8819"
    know(arrs, radarr)
    fill(radarr)

    sync(database, arrs, unmonitored=True)

    assert [request.path for request in radarr.requests].count("/api/v3/movie") == 1


def test_whether_a_list_is_there_is_learnt_from_the_answer_and_not_from_the_version(database, arrs, radarr):
    know(arrs, radarr)
    fill(radarr)
    radarr.hook = every(on("/wanted/missing", no_such_route), on("/wanted/cutoff", no_such_route))

    report = sync(database, arrs)

    assert (report.error, report.missing, report.cutoff) == (None, 1, 1)


def test_a_film_that_does_not_say_what_it_has_is_not_taken_for_one_without_nor_for_one_that_is_good_enough(
    database, arrs, radarr
):
    know(arrs, radarr)
    fill(radarr)
    sync(database, arrs)
    before = open_items(database)
    silent = frozenset({"hasFile", "movieFileId", "movieFile"})
    radarr.reported_version = "5.5.3.8819"
    radarr.hook = on("/api/v3/movie", leaves_out(silent, radarr.answer))

    report = sync(database, arrs)

    assert (report.error, report.gone) == (None, 0)
    assert open_items(database) == before

    radarr.hook = on("/api/v3/movie", leaves_out(frozenset({"qualityCutoffNotMet"}), radarr.answer))
    assert sync(database, arrs).gone == 0
    assert open_items(database) == before


@pytest.mark.parametrize("path", ["blocklist", "qualitydefinition"])
@pytest.mark.parametrize("program", [Radarr, Sonarr])
def test_a_list_that_only_refines_fails_alone_and_is_told(database, arrs, tmp_path, path, program):
    with program(tmp_path / "library", strict=True) as server:
        know(arrs, server)
        if program is Radarr:
            server.add_movie("Some Film", 2020)
        else:
            server.add_episode(server.add_series("Some Series", 2019), 1, 1)
        server.hook = on(f"/api/v3/{path}", no_such_route)

        report = sync(database, arrs)

    assert (report.error, report.missing, report.library) == (None, 1, 1)
    (note,) = report.notes
    assert path in note and "404" in note
    assert report.to_document()["notes"] == [note]


def test_a_blocklist_that_cannot_be_read_leaves_what_was_blocked_before(database, arrs, radarr):
    know(arrs, radarr)
    film = radarr.add_movie("Some Film", 2020)
    row = {"id": 1, "movieId": film.id, "sourceTitle": "A.Release", "date": "2026-01-01T00:00:00Z", "message": "bad"}
    radarr.blocklist.append(row)
    sync(database, arrs)
    radarr.hook = on("/api/v3/blocklist", broken())

    report = sync(database, arrs)

    assert (report.error, report.missing) == (None, 1) and len(report.notes) == 1
    with database.connect() as connection:
        assert len(connection.execute(select(blocked_releases)).all()) == 1


def test_a_sound_instance_has_nothing_to_note(database, arrs, radarr):
    know(arrs, radarr)
    fill(radarr)

    assert sync(database, arrs).notes == ()
    with database.connect() as connection:
        assert get_instance(connection, "radarr").last_error is None
        assert len(connection.execute(select(library)).all()) == 6
