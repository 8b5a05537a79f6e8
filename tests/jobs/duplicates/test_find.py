"""What is there twice is listed with sizes and with what to do; copies by choice are none."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, update

from stalkeer.errors import InvalidInput
from stalkeer.jobs.duplicates.find import DuplicateKind, list_duplicates
from stalkeer.model import InstanceKind
from stalkeer.store.db.tables import entries, library, library_titles
from stalkeer.store.sources.description import Credentials
from tests.doubles.house import open_house

K = DuplicateKind
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def house(tmp_path, any_database):
    with open_house(tmp_path, any_database) as opened:
        yield opened


def found(house, kind, after="", limit=50):
    return list_duplicates(house.database, house.app.secrets, kind, after, limit)


def profile(house, slug, *resolutions):
    house.allow(house.instance(slug), *resolutions)


def own(house, slug, title, arr_id, tmdb_id):
    """Let an instance have a movie with a file."""
    instance_id = house.instance(slug)
    house.film(title, instance_id, arr_id=arr_id)
    of_this = (library.c.instance_id == instance_id) & (library.c.arr_id == arr_id)
    with house.database.begin() as connection:
        connection.execute(
            update(library).where(of_this).values(has_file=True, tmdb_id=tmdb_id, path=f"/movies/{title}")
        )
        library_id = connection.execute(select(library.c.id).where(of_this)).scalar_one()
        key = title.lower().replace(" ", "")
        values = {"library_id": library_id, "title": title, "key": key, "origin": "title"}
        connection.execute(library_titles.insert().values(**values))


@pytest.mark.parametrize(
    ("first", "second", "count"),
    [((720, 1080), (1080,), 1), ((720, 1080), (2160,), 0), ((), (2160,), 1)],
    ids=["same resolutions", "HD and 4K by choice", "an unknown profile"],
)
def test_a_movie_in_two_instances_is_a_duplicate_unless_their_profiles_differ_by_choice(house, first, second, count):
    for slug, resolutions in (("radarr", first), ("radarr-4k", second)):
        own(house, slug, "Dune", 1, 438631)
        own(house, slug, f"Only in {slug}", 2, 7 if slug == "radarr" else 8)
        if resolutions:
            profile(house, slug, *resolutions)

    page = found(house, K.INSTANCES)

    assert len(page.found) == count
    assert page.after is None
    for one in page.found:
        assert one.title == "Dune (2020)"
        assert [part.place for part in one.parts] == ["radarr, TMDB 438631", "radarr-4k, TMDB 438631"]
        assert "skip_owned_elsewhere" in one.advice


def own_series(house, slug, title, tvdb_id, size):
    instance_id = house.instance(slug, InstanceKind.SONARR)
    with house.database.begin() as connection:
        values = {"instance_id": instance_id, "kind": "series", "arr_id": tvdb_id, "title": title, "year": 2004}
        values |= {"tvdb_id": tvdb_id, "has_file": size is not None, "size": size, "path": f"/tv/{title}"}
        connection.execute(library.insert().values(**values, synced_at=NOW))


def test_a_series_in_two_sonarrs_is_a_duplicate_with_the_size_of_each_and_comes_behind_the_movies(house):
    own(house, "radarr", "Dune", 1, 438631)
    own(house, "radarr-b", "Dune", 1, 438631)
    for slug, size in (("sonarr", 24_000_000_000), ("sonarr-b", 9_000_000_000)):
        own_series(house, slug, "Lost", 73739, size)
        own_series(house, slug, "Wanted only", 7, None)
        own_series(house, slug, "Severance", 371980, size)
    own_series(house, "sonarr", "Only here", 8, 1)

    pages, after = [], ""
    while after is not None:
        page = found(house, K.INSTANCES, after, limit=1)
        pages += page.found
        after = page.after

    assert [one.title for one in pages] == ["Dune (2020)", "Lost (2004)", "Severance (2004)"]
    assert [(part.place, part.size) for part in pages[1].parts] == [
        ("sonarr, TVDB 73739", 24_000_000_000),
        ("sonarr-b, TVDB 73739", 9_000_000_000),
    ]
    assert "compare their seasons" in pages[1].advice


def test_a_movie_under_two_ids_of_one_instance_is_a_duplicate(house):
    own(house, "radarr", "Dune", 1, 438631)
    own(house, "radarr", "Dune", 2, 999)
    own(house, "radarr", "Alien", 3, 5)

    (one,) = found(house, K.IDS).found

    assert [part.place for part in one.parts] == ["radarr, TMDB 438631", "radarr, TMDB 999"]
    assert "Radarr radarr" in one.advice


def completed(house, wanted_id, path: Path, body=b"x" * 10):
    """A completed download that left this file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    entry = house.entry(house.source(), f"/files/{path.name}-{path.parent.name}", None, "Dune")
    download = house.queue(entry, wanted_id, "Dune (2020)")
    house.change(download, state="completed", placed_path=str(path), total=len(body))
    house.change_item(download, active=False, state="imported")


