"""Codes in front of a title, and what of them may be the title's own first word."""

import pytest

from stalkeer.core.matching.pairs import Matcher
from stalkeer.core.matching.works import EntryFacts
from stalkeer.core.titles import parse_title
from stalkeer.core.titles.habits import learn_habits
from tests.core.matching.cases import CONFIRM, REVIEW, as_item, decide, film, series
from tests.core.titles.test_habits import unlike_titles


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Quiet Harbour", "4K-ORCA - Quiet Harbour (2016)"),
        ("Homecoming", "EN-MOTH - Homecoming (2016)"),
        ("Afterlife", "FR-WASP - Afterlife (2016)"),
        ("Deliverance", "UHD-LYNX - Deliverance (2016)"),
    ],
)
def test_a_word_behind_a_known_code_and_its_hyphen_may_be_the_titles_own(title, name):
    code, _, rest = name.partition("-")

    assert decide(film(title, 2016), name) is REVIEW
    assert decide(film(f"{rest.partition(' - ')[0].title()}: {title}", 2016), name) is CONFIRM, code


@pytest.mark.parametrize("name", ["4K-CIA - Boston S01E01", "EN-FBI - Boston S01E01", "DE-SOKO - Boston S01E01"])
def test_a_series_word_behind_a_code_is_not_cut_off_beyond_doubt(name):
    own = name.partition("-")[2].partition(" ")[0]

    assert decide(series("Boston", 2002), name) is REVIEW
    assert decide(series(f"{own}: Boston", 2002), name) is CONFIRM


@pytest.mark.parametrize("prefix", ["4K-NF", "EN-TOP", "DE-4K", "4K-HDR10", "FR-AMZ"])
def test_codes_of_which_each_is_known_are_explained(prefix):
    assert decide(film("Quiet Harbour", 2016), f"{prefix} - Quiet Harbour (2016)") is CONFIRM


@pytest.mark.parametrize("style", ["{} - {} (2001)", "{}| {} S01E02", "[{}] {} (2011)"])
def test_a_mark_of_the_list_is_known_behind_a_code_too(style):
    habits = learn_habits(style.format("QXC", title) for title in unlike_titles(60))
    matcher = Matcher([as_item(film("Quiet Harbour", 2016))], habits={"list": habits})
    name = "4K-QXC - Quiet Harbour (2016)"

    [pair] = matcher.match(EntryFacts(1, name, "film", parse_title(name, "film"), source_slug="list"))

    assert pair.decision is CONFIRM
