import random

import pytest

from stalkeer.core.titles.habits import LEAST_ROWS, Habits, learn_habits

_LETTERS = [first + second for first in "bcdfglmnrstv" for second in "aeiou"]


def unlike_titles(count, *common):
    rng = random.Random(7)
    return [" ".join([*common, *("".join(rng.choices(_LETTERS, k=3)).title() for _ in range(2))]) for _ in range(count)]


@pytest.mark.parametrize("style", ["SCX - {} (2001)", "|SCX| {}", "[SCX] {} S01E02", "SCX | {}", "┃SCX┃ {} (2001)"])
def test_a_mark_before_many_titles_with_nothing_in_common_is_learnt(style):
    assert learn_habits(style.format(title) for title in unlike_titles(60)).is_mark("SCX")


@pytest.mark.parametrize("style", ["VENOM: {} (2001)", "TRON- {} (2001)", "STAR WARS: {} (2001)", "CSI: {} S01E02"])
def test_what_joins_a_title_to_its_own_name_never_makes_a_mark(style):
    assert learn_habits(style.format(title) for title in unlike_titles(200)).marks == frozenset()


def _dated(style, titles, years):
    return [style.format(title, 1950 + n % years) for n, title in enumerate(titles)]


@pytest.mark.parametrize("style", ["QXC: {} ({})", "V4D: {} - {}", "PRMX: {} | {}"])
def test_a_mark_with_a_colon_is_learnt_before_titles_of_many_years(style):
    assert learn_habits(_dated(style, unlike_titles(90), 60)).is_mark(style.partition(":")[0])


@pytest.mark.parametrize("name", ["VENOM: {} ({})", "CSI: {} ({})", "ORCA: {} ({})"])
def test_a_franchise_with_a_colon_has_too_few_years_or_works_or_its_word_in_a_title(name):
    word = name.partition(":")[0].title()

    assert learn_habits(_dated(name, unlike_titles(90), 20)).marks == frozenset()
    assert learn_habits(_dated(name, unlike_titles(90, "Returns"), 60)).marks == frozenset()
    assert learn_habits([*_dated(name, unlike_titles(90), 60), f"The {word} (2018)"]).marks == frozenset()
    assert learn_habits(_dated(f"STAR {name}", unlike_titles(90), 60)).marks == frozenset()


def test_a_franchise_whose_titles_share_a_word_is_no_mark():
    assert learn_habits(f"ZORRO - {title} (2001)" for title in unlike_titles(90, "Zorro")).marks == frozenset()


def test_a_word_that_is_a_title_of_the_list_is_no_mark():
    names = [f"FALCON - {title} (2001)" for title in unlike_titles(90)]

    assert learn_habits(names).is_mark("FALCON")
    assert not learn_habits([*names, "Falcon (1999)"]).is_mark("FALCON")


@pytest.mark.parametrize("count", [5, 49])
def test_a_mark_before_few_titles_is_not_learnt(count):
    assert learn_habits(f"SCX - {title}" for title in unlike_titles(count)).marks == frozenset()


def test_the_columns_of_a_list_are_learnt_and_tell_titles_from_years_ratings_and_genres():
    rng = random.Random(3)
    genres = ("Horror", "Crime", "Comedy")
    rows = [f"{t} | {rng.randint(1950, 2024)} | {rng.choice(genres)}" for t in unlike_titles(LEAST_ROWS * 2)]
    habits = learn_habits(rows)

    assert habits.columns_of("Quiet Lake | 2015 | Horror") == ("Quiet Lake", 2015)
    assert habits.columns_of("1923 | 2015 | Crime") == ("1923", 2015)
    assert habits.columns_of("Quiet Lake | 2015") is None
    assert habits.columns_of("Quiet Lake | 2015 | Falcon") is None


def test_columns_in_another_order_are_read_in_that_order():
    rows = [f"NL | {1950 + n % 70} | {title} | {n % 10}.{n % 7}" for n, title in enumerate(unlike_titles(LEAST_ROWS))]

    assert learn_habits(rows).columns_of("NL | 2019 | 1917 | 8.3") == ("1917", 2019)


def test_few_rows_make_no_layout():
    assert learn_habits(f"{title} | 2001 | 7.1" for title in unlike_titles(20)).layouts == ()


def test_habits_are_stored_and_read_again():
    habits = Habits(frozenset(("scx", "ex")), (("title", "year", "label"),), frozenset(("crime",)))

    assert Habits.of_document(habits.to_document()) == habits
    assert Habits.of_document(None) == Habits()
