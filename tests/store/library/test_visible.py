"""An item, and a match, count alike in every list, however many entries are hidden, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.matching.match import Matching, match_wanted
from stalkeer.model import Decision, InstanceId, WantedId
from stalkeer.settings.sections.jobs import MatchingSettings
from stalkeer.store.catalogue.entries import EntrySearch, browse_entries, search_entries
from stalkeer.store.catalogue.visible import Hidden, estimate_hidden
from stalkeer.store.db.tables import instances, sources
from stalkeer.store.downloads.variants import confirmed_matches
from stalkeer.store.library.calendar import calendar_states
from stalkeer.store.library.wanted_list import (
    BestMatch,
    Slice,
    Status,
    WantedFilter,
    WantedOrder,
    count_by_kind,
    count_found,
    count_to_review,
    count_wanted,
    list_to_review,
    list_unfound,
    list_wanted,
    read_open_ids,
)
from stalkeer.store.library.wanted_series import count_wanted_series, list_wanted_series
from stalkeer.store.matching.candidates import list_candidates
from stalkeer.store.matching.matches import MatchFilter, MatchOrder, count_by_decision, count_matches, list_matches
from tests.doubles.catalogue import Catalogue


class House(Catalogue):
    """Two films found, two in doubt, one not found, and two episodes of which one is in doubt."""

    def fill(self) -> None:
        for title in ("Amber Road", "Birch Lane", "Cedar Hill", "Dogwood Park", "Elm Court"):
            self.film(title, 2001)
        series = self.series("Umber Nights")
        for number in (1, 2):
            self.episode(series, 1, number)
        listed = self.list_entries("Amber Road (2001)", "Birch Lane (2001)", "Cedar Hill", "Dogwood Park")
        self.second = listed[1]
        self.list_entries("Umber Nights S01E01", kind="episode")
        self.spare = self.list_entries("An Unknown Film (1999)", "FR - Amber Road (2001)", source="spare")
        match_wanted(Matching(self.database, MatchingSettings(), self.clock), QuietRun())

    def hide(self, how: Hidden) -> None:
        """Let an entry vanish that nothing was matched with; disable a source that has a second variant."""
        if how is not Hidden.NONE:
            self.drop_entry(self.spare[0])
        if how is Hidden.MANY:
            with self.database.begin() as connection:
                connection.execute(update(sources).where(sources.c.slug == "spare").values(enabled=False))
        with self.database.connect() as connection:
            assert estimate_hidden(connection) is how


@pytest.fixture
def house(any_database, clock):
    made = House(any_database, clock)
    made.fill()
    return made


@pytest.mark.parametrize("how", list(Hidden))
def test_every_list_and_count_agrees_however_much_is_hidden(house, how):
    if how is not Hidden.NONE:
        house.drop_entry(house.second)
    house.hide(how)

    with house.database.connect() as connection:
        found = {row.label: row.found for row in list_wanted(connection)}
        confirmed = list(found.values()).count(BestMatch.CONFIRMED)
        assert found["Amber Road (2001)"] is BestMatch.CONFIRMED
        assert found["Cedar Hill (2001)"] is found["Umber Nights S01E01"] is BestMatch.REVIEW
        assert found["Birch Lane (2001)"] is (BestMatch.CONFIRMED if how is Hidden.NONE else BestMatch.NOTHING)
        for some in BestMatch:
            rows = list_wanted(connection, WantedFilter(found=some))
            assert count_wanted(connection, WantedFilter(found=some)) == len(rows) == list(found.values()).count(some)
        for status in Status:
            rows = list_wanted(connection, WantedFilter(status=status))
            assert {row.status for row in rows} <= {status}
            assert count_wanted(connection, WantedFilter(status=status)) == len(rows)
        assert sum(counts.confirmed for counts in count_found(connection).values()) == confirmed
        assert count_to_review(connection) == len(list_to_review(connection, limit=9)) == 3
        (series,) = list_wanted_series(connection, WantedFilter())
        assert (series.missing, series.review, count_wanted_series(connection, WantedFilter())) == (2, 1, 1)
        assert sum(state.is_found for state in calendar_states(connection).values()) == confirmed
        assert len({match.wanted_id for match in confirmed_matches(connection)}) == confirmed


@pytest.mark.parametrize("how", list(Hidden))
@pytest.mark.parametrize("order", list(MatchOrder))
def test_as_many_matches_are_counted_as_listed(house, how, order):
    house.hide(how)

    with house.database.connect() as connection:
        for decision in (None, Decision.CONFIRM, Decision.REVIEW):
            for text in (None, "amber"):
                chosen = MatchFilter(decision, text=text)
                assert count_matches(connection, chosen) == len(list_matches(connection, chosen, order=order))
        each = {decision: len(list_matches(connection, MatchFilter(decision), order=order)) for decision in Decision}
        assert count_by_decision(connection) == each
        amber = list_matches(connection, MatchFilter(text="amber"), order=order)
        shown = list_candidates(connection, amber[0].wanted_id)
        assert {row.id for row in amber} == {candidate.match_id for candidate in shown}
        assert len(amber) == (1 if how is Hidden.MANY else 2)


def test_the_items_of_a_removed_instance_count_nowhere(house, clock):
    with house.database.begin() as connection:
        connection.execute(update(instances).where(instances.c.slug == "radarr").values(removed_at=clock()))

    with house.database.connect() as connection:
        assert [row.title for row in list_wanted(connection)] == ["Umber Nights", "Umber Nights"]
        assert count_wanted(connection) == sum(count_by_kind(connection).values()) == 2
        assert count_to_review(connection) == 1
        assert (len(count_found(connection)), confirmed_matches(connection)) == (1, [])
        assert {slug for slug, *_ in calendar_states(connection)} == {"sonarr"}
        assert count_matches(connection, MatchFilter()) == len(list_matches(connection, MatchFilter())) == 1
        radarr = InstanceId(1)
        assert read_open_ids(connection, radarr) == frozenset()
        assert list_unfound(connection, radarr, clock() + timedelta(days=1), 9) == []


def test_the_review_goes_on_behind_the_item_that_is_left_for_later(house):
    with house.database.connect() as connection:
        everything = list_to_review(connection, limit=9)
        assert list_to_review(connection, after=everything[0].id) == everything[1:2]
        assert list_to_review(connection, after=everything[-1].id) == []
        assert list_to_review(connection, after=WantedId(4711)) == everything[:1]


@pytest.mark.parametrize("order", list(WantedOrder))
def test_items_are_walked_by_cursor_in_every_order(house, order):
    with house.database.connect() as connection:
        everything = [row.id for row in list_wanted(connection, order=order)]
        first = list_wanted(connection, order=order, part=Slice(3))
        rest = list_wanted(connection, order=order, part=Slice(9, after=first[-1].id))

    assert [row.id for row in first + rest] == everything


def test_the_catalogue_has_the_same_entries_newest_and_oldest_first(house):
    house.drop_entry(house.second)

    with house.database.connect() as connection:
        for search in (EntrySearch(), EntrySearch(kind="film"), EntrySearch("amber"), EntrySearch(source="spare")):
            oldest = search_entries(connection, search)
            newest = browse_entries(connection, search)
            assert {entry.id for entry in newest} == {entry.id for entry in oldest} != set()
            assert house.second not in {entry.id for entry in oldest}
