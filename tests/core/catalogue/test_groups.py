"""Groups by language, and the filters that leave some of them out and none of the others."""

from __future__ import annotations

import pytest

from stalkeer.core.catalogue.filters import LONGEST_PATTERN, Field, Filter, FilterSet, Mode
from stalkeer.core.catalogue.groups import ADULT_GROUPS, UNTOLD, Group, filters_for, group_by_language, guess_language
from stalkeer.model import Entry


@pytest.mark.parametrize(
    ("group", "language"),
    [
        ("|FR| Films", "fr"),
        ("FR| Films", "fr"),
        ("SRS | FR - LATEST", "fr"),
        ("|EN| Series", "en"),
        ("UK Movies & Series", "en"),
        ("AR(\N{REGIONAL INDICATOR SYMBOL LETTER K}\N{REGIONAL INDICATOR SYMBOL LETTER W})❖", "ar"),
        ("\N{REGIONAL INDICATOR SYMBOL LETTER D}\N{REGIONAL INDICATOR SYMBOL LETTER E} Kino", "de"),
        ("Brazil ➾ Movie", "pt"),
        ("SERIES ENGLISH", "en"),
        ("أفلام", "ar"),
        ("Общее", "ru"),
    ],
)
def test_the_name_of_a_group_gives_its_language(group: str, language: str):
    guess = guess_language(group)

    assert guess is not None and guess.language == language


@pytest.mark.parametrize("group", ["", "Movies", "It Follows", "IL MIO AMICO", "Mr. Robot", "Doctor Who", "ARAÇ"])
def test_a_name_that_tells_no_language_is_not_guessed_at(group: str):
    assert guess_language(group) is None


def test_the_largest_language_is_first_and_adult_groups_are_last():
    languages = group_by_language(
        [Group("EN| Films", 5), Group("XXX", 90), Group("FR| Films", 7), Group("Movies", 50), Group("FR| Séries", 2)]
    )

    assert [(found.language, found.size) for found in languages] == [
        ("fr", 9),
        ("en", 5),
        (UNTOLD, 50),
        (ADULT_GROUPS, 90),
    ]


def left_out(offered: list[str], kept: set[str]) -> set[str]:
    chosen = FilterSet(filters_for(offered, kept), keep_adult=True)
    nothing = Entry(key="", kind="", name="", url="")
    return {name for name in [*offered, *LATER] if chosen.left_out(nothing._replace(group=name)) is not None}


LATER = ["DE| Neu 2027", "EN| New 2027", "Fresh"]


def test_a_language_that_is_not_kept_stays_away_with_its_later_groups():
    offered = ["DE| Filme", "|DE| Serien", "German classics", "EN| Films", "Movies"]

    assert left_out(offered, {"EN| Films", "Movies"}) == {*offered[:3], "DE| Neu 2027"}


def test_single_groups_go_alone_where_others_of_their_language_stay():
    offered = ["DE| Filme", "DE| Serien (alt)", "DE| Serien"]

    assert left_out(offered, {"DE| Filme", "DE| Serien"}) == {"DE| Serien (alt)"}


def test_a_sign_that_would_take_a_kept_group_along_is_not_used():
    offered = ["German classics", "FR| German films"]

    assert left_out(offered, {"FR| German films"}) == {"German classics"}


def test_hundreds_of_groups_become_few_expressions_of_a_length_that_is_allowed():
    offered = [f"Some group with a long name, number {n}" for n in range(400)]

    filters = filters_for(offered, set(offered[:100]))

    assert len(filters) < 60
    assert max(len(one.pattern) for one in filters) <= LONGEST_PATTERN
    assert left_out(offered, set(offered[:100])) == set(offered[100:])


def test_adult_groups_are_no_matter_of_filters():
    assert filters_for(["XXX", "EN| Films"], {"EN| Films"}) == []


def test_nothing_is_filtered_where_everything_is_kept():
    assert filters_for(["EN| Films", "DE| Filme"], {"EN| Films", "DE| Filme"}) == []


def kept_by(*filters: Filter, adult: bool = False) -> list[str]:
    chosen = FilterSet(filters, keep_adult=adult)
    groups = ["Films", "Films;Action", "Action;Films", "Action", "Action;XXX", "Films;Action;News"]
    nothing = Entry(key="", kind="", name="", url="")
    return [group for group in groups if chosen.left_out(nothing._replace(group=group)) is None]


# m3ue/m3u-tv #257: an item carries several categories
def test_an_entry_stays_for_any_of_its_categories():
    include = Filter(Field.GROUP, Mode.INCLUDE, "^action$")
    exclude = Filter(Field.GROUP, Mode.EXCLUDE, "^films$")

    assert kept_by(include) == ["Films;Action", "Action;Films", "Action", "Films;Action;News"]
    assert kept_by(exclude) == ["Films;Action", "Action;Films", "Action", "Films;Action;News"]
    assert kept_by(include, Filter(Field.GROUP, Mode.EXCLUDE, "news")) == kept_by(include)


def test_an_adult_category_leaves_an_entry_out_whatever_others_it_has():
    assert "Action;XXX" not in kept_by()
    assert "Action;XXX" in kept_by(adult=True)


def test_a_filter_may_be_about_a_combination_of_categories():
    assert kept_by(Filter(Field.GROUP, Mode.EXCLUDE, "^Films;Action$")) == [
        "Films", "Action;Films", "Action", "Films;Action;News",
    ]  # fmt: skip
    assert kept_by(Filter(Field.GROUP, Mode.INCLUDE, "^Films;Action$")) == ["Films;Action"]
