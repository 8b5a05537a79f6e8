"""The offset of a list that counts a series through its seasons, or by cours."""

import pytest

from stalkeer.core.matching.offsets import WantedNumber, propose_offsets

SEASONS = [WantedNumber(2, n, 12 + n) for n in range(1, 13)]  # Sonarr has two seasons of twelve
ONE_SEASON = [WantedNumber(1, n, n) for n in range(13, 25)]  # Sonarr has one season of twenty-four


def numbers(season, first, last):
    return {(season, number) for number in range(first, last + 1)}


@pytest.mark.parametrize(
    ("wanted", "listed", "shift"),
    [
        (SEASONS, numbers(1, 1, 24), (1, -12, 1)),
        (ONE_SEASON, numbers(1, 1, 12) | numbers(2, 1, 12), (-1, 12, 2)),
        ([WantedNumber(3, 1, 25)], numbers(1, 1, 25), (2, -24, 1)),
    ],
    ids=["through all seasons", "by cours", "a single episode"],
)
def test_an_offset_is_proposed_for_a_list_that_counts_otherwise(wanted, listed, shift):
    (found,) = propose_offsets(wanted, listed)

    assert (found.season, found.episode, found.only_season) == shift
    assert found.hits == len(wanted) and f"{found.hits} missing" in found.why


@pytest.mark.parametrize(
    ("wanted", "listed"),
    [
        (SEASONS, numbers(1, 1, 12) | numbers(2, 1, 12)),
        (SEASONS, numbers(1, 1, 12)),
        (SEASONS, set()),
        ([WantedNumber(2, 1), WantedNumber(2, 2)], numbers(1, 1, 24)),
        (SEASONS, numbers(1, 13, 13)),
    ],
    ids=["the same numbers", "only what is there", "nothing", "no absolute numbers", "one of many"],
)
def test_no_offset_is_proposed_without_a_reason(wanted, listed):
    assert propose_offsets(wanted, listed) == ()


def test_each_season_of_a_list_by_cours_has_its_own_offset_and_a_tie_is_proposed_with_it():
    wanted = [WantedNumber(1, n, n) for n in range(13, 25)] + [WantedNumber(2, n, 24 + n) for n in range(1, 13)]
    listed = numbers(1, 1, 12) | numbers(2, 1, 12) | numbers(3, 1, 12)

    found = propose_offsets(wanted, listed)

    assert [(one.season, one.episode, one.only_season) for one in found] == [(-1, 12, 2), (-1, 0, 3)]


def test_a_season_that_is_an_episode_longer_on_the_list_is_no_cour():
    wanted = [WantedNumber(2, n, 12 + n) for n in range(1, 13)]

    assert propose_offsets(wanted, numbers(1, 1, 13) | numbers(2, 1, 12)) == ()


def test_a_list_of_many_seasons_is_walked_through_a_few_times_only():
    walks = []

    class Listed(frozenset):
        def __iter__(self):
            walks.append(1)
            return super().__iter__()

    listed = Listed((season, number) for season in range(1, 1500) for number in (1, 2))
    wanted = [WantedNumber(1, number, number) for number in range(1, 3000)]

    assert propose_offsets(wanted, listed)
    assert len(walks) < 10
