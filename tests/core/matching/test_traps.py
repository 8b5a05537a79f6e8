"""Traps of real lists, each settled: what is wanted, what the list says, who else is known, what is to come of it."""

from dataclasses import replace

import pytest

from stalkeer.core.matching.compare import Slips, slips_between
from stalkeer.core.matching.pairs import Matcher
from stalkeer.core.matching.works import EntryFacts
from stalkeer.core.titles import parse_title
from tests.core.matching.cases import CONFIRM, NOTHING, REVIEW, as_item, decide, film, series


@pytest.mark.parametrize(
    ("wanted", "name", "decision"),
    [
        (film("Iron Meadow", 2008), "Iron Meadow 2 (2010)", NOTHING),
        (film("Iron Meadow", 2008), "Iron Meadow II", NOTHING),
        (film("Iron Meadow", 2008), "Iron Meadow Returns (2008)", NOTHING),
        (film("Iron Meadow 2", 2010), "Iron Meadow (2010)", NOTHING),
        (film("Iron Meadow 2", 2010), "Iron Meadow II (2010)", CONFIRM),
        (film("Iron Meadow 2", 2010), "Iron Meadow: 2", CONFIRM),
        (film("Iron Meadow: Reckoning", 2012), "Iron Meadow 3: Reckoning (2012)", NOTHING),
        (film("Iron Meadow: Reckoning", 2012), "Iron Meadow - Reckoning (2012)", CONFIRM),
        (film("Reckoning", 2012), "Iron Meadow: Reckoning (2012)", NOTHING),
        (film("Blue Harbor 2049", 2017), "Blue Harbor 2049", CONFIRM),
        (film("Blue Harbor", 1982), "Blue Harbor 2049", NOTHING),
        (film("Iron Meadow", 2008), "Iron Meadow Trilogy (2008)", NOTHING),
    ],
)
def test_a_sequel_is_another_film(wanted, name, decision):
    assert decide(wanted, name) is decision


@pytest.mark.parametrize(
    ("wanted", "name", "decision"),
    [
        (film("Rockford IV", 1985), "Rockford 4 (1985)", CONFIRM),
        (film("Rockford V", 1990), "Rockford 5", CONFIRM),
        (film("Rockford", 1976), "Rockford V (1976)", NOTHING),
        (film("Henry V", 1989), "Henry IV (1989)", NOTHING),
        (film("Section Eight", 2010), "Section VIII (2010)", CONFIRM),
        (film("The Deep: Part 1", 2010), "The Deep Part I (2010)", CONFIRM),
        (film("The Deep: Part 1", 2010), "The Deep Pt. One", CONFIRM),
        (film("The Deep: Part 1", 2010), "The Deep Part 2 (2010)", NOTHING),
        (film("The Deep: Part 1", 2010), "The Deep (2010)", NOTHING),
        (film("The Deep", 2010), "The Deep Part 1 (2010)", NOTHING),
        (film("The Deep Vol. 2", 2010), "The Deep Volume II (2010)", CONFIRM),
        (film("U-204", 2002), "U-205 (2002)", NOTHING),
        (film("88", 2015), "88 Minutes (2015)", NOTHING),
        (film("2012", 2009), "2012 (2012)", NOTHING),
        (film("2012", 2009), "2012 - 2009", CONFIRM),
    ],
)
def test_numbers_are_the_same_however_they_are_written_and_another_film_where_they_differ(wanted, name, decision):
    assert decide(wanted, name) is decision


@pytest.mark.parametrize(
    ("wanted", "name", "decision"),
    [
        (film("Marlow: The Movie", 2010), "Marlow (2010)", NOTHING),
        (film("Marlow", 2010), "Marlow: The Movie (2010)", NOTHING),
        (film("Marlow: The Movie", 2010), "Marlow The Movie (2010)", CONFIRM),
        (film("Marlow", 2010), "Marlow S01E01", NOTHING),
    ],
)
def test_a_film_of_a_show_is_neither_the_show_nor_another_film(wanted, name, decision):
    assert decide(wanted, name, series("Marlow", 2010)) is decision


