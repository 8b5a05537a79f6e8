"""Titles in two scripts, ids in names, prefixes that a list explains, and names that say two titles."""

import pytest

from stalkeer.core.matching.lookup import WorkTitles, WorldTitle, with_titles
from stalkeer.core.matching.pairs import Matcher
from stalkeer.core.matching.works import EntryFacts
from stalkeer.core.titles import parse_title
from stalkeer.core.titles.habits import learn_habits
from tests.core.matching.cases import CONFIRM, NOTHING, REVIEW, as_item, decide, film, series


@pytest.mark.parametrize(
    ("name", "decision"),
    [
        ("Dunkirk (2017) Дюнкерк", CONFIRM),
        ("Dunkirk (2017) دنكيرك", CONFIRM),
        ("Дюнкерк / Dunkirk (2017) [4K]", CONFIRM),
        ("Dunkirk (2017) Песок", REVIEW),
        ("Dunkirk (2017) الجزيرة", REVIEW),
        ("Возвращение - Dunkirk (2017)", REVIEW),
    ],
)
def test_a_word_in_another_script_proves_itself_by_its_sound(name, decision):
    assert decide(film("Dunkirk", 2017), name) is decision


def test_a_title_in_another_script_is_explained_where_it_is_the_items_own():
    known, unknown = film("The Ferry", 2017, "Паром"), film("The Ferry", 2017)

    assert decide(known, "The Ferry (2017) Паром") is CONFIRM
    assert decide(unknown, "The Ferry (2017) Паром") is REVIEW


def test_a_transliteration_alone_is_for_review_and_a_year_settles_it():
    ostrov = film("Ostrov", 2006)

    assert decide(ostrov, "Остров") is REVIEW
    assert decide(ostrov, "Ostrov") is CONFIRM
    assert decide(ostrov, "Остров (2006)") is CONFIRM


def test_a_title_that_is_known_in_both_scripts_is_compared_as_each_is_written():
    assert decide(film("Ostrov", 2006, "Остров"), "Остров") is CONFIRM


def test_works_that_differ_in_script_alone_are_rivals():
    latin, cyrillic = film("Ostrov", 2006), film("Остров", 1988)

    assert decide(latin, "Ostrov", cyrillic) is REVIEW
    assert decide(cyrillic, "Остров", latin) is REVIEW


@pytest.mark.parametrize("style", ["{t} (2010) tmdb-27205", "{t} 2010 {{imdb-tt1375666}}", "{t} (2010) tt1375666"])
def test_an_id_in_a_name_is_evidence_and_explained(style):
    own = film("Some Dream", 2010, tmdb_id=27205, imdb_id="tt1375666")
    other = film("Some Dream", 2010, tmdb_id=27206, imdb_id="tt1375667")
    name = style.format(t="Some Dream")

    assert decide(own, name) is CONFIRM
    assert decide(other, name) is NOTHING


@pytest.mark.parametrize("name", ["Un Rêve (2010) tmdb-27205", "Un Rêve (2010) tt1375666"])
def test_an_id_in_a_name_finds_a_film_of_another_title_and_needs_its_year(name):
    own = film("Some Dream", 2010, tmdb_id=27205, imdb_id="tt1375666")

    assert decide(own, name) is CONFIRM
    assert decide(own, name.replace(" (2010)", "")) is REVIEW


@pytest.mark.parametrize(
    ("name", "decision"),
    [
        ("Pociąg nocny - Night Train (1959)", CONFIRM),
        ("FR - Night Train - Pociąg nocny (1959)", CONFIRM),
        ("Kobieta - Night Train (1959)", NOTHING),
    ],
)
def test_foreign_and_original_title_around_a_dash_are_one_film_where_both_are_known(name, decision):
    assert decide(film("Night Train", 1959, "Pociąg nocny"), name) is decision