def test_several_files_of_an_item_are_listed_with_their_sizes_while_they_are_there(house, tmp_path):
    wanted_id, other = house.film("Dune"), house.film("Alien")
    first, second = tmp_path / "a" / "Dune.mkv", tmp_path / "b" / "Dune.mkv"
    completed(house, wanted_id, first)
    completed(house, wanted_id, second, b"y" * 20)
    completed(house, other, tmp_path / "c" / "Alien.mkv")

    (one,) = found(house, K.FILES).found
    assert [(part.place, part.size) for part in one.parts] == [(str(first), 10), (str(second), 20)]

    second.unlink()
    assert found(house, K.FILES).found == ()
    second.hardlink_to(first)
    assert found(house, K.FILES).found == (), "two links are one file"


def account(house, slug, host, keys, names=None):
    """A source of this host, which lists these streams."""
    source_id = house.source(slug)
    stored = house.app.secrets.encrypt(Credentials(url=f"http://{host}:8080", username="u", password="p").to_json())
    house.change_source(source_id, credentials=stored)
    rows = [
        {"source_id": source_id, "key": key, "kind": "film", "name": (names or {}).get(key, key), "url": "{base}/x",
         "added_gen": 1, "first_seen": NOW, "size": 700}
        for key in keys
    ]  # fmt: skip
    with house.database.begin() as connection:
        connection.execute(entries.insert(), rows)


def test_a_stream_that_two_sources_of_one_provider_list_is_a_duplicate_under_all_its_names(house):
    account(house, "main", "tv.example", ["movie:1", "movie:2"], {"movie:2": "Dune HD"})
    account(house, "second", "tv.example", ["movie:2", "movie:3"], {"movie:2": "DE | Dune"})
    account(house, "other", "elsewhere.example", ["movie:1", "movie:2"])

    (one,) = found(house, K.STREAMS).found

    assert [(part.place, part.name, part.size) for part in one.parts] == [
        ("main", "Dune HD", 700),
        ("second", "DE | Dune", 700),
    ]


def test_the_pages_of_streams_follow_one_another_without_gaps(house):
    keys = [f"movie:{number:05}" for number in range(1200)]
    account(house, "main", "tv.example", keys)
    account(house, "second", "tv.example", keys[::100])
    account(house, "third", "tv.example", keys[50::400])
    names, after = [], ""

    for _ in range(100):
        page = found(house, K.STREAMS, after, 5)
        names += [one.title for one in page.found]
        if page.after is None:
            break
        after = page.after

    assert names == sorted([*keys[::100], *keys[50::400]])


@pytest.mark.parametrize("kind", list(K))
def test_nothing_twice_is_an_empty_list_and_a_strange_continuation_is_refused(house, kind):
    page = found(house, kind)

    assert (page.found, page.after) == ((), None)
    with pytest.raises(InvalidInput, match="continues no list"):
        found(house, kind, "nonsense")