@pytest.mark.parametrize("title", ["The Long Shadow", "Copper Lane", "Ember"])
def test_a_year_one_off_is_sure_unless_a_namesake_is_as_near(title):
    wanted = film(title, 2010)

    assert decide(wanted, f"{title} (2011)") is CONFIRM
    assert decide(wanted, f"{title} (2011)", film(title, 1954)) is CONFIRM
    assert decide(wanted, f"{title} (2011)", film(title, 2012)) is REVIEW
    assert decide(wanted, f"{title} (2011)", film(title, 2011)) is NOTHING
    assert decide(wanted, f"{title} (2012)") is NOTHING


@pytest.mark.parametrize(("bare", "full"), [("Pilgrims", "The Pilgrims"), ("Lake", "A Lake"), ("Turm", "Der Turm")])
def test_a_lost_article_is_as_likely_as_a_year_one_off(bare, full):
    wanted = film(bare, 2012)

    assert decide(wanted, f"{full} (2012)") is CONFIRM
    assert decide(wanted, f"{full} (2012)", film(full, 2013)) is REVIEW
    assert decide(film(full, 2013), f"{full} (2012)", film(bare, 2012)) is REVIEW
    assert decide(wanted, f"{bare} (2011)", film(full, 2010)) is REVIEW
    assert decide(wanted, f"{full} (2013)") is REVIEW
    assert decide(wanted, full) is REVIEW


@pytest.mark.parametrize(
    ("wanted", "name"),
    [("Harbor Lights", "Arbor Lights"), ("Max Steele", "Max Steel"), ("Savages of Rome", "Savage of Rome"),
     ("Sea of Browne", "Sea of Brown")],
)  # fmt: skip
def test_a_letter_more_or_less_at_either_end_of_a_word_may_make_another(wanted, name):
    assert decide(film(wanted, 2016), f"{name} (2016)") is REVIEW


def test_a_letter_struck_twice_is_a_slip_wherever_it_stands():
    assert slips_between("Aroundd the Bay in a Boat", "Around the Bay in a Boat") == Slips(1, is_plain=True)


def test_a_film_whose_year_nobody_knows_is_not_sure_by_a_name_with_one():
    assert decide(film("Copper Lane", None), "Copper Lane (2011)") is REVIEW


@pytest.mark.parametrize(
    ("name", "decision"),
    [
        ("FR - Le verger de verre (2015)", CONFIRM),
        ("Le Verger de Verre VOSTFR", CONFIRM),
        ("Szklany Sad (2015) Lektor PL", CONFIRM),
        ("RU: Стеклянный сад / The Glass Orchard (2015)", CONFIRM),
        ("Steklyannyy sad (2015)", CONFIRM),
        ("AR: حديقة الزجاج 2015", CONFIRM),
        ("Cam Bahçe (The Glass Orchard) 2015 TR Dublaj", CONFIRM),
        ("CAM - The Glass Orchard (2015)", CONFIRM),
        ("Le jardin de verre (2015)", NOTHING),
    ],
)
def test_localised_titles_count_where_they_are_known(name, decision):
    titles = ("Le Verger de verre", "Szklany sad", "Стеклянный сад", "حديقة الزجاج", "Cam Bahçe")

    assert decide(film("The Glass Orchard", 2015, *titles), name) is decision


GHOSTLY = "Ghostly Manor"


@pytest.mark.parametrize(
    "name", ["{} (US) S01E01", "{} [US] S01E01", "EN - {} (US) S01 E01", "{} (AU) S01E01", "{} US S01E01"]
)
@pytest.mark.parametrize("title", [GHOSTLY, "The Desk", "Shamefaced"])
def test_a_country_that_no_title_of_a_show_says_is_not_sure(title, name):
    assert decide(series(title, 2019), name.format(title)) is REVIEW


