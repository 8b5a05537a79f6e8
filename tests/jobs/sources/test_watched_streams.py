"""Whose content is watched, where the media server names no address."""

import pytest

from stalkeer.adapters.media.sessions import Watched
from stalkeer.core.downloads.viewing import Stream
from stalkeer.jobs.sources.watched_streams import find_streams
from tests.doubles.catalogue import Catalogue


@pytest.fixture
def sources(any_database, clock):
    catalogue = Catalogue(any_database, clock)
    catalogue.list_entries("News 24 HD", kind="live", source="tv")
    catalogue.list_entries("Alien (1979)", source="tv")
    catalogue.list_entries("News 24 HD", "Sport 1", kind="live", source="other")
    catalogue.list_entries("Alien (1979) 4K", source="third")
    gone = catalogue.list_entries("Old Channel", kind="live", source="tv")
    catalogue.drop_entry(gone[0])
    return any_database, catalogue._sources


@pytest.mark.parametrize(
    ("watched", "slugs"),
    [
        (Watched("Sport 1", "", is_stream=True, is_live=True), ["other"]),
        (Watched("News 24 HD", "", is_stream=True, is_live=True), ["other", "tv"]),
        (Watched("Antenna 5", "", is_stream=True, is_live=True), []),
        (Watched("Old Channel", "", is_stream=True, is_live=True), []),
        (Watched("Alien", "/media/films/Alien (1979).strm", is_stream=True), ["third", "tv"]),
        (Watched("Alien", "D:\\films\\Alien (1979).strm", is_stream=True), ["third", "tv"]),
        (Watched("Aliens", "/media/films/Aliens (1986).strm", is_stream=True), []),
        (Watched("", ".strm", is_stream=True), []),
    ],
    ids=["one list", "two lists", "an antenna", "gone", "a stream file", "of Windows", "another title", "no name"],
)
def test_what_has_no_address_is_watched_from_the_sources_that_list_it(sources, watched, slugs):
    database, ids = sources

    with database.connect() as connection:
        (stream,) = find_streams(connection, [watched])

    assert stream == Stream(listed_by=frozenset(ids[slug] for slug in slugs))
