"""`stalkeer match`: over a database, and over files alone."""

import gzip
import json

import pytest
from sqlalchemy import update

from stalkeer.store.db.tables import instances
from tests.doubles.catalogue import Catalogue
from tests.doubles.tmdb import KEY, Tmdb


@pytest.fixture
def dune(app):
    house = Catalogue(app.database, app.clock)
    wanted = house.film("Dune", 2021)
    house.list_entries("Dune (2021)", "Dune (1984)")
    return wanted


def test_a_run_matches_and_the_list_shows_it(stalkeer, dune):
    ran = stalkeer("match", "run", "--json")
    listed = stalkeer("match", "list", "--json").document["matches"]

    assert ran.document["confirmed"] == 1
    assert [(row["item"], row["entry"], row["decision"]) for row in listed] == [
        ("Dune (2021)", "Dune (2021)", "confirm")
    ]
    assert "Dune (2021)" in stalkeer("match", "list", "--decision", "confirm").out


def test_an_explanation_gives_the_reason_against_each_candidate(stalkeer, dune):
    stalkeer("match", "run")

    told = stalkeer("match", "explain", "Dune").out

    assert "the year 1984 is not 2021" in told
    assert "It was found" in told
    assert stalkeer("match", "explain", "No Such Film").code == 1


def test_a_decision_is_previewed_kept_and_forgotten(stalkeer, dune):
    stalkeer("match", "run")
    match = stalkeer("match", "list", "--json").document["matches"][0]["id"]

    preview = stalkeer("match", "reject", str(match), "--dry-run", "--json").document
    kept = stalkeer("match", "reject", str(match), "--json").document
    rules = stalkeer("match", "rules", "--json").document["rules"]
    stalkeer("match", "forget", str(kept["ruleId"]))

    assert preview["changes"] == kept["changes"]
    assert [rule["action"] for rule in rules] == ["reject"]
    assert stalkeer("match", "list", "--json").document["matches"][0]["decision"] == "confirm"


def test_a_playlist_is_tried_with_files_alone(stalkeer, tmp_path):
    playlist, wanted, lookup, output = (tmp_path / name for name in ("p.m3u.gz", "w.json", "l.json", "m.jsonl"))
    with gzip.open(playlist, "wt") as stream:
        stream.write(
            '#EXTM3U\n#EXTINF:-1 tvg-name="",EN - Dune (2021)\nhttp://tv.example/movie/u/p/1.mkv\n'
            '#EXTINF:-1 tvg-name="",Maniac\nhttp://tv.example/movie/u/p/2.mkv\n'
            '#EXTINF:-1 tvg-name="",Dark S01 E02\nhttp://tv.example/series/u/p/3.mkv\n'
        )
    dark = {"id": 9, "title": "Dark", "year": 2017, "alternateTitles": []}
    films = [{"id": 1, "title": "Dune", "year": 2021}, {"id": 2, "title": "Maniac", "year": 1980}]
    episodes = [{"id": 4, "seasonNumber": 1, "episodeNumber": 2, "series": dark}]
    wanted.write_text(json.dumps({"movies": films, "episodes": episodes}))
    lookup.write_text(json.dumps({"movie:2": [{"title": "Maniac", "year": 2012}]}))

    ended = stalkeer(
        "match", "evaluate", "--playlist", str(playlist), "--wanted", str(wanted), "--lookup", str(lookup),
        "--output", str(output), "--json",
    )  # fmt: skip

    pairs = [json.loads(line) for line in output.read_text().splitlines()]
    assert ended.document["confirmed"] == 2
    assert {(p["wanted"], p["url"], p["decision"]) for p in pairs} == {
        ("movie:1", "http://tv.example/movie/u/p/1.mkv", "confirm"),
        ("movie:2", "http://tv.example/movie/u/p/2.mkv", "review"),
        ("episode:4", "http://tv.example/series/u/p/3.mkv", "confirm"),
    }


def test_a_file_that_is_no_wanted_list_is_named(stalkeer, tmp_path):
    playlist, wanted = tmp_path / "p.m3u", tmp_path / "w.json"
    playlist.write_text("#EXTM3U\n")
    wanted.write_text("{broken")

    ended = stalkeer(
        "match", "evaluate", "--playlist", str(playlist), "--wanted", str(wanted), "--output", str(tmp_path / "m")
    )

    assert ended.code == 1
    assert str(wanted) in ended.err.replace("\n", "")


def test_tmdb_is_tried_with_the_key_that_is_set(stalkeer, app):
    with Tmdb() as server:
        app.change_settings({"tmdb.url": server.url})
        without = stalkeer("match", "tmdb")
        app.change_settings({"tmdb.api_key": KEY})
        with_key = stalkeer("match", "tmdb", "--json")
        app.change_settings({"tmdb.api_key": "wrong-key-of-somebody"})
        wrong = stalkeer("match", "tmdb")

    assert (without.code, with_key.document, wrong.code) == (1, {"ok": True}, 1)
    assert "tmdb.api_key" in wrong.err
    assert "wrong-key" not in wrong.err


def test_what_only_a_disabled_instance_wants_is_not_explained(stalkeer, dune, app):
    with app.database.begin() as connection:
        connection.execute(update(instances).values(enabled=False))

    ended = stalkeer("match", "explain", "Dune")

    assert ended.code == 1
    assert "Dune" in ended.err