def test_a_strange_country_is_sure_once_something_else_settles_it():
    assert decide(series(GHOSTLY, 2019), f"{GHOSTLY} (2019) (GB) S01E01") is CONFIRM
    assert decide(series(GHOSTLY, 2019), f"{GHOSTLY} (UK) S01E01", series(f"{GHOSTLY} (US)", 2021)) is CONFIRM
    assert decide(series(GHOSTLY, 2019, f"{GHOSTLY} (UK)"), f"{GHOSTLY} (UK) S01E01") is CONFIRM
    assert decide(series(GHOSTLY, 2019, countries=("US",)), f"{GHOSTLY} (US) S01E01") is CONFIRM
    assert decide(series(GHOSTLY, 2019, countries=("GB",)), f"{GHOSTLY} (US) S01E01") is REVIEW
    assert decide(series(GHOSTLY, 2019, f"{GHOSTLY} (UK)"), f"{GHOSTLY} (US) S01E01") is NOTHING
    assert decide(film(GHOSTLY, 2019), f"{GHOSTLY} (2019) (US)") is CONFIRM  # films are told apart by their year


@pytest.mark.parametrize("prefix", ["4K-NF", "D+", "PCOCK"])
def test_lists_that_mark_where_every_show_comes_from_are_sure_where_nobody_else_bears_the_title(prefix):
    name = f"{prefix} - {GHOSTLY} (US) - S01E01"

    assert decide(series(GHOSTLY, 2019), name) is CONFIRM
    assert decide(series(GHOSTLY, 2019, known=False), name) is REVIEW
    assert decide(series(GHOSTLY, 2019), name, series(f"{GHOSTLY} (US)", 2021)) is NOTHING


def test_a_show_that_is_told_apart_by_its_country_is_not_sure_by_a_name_without_one():
    assert decide(series(f"{GHOSTLY} (US)", 2021), f"{GHOSTLY} S01E01") is REVIEW
    assert decide(series(f"{GHOSTLY} (US)", 2021), f"{GHOSTLY} (2021) S01E01") is CONFIRM


@pytest.mark.parametrize(
    "name",
    ["Marlow S00E01", "Marlow Special E01", "Marlow Christmas Special S01E01", "Marlow - Behind the Scenes S01E01",
     "Marlow: Origins S01E01", "Marlow Kids S01E01", "Marlow S01E11", "Marlow S11E01"],
)  # fmt: skip
def test_specials_and_offshoots_are_not_the_show(name):
    assert decide(series("Marlow"), name) is NOTHING


@pytest.mark.parametrize(
    ("name", "decision"),
    [
        ("Wandering Blade - 65", CONFIRM),
        ("Wandering Blade Episode 65", CONFIRM),
        ("Wandering Blade S03E05", CONFIRM),
        ("Wandering Blade 3x05", CONFIRM),
        ("Wandering Blade S01E65", REVIEW),  # a list that counts through all seasons, or another show
        ("Wandering Blade S03E65", NOTHING),
        ("Wandering Blade - 05", NOTHING),
        ("Wandering Blade: Brotherhood - 65", NOTHING),
    ],
)
def test_an_anime_is_matched_by_its_absolute_and_by_its_season_number(name, decision):
    wanted = as_item(series("Wandering Blade", 1999, series_type="anime"), season=3, episode=5, absolute=65)

    assert decide(wanted, name) is decision


@pytest.mark.parametrize(
    "name", ["Marlow S01E01-E02", "Marlow S01E01E02", "Marlow S01E01-02", "Marlow 1x01-1x02", "Marlow S01E01 & E02"]
)
def test_a_double_episode_is_both(name):
    assert decide(as_item(series("Marlow"), episode=1), name) is CONFIRM
    assert decide(as_item(series("Marlow"), episode=2), name) is CONFIRM
    assert decide(as_item(series("Marlow"), episode=3), name) is NOTHING


@pytest.mark.parametrize(
    ("name", "decision"),
    [("Evening with Dora 2025-03-04", CONFIRM), ("Evening with Dora 04.03.2025", CONFIRM),
     ("Evening with Dora 04/03/2025", REVIEW), ("Evening with Dora 2025-03-05", NOTHING)],
)  # fmt: skip
def test_a_date_that_reads_otherwise_in_america_is_not_sure(name, decision):
    wanted = as_item(series("Evening with Dora", series_type="daily"), season=2025, episode=20, air_date="2025-03-04")

    assert decide(wanted, name) is decision


