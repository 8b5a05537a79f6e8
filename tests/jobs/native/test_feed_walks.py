"""A page of a feed begins where the one before it ended."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from stalkeer.jobs.native.feed_walks import KEPT_S, MOST, FeedWalks
from stalkeer.store.offers.offerable import PlaceInFeed

END = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.fixture
def now():
    return [0.0]


@pytest.fixture
def walks(now):
    return FeedWalks(lambda: now[0])


def test_the_next_page_begins_behind_the_date_where_the_one_before_it_ended(walks):
    walks.note("movies", 100, END)

    assert walks.begin("movies", 100) == PlaceInFeed(after=END)


@pytest.mark.parametrize(("feed", "offset"), [("series", 100), ("movies", 50), (None, 100)])
def test_what_was_not_walked_is_counted_from_the_start(walks, feed, offset):
    walks.note("movies", 100, END)
    walks.note(None, 100, END)

    assert walks.begin(feed, offset) == PlaceInFeed(skip=offset)


def test_the_first_page_begins_a_new_walk_of_its_own_feed(walks):
    walks.note("movies", 100, END)
    walks.note("series", 100, END)

    assert walks.begin("movies", 0) == PlaceInFeed()

    assert walks.begin("movies", 100) == PlaceInFeed(skip=100)
    assert walks.begin("series", 100) == PlaceInFeed(after=END)


def test_an_old_walk_is_forgotten(walks, now):
    walks.note("movies", 100, END)
    now[0] = KEPT_S + 1

    assert walks.begin("movies", 100) == PlaceInFeed(skip=100)


def test_no_more_ends_are_kept_than_a_bound(walks):
    for offset in range(MOST + 5):
        walks.note("movies", offset, END)

    assert walks.begin("movies", 4) == PlaceInFeed(skip=4)
    assert walks.begin("movies", MOST + 4) == PlaceInFeed(after=END)