@pytest.mark.parametrize("prefix", ["TOP: ", "BBC: ", "MAX: ", "SKY: ", "4 - ", "12 - ", "FALCON: "])
def test_a_prefix_that_may_begin_a_title_is_offered_and_not_confirmed(prefix):
    assert decide(film("Quiet Harbour", 2016), f"{prefix}Quiet Harbour (2016)") is REVIEW


@pytest.mark.parametrize("prefix", ["01 - ", "7. ", "#12 ", "1", "+16 ", "IT: ", "NF - ", "EN-TOP - "])
def test_order_numbers_ages_and_codes_before_a_title_are_explained(prefix):
    assert decide(film("Quiet Harbour", 2016), f"{prefix}Quiet Harbour (2016)") is CONFIRM


def test_a_list_that_numbers_its_entries_explains_the_number_before_a_title():
    habits = learn_habits(f"{number} - Some Film Number {number} (2001)" for number in range(1, 90))
    name = "4 - Quiet Harbour (2016)"
    matcher = Matcher([as_item(film("Quiet Harbour", 2016))], habits={"list": habits})

    [pair] = matcher.match(EntryFacts(1, name, "film", parse_title(name, "film"), source_slug="list"))

    assert pair.decision is CONFIRM


def test_words_before_a_releases_quality_are_no_group():
    harbour = film("Quiet Harbour", 2016)

    assert decide(harbour, "Quiet Harbour (2016) Reborn 1080p BluRay") is REVIEW
    assert decide(harbour, "Quiet.Harbour.2016.1080p.BluRay.x264-REBORN") is CONFIRM


def test_the_years_of_a_collection_are_not_a_films():
    assert decide(film("Quiet Harbour", 2016), "Quiet Harbour (2016-2019)") is not CONFIRM
    assert decide(series("Quiet Harbour", 2016), "Quiet Harbour (2016-2019) S01E01") is CONFIRM


@pytest.mark.parametrize(
    ("traditional", "simplified"),
    [("龍門客棧", "龙门客栈"), ("風櫃來的人", "风柜来的人"), ("蘭心大劇院", "兰心大剧院")],
)
def test_both_spellings_of_a_han_title_count_where_both_are_listed(traditional, simplified):
    both, one = film("The Inn", 1992, traditional, simplified), film("The Inn", 1992, traditional)

    assert decide(both, f"{traditional} (1992)") is CONFIRM
    assert decide(both, f"{simplified} (1992)") is CONFIRM
    assert decide(one, f"{simplified} (1992)") is REVIEW


@pytest.mark.parametrize(("arabic", "hebrew"), [("شلوم", "שלום"), ("ملك", "מלך"), ("بيت", "בית")])
def test_a_title_is_compared_in_its_own_script_where_another_has_its_sounds(arabic, hebrew):
    work = film("The House", 1992, arabic, hebrew)

    assert decide(work, hebrew) is CONFIRM
    assert decide(work, arabic) is CONFIRM


def test_a_title_of_tmdb_in_other_characters_is_added_to_the_listed_one():
    listed = film("The Inn", 1992, "龍門客棧")
    more = WorkTitles((WorldTitle("龙门客栈", "zh", "CN"),))

    assert decide(with_titles(listed, more, {"zh"}), "龙门客栈 (1992)") is CONFIRM


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("L.A. Harbour", "LA Harbour (2016)"),
        ("LA Harbour", "L.A. Harbour (2016)"),
        ("LA's Boldest", "LAs Boldest (2016)"),
        ("La Casa Gris", "LA Casa Gris (2016)"),
        ("LA Casa Gris", "La Casa Gris (2016)"),
        ("The Harbour", "THE HARBOUR (2016)"),
    ],
)
def test_initials_that_look_like_an_article_are_compared_as_they_stand(title, name):
    assert decide(film(title, 2016), name) is CONFIRM


def test_initials_are_no_article_that_a_title_may_lose():
    assert decide(film("LA Harbour", 2016), "Harbour (2016)") is NOTHING
    assert decide(film("Harbour", 2016), "LA Harbour (2016)") is REVIEW
    assert decide(film("Harbour", 2016), "La Harbour (2016)") is CONFIRM