@pytest.mark.parametrize(
    ("minutes", "name", "decision"),
    [
        (43, "Marlow S01E01", CONFIRM),
        (62, "Marlow S01E01", CONFIRM),
        (8, "Marlow S01E01", REVIEW),
        (88, "Marlow S01E01", REVIEW),
        (88, "Marlow S01E01-E02", CONFIRM),
        (43, "Marlow S01E01-E03", REVIEW),
    ],
)
def test_the_runtime_of_an_episode_counts_as_that_of_a_film(minutes, name, decision):
    wanted = as_item(series("Marlow"), runtime_min=45)

    assert decide(wanted, name, duration_s=minutes * 60) is decision


def test_a_first_episode_may_be_twice_as_long_as_its_series_usually_are():
    wanted = as_item(series("Marlow", runtime_min=45))

    assert decide(wanted, "Marlow S01E01", duration_s=88 * 60) is CONFIRM
    assert decide(wanted, "Marlow S01E01", duration_s=130 * 60) is REVIEW


@pytest.mark.parametrize(
    ("wanted", "name", "decision"),
    [
        (series("Night Ferry (US)", 2012), "Night Ferry US S01E01", CONFIRM),
        (series("Night Ferry", 2012), "Night Ferry US S01E01", REVIEW),
        (series("Night Ferry UK", 2012), "Night.Ferry.UK.S01E01.720p", CONFIRM),
        (series("Night Ferry (UK)", 2012), "Night.Ferry.US.S01E01.720p", NOTHING),
        (series("The Rest of Us", 2012), "The Rest of US S01E01", CONFIRM),
    ],
)
def test_a_country_behind_a_shows_title_counts_as_one_in_brackets_does(wanted, name, decision):
    assert decide(wanted, name) is decision


@pytest.mark.parametrize("name", ["Night.Ferry.S02.1080p.BluRay-GRP", "Night Ferry - The Complete Season 2 [HDTV]"])
def test_a_whole_season_is_no_film_of_its_title(name):
    entry = EntryFacts(1, name, "other", parse_title(name))

    assert not list(Matcher([as_item(film("Night Ferry", 2012))]).consider(entry))


@pytest.mark.parametrize("name", ["MAX: Steele", "MAX - Steele", "SKY: Garden", "PRIME: Cut", "TOP - Gear Girl"])
def test_a_shouted_word_may_be_a_platform_or_the_titles_and_only_a_year_tells(name):
    title = name.replace(":", "").replace(" -", "").title()

    assert decide(film(title, 2016), name) is REVIEW
    assert decide(film(title, 2016), f"{name} (2016)") is CONFIRM


@pytest.mark.parametrize(
    ("one", "other"), [("An Orchard", "The Orchard"), ("Le Lac", "La Lac"), ("Der Turm", "Ein Turm")]
)
def test_another_article_is_another_title_until_an_id_says_otherwise(one, other):
    wanted = film(one, 2010, tmdb_id=7)

    assert decide(wanted, f"{other} (2010)") is REVIEW
    assert decide(wanted, f"{other} (2010)", tmdb_id=7) is CONFIRM
    assert decide(wanted, f"{other} (2010)", film(other, 2010)) is NOTHING


@pytest.mark.parametrize("title", ["Wonder Harbour", "Copper Summer", "The Class"])
def test_a_bare_year_that_may_end_a_title_is_not_decided_where_films_of_both_kinds_exist(title):
    plain, numbered = film(title, 1984), film(f"{title} 1984", 2020)

    assert decide(plain, f"{title} 1984", numbered) is REVIEW
    assert decide(numbered, f"{title} 1984", plain) is REVIEW
    assert decide(plain, f"{title} (1984)", numbered) is CONFIRM
    assert decide(numbered, f"{title} 1984 (2020)", plain) is CONFIRM
    assert decide(numbered, f"{title} (1984)", plain) is NOTHING


