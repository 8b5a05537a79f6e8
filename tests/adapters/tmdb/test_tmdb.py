"""TMDB by id alone: titles, countries, namesakes; a key that shows nowhere; answers that are late, odd or missing."""

import logging

import pytest
import stamina

from stalkeer.adapters.tmdb.client import TmdbAccess, TmdbPace
from stalkeer.core.matching.lookup import Namesake, WorkTitles, WorldTitle, titles_in
from stalkeer.core.matching.works import Work
from stalkeer.demo.http import Response
from stalkeer.errors import TmdbError
from stalkeer.jobs.matching.lookups import Tmdb, WiderLookup
from tests.doubles.tmdb import KEY, TOKEN, translation
from tests.doubles.tmdb import Tmdb as Server


@pytest.fixture
def server():
    with stamina.set_testing(True, attempts=3, cap=True), Server() as running:
        yield running


@pytest.fixture
def tmdb(server, clock):
    return Tmdb(TmdbAccess(KEY, server.url), TmdbPace(monotonic=clock.monotonic, sleep=clock.sleep))


def test_a_film_has_the_titles_of_its_own_id(server, tmdb):
    server.film(7, [translation("fr", "FR", "La route du sel"), translation("en", "US", "")], [("PL", "Solna droga")])

    found = tmdb.titles_of(Work("movie:7", "movie", ()))

    assert found == WorkTitles((WorldTitle("La route du sel", "fr", "FR"), WorldTitle("Solna droga", "", "PL")))
    assert not any("search" in request.path for request in server.requests)


def test_a_series_is_found_by_its_tvdb_id_and_says_where_it_comes_from(server, tmdb):
    server.series(90, 12, [translation("de", "DE", "Salzstraße", name="name")], ["GB"], [("FR", "Le sel")])

    found = tmdb.titles_of(Work("series:90", "series", ()))

    assert found.countries == ("GB",)
    assert [title.text for title in found.titles] == ["Salzstraße", "Le sel"]


def test_what_tmdb_does_not_know_or_cannot_tell_apart_has_no_titles(server, tmdb):
    server.answers["find/91"] = {"tv_results": [{"id": 1}, {"id": 2}]}

    assert tmdb.titles_of(Work("movie:404", "movie", ())) == WorkTitles()
    assert tmdb.titles_of(Work("series:404", "series", ())) == WorkTitles()
    assert tmdb.titles_of(Work("series:91", "series", ())) == WorkTitles()
    assert tmdb.titles_of(Work("movie:radarr:3", "movie", ())) == WorkTitles()  # it has no id of its own


def test_a_token_travels_in_a_header_and_a_key_in_the_query(server, clock):
    server.film(7, [])
    for key in (KEY, TOKEN):
        Tmdb(TmdbAccess(key, server.url), TmdbPace(sleep=clock.sleep)).titles_of(Work("movie:7", "movie", ()))

    with_key, with_token = server.requests[0], server.requests[-1]
    assert (with_key.query["api_key"], "authorization" in with_key.headers) == (KEY, False)
    assert ("api_key" in with_token.query, with_token.headers["authorization"]) == (False, f"Bearer {TOKEN}")


@pytest.mark.parametrize(
    "answer",
    [Response(401, {}), Response(500, {}), Response(429, {}), Response(200, b"<html>"), Response(hang_up=True),
     Response(302, None, {"Location": "http://127.0.0.1:1/elsewhere"})],
)  # fmt: skip
def test_no_answer_is_an_error_that_never_shows_the_key(server, tmdb, answer, caplog):
    server.hook = lambda _request: answer

    with caplog.at_level(logging.DEBUG), pytest.raises(TmdbError) as caught:
        tmdb.check()

    shown = f"{caught.value!r} {caught.value.__cause__!r} {tmdb!r} " + " ".join(
        record.getMessage() for record in caplog.records if record.name.startswith("stalkeer")
    )
    assert KEY not in shown
    assert "authentication" in str(caught.value)


def test_a_moment_of_too_many_requests_is_waited_out(server, tmdb):
    answers = iter([Response(429, {}, {"Retry-After": "1"}), None])
    server.hook = lambda _request: next(answers)

    tmdb.check()

    assert len(server.requests) == 2


def test_requests_are_spaced(server, tmdb, clock):
    server.film(7, [])

    tmdb.titles_of(Work("movie:7", "movie", ()))

    assert clock.slept == [pytest.approx(0.1)]


def test_the_namesakes_of_a_film_are_all_results_of_the_search(server, tmdb):
    server.answers["search/movie"] = {
        "results": [
            {"id": 7, "title": "The Salt Road", "original_title": "Solna droga", "release_date": "2014-05-01"},
            {"id": 8, "title": "Salt Road", "original_title": "Salt Road", "release_date": ""},
        ]
    }

    assert tmdb.search("movie", "The Salt Road") == (
        Namesake("The Salt Road", 2014, ("Solna droga",), tmdb_id=7),
        Namesake("Salt Road", 0, (), tmdb_id=8),
    )


def test_namesakes_of_a_series_are_those_that_a_tvdb_id_tells_apart(server, tmdb):
    server.series(90, 12, [])
    server.answers["search/tv"] = {
        "results": [
            {"id": 12, "name": "Ghostly", "original_name": "Ghostly", "first_air_date": "2019-01-01"},
            {"id": 13, "name": "Ghostly", "original_name": "Ghostly", "first_air_date": "2021-01-01"},
            {"id": 14, "name": "Ghostly Hunters", "original_name": "Ghostly Hunters", "first_air_date": "2020-01-01"},
        ]
    }

    assert tmdb.search("series", "Ghostly") == (Namesake("Ghostly", 2019, (), tvdb_id=90),)
    assert not any(request.path.startswith("/3/tv/14") for request in server.requests)


def test_a_second_catalogue_adds_rivals_and_its_silence_hinders_nothing(server, tmdb):
    class Radarr:
        def search(self, kind, term):
            return (Namesake("Ember", 1962, tmdb_id=1),)

    server.answers["search/movie"] = {
        "results": [
            {"id": 1, "title": "Ember", "release_date": "1962-01-01"},
            {"id": 2, "title": "Ember", "release_date": "2011-01-01"},
        ]
    }
    both = WiderLookup(Radarr(), tmdb)

    assert [namesake.tmdb_id for namesake in both.search("movie", "Ember")] == [1, 2]
    server.hook = lambda _request: Response(500, {})
    assert [namesake.tmdb_id for namesake in both.search("movie", "Ember")] == [1]


TITLES = WorkTitles(
    (
        WorldTitle("Sel", "fr", "FR"),
        WorldTitle("Sel d'ici", "fr", "CA"),
        WorldTitle("Sal", "pt", "PT"),
        WorldTitle("Sal do Brasil", "pt", "BR"),
        WorldTitle("Sel gris", "", "CA"),
        WorldTitle("Sol", "", "PL"),
    )
)


@pytest.mark.parametrize(
    ("languages", "titles"),
    [
        ((), ("Sel", "Sel d'ici", "Sal", "Sal do Brasil", "Sel gris", "Sol")),
        (("fr",), ("Sel", "Sel d'ici", "Sel gris")),
        (("pt-BR",), ("Sal do Brasil",)),
        (("pl", "pt"), ("Sal", "Sal do Brasil", "Sol")),
    ],
)
def test_titles_in_the_users_languages(languages, titles):
    assert titles_in(TITLES, languages) == titles
