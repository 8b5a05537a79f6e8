"""The traps that make a matcher send the wrong film home, each decided by the reason it should be decided by."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stalkeer.core.matching.decide import Thresholds
from stalkeer.core.matching.pairs import Matcher
from stalkeer.core.matching.works import EntryFacts, WantedItem
from stalkeer.core.titles import parse_title
from tests.core.matching.cases import CONFIRM, NOTHING, REVIEW, as_item, decide, film, series


@pytest.mark.parametrize(
    ("name", "decision"),
    [
        ("The Harvest (2013)", CONFIRM),
        ("FR - The Harvest - 2013", CONFIRM),
        ("Harvest (2013)", CONFIRM),  # the year settles the article
        ("The Harvest (2014)", CONFIRM),  # dates of cinema and catalogue differ by one in 7 of 100 names
        ("The Harvest", CONFIRM),  # nobody else bears it
        ("Harvest", REVIEW),
        ("The Harvest (2016)", NOTHING),
        ("The Harvests (2013)", REVIEW),  # a plural is another title more often than a slip
        ("The Harvest 2 (2013)", NOTHING),
        ("The Harvest: Reborn (2013)", NOTHING),
        ("The Harvest (2013) Trailer", NOTHING),
        ("The Harvest S01E01", NOTHING),
    ],
)
def test_a_film_among_names_that_are_almost_its_own(name, decision):
    assert decide(film("The Harvest", 2013), name) is decision


@pytest.mark.parametrize("title", ["Night Ferry", "Copper Sky", "Ember"])
def test_a_shared_title_without_a_year_is_never_sure(title):
    old, new = film(title, 1962), film(title, 2011)

    assert decide(new, title, old) is REVIEW
    assert decide(new, f"{title} (2011)", old) is CONFIRM
    assert decide(new, f"{title} (1962)", old) is NOTHING
    assert decide(new, f"{title} (1963)", old) is NOTHING


@pytest.mark.parametrize("title", ["Night Ferry", "Copper Sky", "Ember"])
def test_a_remake_of_the_same_year_is_never_sure(title):
    assert decide(film(title, 2011), f"{title} (2011)", film(title, 2011, number=2)) is REVIEW


@pytest.mark.parametrize(
    ("wanted", "owned"), [("The Savage", "Savage"), ("A Bridge", "The Bridge"), ("Les Ombres", "Ombres")]
)
def test_an_owned_film_that_differs_by_its_article_keeps_what_is_its_own(wanted, owned):
    assert decide(film(wanted, 2007), f"{owned} (2012)", film(owned, 2012)) is NOTHING
    assert decide(film(wanted, 2007), owned, film(owned, 2012)) is NOTHING
    assert decide(film(wanted, 2007), f"{wanted} (2007)", film(owned, 2012)) is CONFIRM


def test_a_title_that_nobody_has_been_asked_about_stays_for_review_without_a_year():
    assert decide(film("Nightfall Road", 2020, known=False), "Nightfall Road") is REVIEW
    assert decide(film("Nightfall Road", 2020, known=False), "Nightfall Road (2020)") is CONFIRM


@pytest.mark.parametrize(
    ("wanted", "name"),
    [("The Crimson Orchard", "The Crimson Orchrad (2010)"), ("Bridge of Marigolds", "Bridge of Marigols (2010)"),
     ("Winter Witness", "Winter Wittness (2010)")],
)  # fmt: skip
def test_a_slip_of_a_letter_is_sure_with_the_year_and_for_review_without(wanted, name):
    assert decide(film(wanted, 2010), name) is CONFIRM
    assert decide(film(wanted, 2010), name.removesuffix(" (2010)")) is REVIEW


@pytest.mark.parametrize(
    ("wanted", "name"),
    [("The Last Hunt", "The Last Hurt (2010)"), ("Brothers", "Brother (2010)"),
     ("Sea of Love", "Sea of Dove (2010)"), ("Toy War 2", "Toy War 3 (2010)"),
     ("Night at Home", "Night in Home (2010)")],
)  # fmt: skip
def test_a_letter_that_makes_another_word_is_no_slip(wanted, name):
    assert decide(film(wanted, 2010), name) is not CONFIRM


@pytest.mark.parametrize(
    ("wanted", "name"),
    [("It Chapter Two", "IT: Chapter Two (2010)"), ("Us", "US - 2010"), ("Max", "|EN| Max (2010)"),
     ("Wonder Story 1984", "Wonder Story 1984 (2010)"), ("Part Two", "Part II (2010)"), ("1984", "1984 (2010)"),
     ("Ocean's Eleven", "Oceans 11 (2010)")],
)  # fmt: skip
def test_tag_words_and_numbers_in_titles(wanted, name):
    assert decide(film(wanted, 2010), name) is CONFIRM


def test_a_localised_title_is_found_by_its_alternate():
    assert decide(film("Spirited Garden", 2001, "Jardín Encantado"), "ES - Jardín encantado (2001)") is CONFIRM
    assert decide(film("Spirited Garden", 2001), "ES - Jardín encantado (2001)") is NOTHING


def test_a_tmdb_id_speaks_for_a_film_and_another_against_it():
    wanted = film("Garden", 2001, tmdb_id=7)

    assert decide(wanted, "Tuin (2001)", tmdb_id=7) is CONFIRM
    assert decide(wanted, "Tuin", tmdb_id=7) is REVIEW  # accounts mislabel: title or year must agree
    assert decide(wanted, "Garden", tmdb_id=7) is CONFIRM
    assert decide(wanted, "Garden (2001)", tmdb_id=8) is NOTHING


def test_a_poster_speaks_for_a_film_and_its_absence_means_nothing():
    wanted = film("Garden", 2001, poster="abcdefghijklmnop.jpg", known=False)

    assert decide(wanted, "Garden", poster="abcdefghijklmnop.jpg") is CONFIRM
    assert decide(wanted, "Garden", poster="anotherposterfile.jpg") is REVIEW
    assert decide(wanted, "Tuin", poster="abcdefghijklmnop.jpg") is REVIEW


def test_a_runtime_that_is_far_off_stops_a_sure_match():
    wanted = film("Garden", 2001, runtime_min=120)

    assert decide(wanted, "Garden (2001)", duration_s=119 * 60) is CONFIRM
    assert decide(wanted, "Garden (2001)", duration_s=25 * 60) is REVIEW


def test_countries_tell_shows_of_one_title_apart():
    uk, us = series("Shamefaced", 2004), series("Shamefaced (US)", 2011)

    assert decide(us, "Shamefaced (US) S01E01", uk) is CONFIRM
    assert decide(us, "Shamefaced US S01E01", uk) is CONFIRM
    assert decide(uk, "Shamefaced (US) S01E01", us) is NOTHING
    assert decide(uk, "Shamefaced (UK) S01E01", us) is CONFIRM
    assert decide(us, "Shamefaced (UK) S01E01", uk) is NOTHING
    assert decide(us, "Shamefaced S01E01", uk) is REVIEW
    assert decide(uk, "Shamefaced (2004) S01E01", us) is CONFIRM
    assert decide(us, "US - Shamefaced S01E01", uk) is REVIEW  # the line-up's country, not the show's


def test_a_year_in_a_title_of_sonarr_tells_apart_too():
    old, new = series("Ghostly (2019)", 2019), series("Ghostly (2021)", 2021)

    assert decide(new, "Ghostly (2021) S01E01", old) is CONFIRM
    assert decide(new, "Ghostly S01E01", old) is REVIEW


def test_season_and_episode_decide_the_item():
    show = as_item(series("Long Road"), season=2, episode=5)

    assert decide(show, "Long Road S02E05") is CONFIRM
    assert decide(show, "Long Road S02E04-E05") is CONFIRM
    assert decide(show, "Long Road S05E02") is NOTHING
    assert decide(show, "Long Road") is NOTHING
    assert decide(show, "Long Road 205") is NOTHING


def test_specials_are_for_review():
    assert decide(as_item(series("Long Road"), season=0, episode=3), "Long Road S00E03") is REVIEW


def test_absolute_numbers_are_sure_for_anime_only():
    numbers = {"season": 20, "episode": 180, "absolute": 1071}

    assert decide(as_item(series("Long Voyage", series_type="anime"), **numbers), "Long Voyage - 1071") is CONFIRM
    assert decide(as_item(series("Long Voyage", series_type="standard"), **numbers), "Long Voyage - 1071") is REVIEW


def test_scene_numbers_are_for_review():
    item = as_item(series("Long Voyage"), season=2, episode=1, scene_season=1, scene_episode=13)

    assert decide(item, "Long Voyage S01E13") is REVIEW
    assert decide(item, "Long Voyage S02E01") is REVIEW


def test_a_daily_show_goes_by_its_date():
    item = as_item(series("Evening Talk", series_type="daily"), season=2024, episode=50, air_date="2024-03-15")

    assert decide(item, "Evening Talk 2024.03.15") is CONFIRM
    assert decide(item, "Evening Talk 2024.03.16") is NOTHING


def test_an_episode_that_does_not_say_which_is_never_a_film():
    assert decide(film("Long Road", 2020), "Long Road (2020)", kind="episode") is NOTHING


def test_one_film_on_two_accounts_is_sure_twice():
    wanted = film("Garden", 2001)
    entries = [EntryFacts(n, "Garden (2001)", "film", parse_title("Garden (2001)", "film"), key=str(n)) for n in (1, 2)]

    assert [p.decision for e in entries for p in Matcher([WantedItem(1, wanted)]).match(e)] == [CONFIRM, CONFIRM]


def test_thresholds_move_decisions_but_not_scores():
    entry = EntryFacts(1, "RO Garden (2001)", "film", parse_title("RO Garden (2001)", "film"))
    item = WantedItem(1, film("Garden", 2001))

    [strict] = Matcher([item], thresholds=Thresholds(confirm=1.0)).match(entry)
    [usual] = Matcher([item]).match(entry)

    assert (strict.decision, usual.decision) == (REVIEW, CONFIRM)
    assert strict.score == usual.score


NAMES = [
    "Ember",
    "Ember (2011)",
    "FR - The Ember - 1962",
    "Copper Sky (2001)",
    "Copper Skye (2001)",
    "Night Ferry",
    "Nite Ferry",
]
WORKS = [
    film("Ember", 2011),
    film("Ember", 1962),
    film("Copper Sky", 2001),
    film("Night Ferry", 1980),
    film("The Ember", 1999),
]


def outcome(works, names):
    matcher = Matcher([WantedItem(n, work) for n, work in enumerate(works)])
    entries = [EntryFacts(n, name, "film", parse_title(name, "film")) for n, name in enumerate(names)]
    pairs = (pair for entry in entries for pair in matcher.match(entry))
    return {(pair.wanted.work.identity, pair.entry.name): (pair.decision, pair.score) for pair in pairs}


@given(st.permutations(NAMES), st.permutations(WORKS))
@settings(max_examples=50, deadline=None)
def test_the_order_of_entries_and_of_wanted_items_changes_nothing(names, works):
    assert outcome(works, names) == outcome(WORKS, NAMES)


@given(st.text(max_size=30), st.integers(1950, 2020))
@settings(max_examples=100, deadline=None)
def test_an_unrelated_entry_or_work_changes_no_decision(text, year):
    stranger = film(f"zzqx {text} unrelated", year)
    more = outcome([*WORKS, stranger], [*NAMES, f"qqzz {text} ({year})"])

    assert {place: found for place, found in more.items() if place[1] in NAMES} == outcome(WORKS, NAMES)


def test_a_film_in_two_instances_is_no_rival_of_itself():
    one = film("Garden", 2001)
    matcher = Matcher([WantedItem(1, one), WantedItem(2, replace(one))])
    entry = EntryFacts(1, "Garden (2001)", "film", parse_title("Garden (2001)", "film"))

    assert {pair.wanted.id: pair.decision for pair in matcher.match(entry)} == {1: CONFIRM, 2: CONFIRM}