@pytest.mark.parametrize("word", ["German", "French", "Polish"])
def test_a_language_before_the_year_of_a_release_may_end_its_title(word):
    plain, named = film("The Good", 2006), film(f"The Good {word}", 2006)
    name = f"The.Good.{word}.2006.1080p.BluRay.x264-GRP"

    assert decide(plain, name) is CONFIRM
    assert decide(named, name) is CONFIRM
    assert decide(plain, name, named) is REVIEW
    assert decide(named, name, plain) is REVIEW


@pytest.mark.parametrize(
    ("wanted", "name", "rivals", "decision"),
    [
        (film("Blue Door", 1984), "Blue Door (2019)", [film("Blue Door", 2019)], NOTHING),
        (film("Blue Door", 1984), "Blue Door", [film("Blue Door", 2019)], REVIEW),
        (film("Blue Door", 2019, number=1), "Blue Door (2019)", [film("Blue Door", 2019, number=2)], REVIEW),
        (film("Blue Door", 1984, known=False), "Blue Door", [], REVIEW),
        (film("Blue Door", 1984, known=False), "Blue Door (1985)", [], REVIEW),
        (film("The Island", 2005), "The Island (2006)", [film("The Island", 2006)], NOTHING),
        (film("The Island", 2005), "The Island (2006)", [film("The Island", 2007)], REVIEW),
        (film("The Glass Lake", 2010, "Le Lac"), "FR - Le Lac (2010)", [film("Le Lac", 2010)], REVIEW),
        (film("The Glass Lake", 2010, "Le Lac"), "FR - Le Lac", [film("Le Lac", 1999)], REVIEW),
        (film("Thousand Lakes", 2010, "千の湖"), "千の湖 / Thousand Lakes (2010)", [], CONFIRM),
        (film("Ghostly Manor", 2015), "Ghostly Manor (AU)", [], REVIEW),
        (film("Ghostly Manor", 2015), "Ghostly Manor (AU) (2015)", [], CONFIRM),
        (film("Silent Shore", 2012), "Silent Shore aka Stille Kyst", [], CONFIRM),
        (film("Other Shore", 2012), "Silent Shore (Other Shore) (2012)", [film("Silent Shore", 2012)], NOTHING),
        (film("Silent Shore", 2012), "[Group] Silent Shore (2012) [BD 1080p][1A2B3C4D].mkv", [], CONFIRM),
        (film("Silent Shore", 2012), "/films/Silent Shore (2012)/ss.mkv", [], CONFIRM),
        (film("Class of 1999", 1990), "Class of 1999", [film("Class", 1999)], CONFIRM),
        (film("Class", 1999), "Class of 1999", [], NOTHING),
        (film("Dawn: Extended", 2006), "Dawn: Extended (2006)", [], CONFIRM),
        (film("Dawn", 2006), "Dawn 2 Dusk (2006)", [], NOTHING),
        (film("Ocean Six", 2001), "Ocean 60 (2001)", [], NOTHING),
        (film("Red Lantern 2", 2012), "Red Lantern 2 & 3 (2012)", [], NOTHING),
    ],
)
def test_films_that_are_nearly_others(wanted, name, rivals, decision):
    assert decide(wanted, name, *rivals) is decision


ANIME = series("Harbour Watch", 2005, series_type="anime")
TALK = series("Evening Talk", 2005, series_type="daily")


