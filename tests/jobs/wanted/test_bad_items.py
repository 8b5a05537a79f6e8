"""One bad item stops no list, no instance and no other instance; what a scan can do without fails alone."""

import json

import pytest
from sqlalchemy import select

from stalkeer.demo.http import Response
from stalkeer.demo.radarr import Radarr
from stalkeer.demo.sonarr import Sonarr
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.wanted.sync import sync_wanted
from stalkeer.settings.sections.jobs import WantedSettings
from stalkeer.store.db.tables import library, wanted
from tests.doubles.arr_traps import broken, no_such_route, on, with_bad_items
from tests.doubles.instances import clients, know

BAD = [
    {"id": "seven", "title": "no number"},
    {"title": "no id"},
    {"id": 2, "year": "soon"},
    {"id": 2, "year": 10**12},
    {"id": 2, "runtime": 2**40},
    {"id": 2**70, "title": "beyond every id"},
    {"id": 2, "alternateTitles": "none"},
    {"id": 2, "images": [{"coverType": 7}]},
    None,
    "text",
    [],
]


@pytest.fixture(params=[Radarr, Sonarr])
def server(request, tmp_path, arrs):
    """With three wanted items, the second of which is the one that gets damaged."""
    with request.param(tmp_path / "library", strict=True) as running:
        know(arrs, running)
        for number in (1, 2, 3):
            if request.param is Radarr:
                running.add_movie(f"Some Film {number}", 2020)
            else:
                running.add_episode(running.add_series(f"Some Series {number}", 2019), 1, 1)
        yield running


def sync(database, arrs):
    return sync_wanted(database, arrs, WantedSettings(), QuietRun()).instances


def open_titles(database):
    query = select(library.c.title).join(wanted, wanted.c.library_id == library.c.id).where(wanted.c.gone_at.is_(None))
    with database.connect() as connection:
        return sorted(connection.execute(query).scalars())


@pytest.mark.parametrize("bad", BAD, ids=str)
@pytest.mark.parametrize("path", ["library", "wanted/missing"])
def test_a_bad_item_hides_no_other_and_none_is_taken_for_gone(database, arrs, server, bad, path):
    (first,) = sync(database, arrs)
    before = open_titles(database)
    where = "/movie" if server.program == "Radarr" else "/series"
    server.hook = on(where if path == "library" else f"/{path}", with_bad_items([bad], server.answer))

    (report,) = sync(database, arrs)

    assert (report.error, report.library, report.missing, report.gone) == (None, 3, 3, 0)
    assert open_titles(database) == before and first.missing == 3
    assert (path == "library") is any("cannot be read" in note for note in report.notes)


def test_a_movie_that_turns_bad_stays_as_it_was(database, arrs, server):
    sync(database, arrs)
    before = open_titles(database)

    def damaged(request):
        rows = server.answer(request).body
        return Response(200, [row | ({"year": "soon"} if row["id"] == 2 else {}) for row in rows])

    server.hook = on("/movie" if server.program == "Radarr" else "/series", damaged)

    (report,) = sync(database, arrs)

    assert (report.error, report.library, report.gone) == (None, 2, 0)
    assert open_titles(database) == before


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b", "a\x1b[2Jb", "a\u202eb", "\x07", "\ufeffa"], ids=ascii)
def test_a_text_that_breaks_databases_and_terminals_is_repaired_at_the_border(database, arrs, server, text):
    def harmful(request):
        rows = server.answer(request).body
        return Response(200, json.dumps([row | {"title": f"T {text}", "path": f"/x/{text}"} for row in rows]).encode())

    server.hook = on("/movie" if server.program == "Radarr" else "/series", harmful)

    (report,) = sync(database, arrs)

    assert (report.error, report.library) == (None, 3)
    with database.connect() as connection:
        for title in connection.execute(select(library.c.title)).scalars():
            assert title.isprintable() and title.startswith("T ")


def test_an_instance_with_nothing_but_bad_items_hides_no_other_instance(database, arrs, server, tmp_path):
    with Radarr(tmp_path / "other", strict=True) as other:
        know(arrs, other, "radarr-other")
        other.add_movie("Another Film", 2020)
        server.hook = lambda request: (
            Response(200, [*BAD, *BAD]) if request.path.endswith(("/movie", "/series")) else None
        )

        reports = {report.slug: report for report in sync(database, arrs)}

    assert (reports["radarr-other"].error, reports["radarr-other"].missing) == (None, 1)
    assert reports[server.program.lower()].error is None


@pytest.mark.parametrize("path", ["qualitydefinition", "qualityprofile", "rootfolder", "queue", "blocklist"])
@pytest.mark.parametrize("answer", [no_such_route, broken(), broken(400, "no")], ids=["404", "500", "400"])
def test_a_list_that_a_scan_can_do_without_fails_alone_and_is_told_with_the_consequence(
    database, arrs, server, path, answer
):
    sync(database, arrs)
    server.hook = on(f"/api/v3/{path}", answer)

    (report,) = sync(database, arrs)

    assert (report.error, report.missing, report.library) == (None, 3, 3)
    (note,) = report.notes
    assert f"GET {path}" in note and "went on without it: " in note


def test_bad_items_and_texts_stop_no_scan_on_either_database(any_database, clock, tmp_path):
    arrs = clients(any_database, clock)
    with Radarr(tmp_path / "library", strict=True) as server:
        know(arrs, server)
        server.add_movie("Some Film", 2020)

        def harmful(request):
            rows = [row | {"title": "a\x00b \ud800 c", "path": "/x/\x00"} for row in server.answer(request).body]
            return Response(200, json.dumps([*BAD, *rows]).encode())

        server.hook = on("/movie", harmful)

        (report,) = sync(any_database, arrs)

    assert (report.error, report.library, report.missing) == (None, 1, 1)
    assert open_titles(any_database) == ["ab  c"]