@pytest.mark.parametrize(
    ("wanted", "name", "rivals", "decision"),
    [
        (series("Harbour Watch (US)", 2010), "Harbour Watch S01E01", [series("Harbour Watch (UK)", 2005)], REVIEW),
        (series("Harbour Watch", 2005), "Harbour Watch S01E01", [series("Harbour Watch", 2020)], REVIEW),
        (series("Harbour Watch", 2005), "Harbour Watch (2020) S01E01", [series("Harbour Watch", 2020)], NOTHING),
        (series("Harbour Watch", 2005), "Harbour Watch: Night Shift S01E01", [], NOTHING),
        (series("Harbour Watch", 2005), "Harbour Watch Specials S00E01", [], NOTHING),
        (as_item(series("Harbour Watch", 2005), season=0), "Harbour Watch S00E01", [], REVIEW),
        (series("Harbour Watch", 2005), "Harbour Watch - Episode 1", [], REVIEW),
        (as_item(ANIME, episode=5, absolute=5), "[Group] Harbour Watch - 05 [1080p].mkv", [], CONFIRM),
        (as_item(ANIME, season=2, episode=5, absolute=17), "[Group] Harbour Watch S2 - 05 [1080p].mkv", [], CONFIRM),
        (as_item(ANIME, season=2, episode=5, absolute=17), "Harbour Watch - 18", [], NOTHING),
        (
            as_item(series("Harbour Watch", 2005), episode=5, absolute=5),
            "[Group] Harbour Watch - 05 [1080p]",
            [],
            REVIEW,
        ),
        (as_item(TALK, season=2010, air_date="2010-05-12"), "Evening Talk 2010-05-12", [], CONFIRM),
        (as_item(TALK, season=2010, air_date="2010-05-12"), "Evening Talk 12/05/2010", [], REVIEW),
        (as_item(TALK, season=2010, air_date="2010-05-12"), "Evening Talk 2010-05-13", [], NOTHING),
    ],
)
def test_episodes_that_are_nearly_others(wanted, name, rivals, decision):
    assert decide(wanted, name, *rivals) is decision


def test_two_episodes_of_one_date_are_rivals_for_one_entry():
    show = series("Evening Desk", 2015)
    twins = [as_item(show, season=3, episode=n, air_date="2019-05-02") for n in (7, 8)]
    twins[1] = replace(twins[1], id=2)
    entry = EntryFacts(1, "Evening Desk 2019-05-02", "episode", parse_title("Evening Desk 2019-05-02", "episode"))

    assert {pair.decision for pair in Matcher(twins).consider(entry)} == {REVIEW}
    assert [pair.decision for pair in Matcher(twins[:1]).consider(entry)] == [CONFIRM]


def test_one_episode_that_two_instances_want_is_no_rival_of_itself():
    show = series("Evening Desk", 2015)
    twins = [replace(as_item(show, season=3, episode=7, air_date="2019-05-02"), id=n) for n in (1, 2)]
    entry = EntryFacts(1, "Evening Desk 2019-05-02", "episode", parse_title("Evening Desk 2019-05-02", "episode"))

    assert [pair.decision for pair in Matcher(twins).consider(entry)] == [CONFIRM, CONFIRM]


@pytest.mark.parametrize("name", ["Iron Bay - Season 2 S01E01", "Iron Bay Staffel 3 S01E01", "Iron Bay S02 - S01E01"])
def test_a_series_that_is_named_with_another_season_than_its_episode_is_for_review(name):
    assert decide(series("Iron Bay", 2015), name) is REVIEW


def test_numbers_that_the_account_disputes_are_for_review_unless_the_title_states_them():
    show = series("Iron Bay", 2015)

    assert decide(show, "Iron Bay S01E01", dispute="the account says S02E01, the name S01E01") is REVIEW
    assert decide(show, "Iron Bay S01E01", is_outvoted=True) is CONFIRM


@pytest.mark.parametrize(
    ("wanted", "name", "reason"),
    [
        (film("Copper Quay", 2011), "Copper Quay (2011) Part Two", "part two"),
        (film("Copper Quay", 2011), "Copper Quay (2011) Zwiastun PL", "zwiastun"),
        (film("Copper Quay", 2011), "FALCON: Copper Quay (2011)", "FALCON"),
        (film("Copper Quay", 2011), "Copper Quay (2011) Odcinek 4", "odcinek 4"),
        (film("Copper Quay", 2011), "Copper Quay (2011) Anastasia", "Anastasia"),
    ],
)
def test_the_reason_names_the_part_that_nobody_explains(wanted, name, reason):
    entry = EntryFacts(1, name, "film", parse_title(name, "film"))

    assert reason in next(Matcher([as_item(wanted)]).consider(entry)).reason
