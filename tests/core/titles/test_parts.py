"""The forms of a title's part are one title; a title without it, or with another, is not."""

import pytest

from stalkeer.core.titles.parts import other_forms
from tests.core.matching.cases import CONFIRM, NOTHING, decide, film

_SAME = [
    ("The Harbour Part II", "The Harbour II"),
    ("Le Moulin, 2e partie", "Le Moulin - Partie 2"),
    ("Le Moulin, 2ème partie", "Le Moulin Partie 2"),
    ("Le Moulin : Deuxième partie", "Le Moulin 2"),
    ("Der Turm - Teil II", "Der Turm - Zweiter Teil"),
    ("Der Turm: Teil 3", "Der Turm III"),
    ("Faro: Parte dos", "Faro - Segunda parte"),
    ("Faro: Parte II", "Faro 2"),
    ("Mlýn: Část druhá", "Mlýn 2"),
    ("Latarnia: Część druga", "Latarnia - część 2"),
    ("Маяк: Часть вторая", "Маяк 2"),
    ("Fener: Bölüm İki", "Fener 2"),
    ("Malom: Második rész", "Malom 2. rész"),
]


@pytest.mark.parametrize(("title", "name"), _SAME)
def test_a_part_may_be_written_in_every_form_of_its_language(title, name):
    assert decide(film(title, 1990), f"{name} (1990)") is CONFIRM


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("The Harbour II", "The Harbour Part II"),
        ("Le Moulin - Partie 2", "Le Moulin, 2e partie"),
        ("Der Turm III", "Der Turm: Teil 3"),
        ("Faro 2", "Faro: Parte II"),
        ("Faro - Segunda parte", "Faro: Parte dos"),
        ("Latarnia - część 2", "Latarnia: Część druga"),
        ("Маяк 2", "Маяк: Часть 2"),
    ],
)
def test_a_sequel_may_be_called_a_part(title, name):
    assert decide(film(title, 1990), f"{name} (1990)") is CONFIRM


@pytest.mark.parametrize(("title", "name"), _SAME)
def test_another_part_stays_another_title(title, name):
    other = name.replace("III", "IV").replace("II", "III").replace("2", "4")
    if other != name:
        assert decide(film(title, 1990), f"{other} (1990)") is NOTHING
    assert decide(film(title, 1990), f"{name.split()[0]} (1990)") is not CONFIRM


@pytest.mark.parametrize(
    "title", ["Body Part", "Part of Us", "Part 2", "Teil der Stadt", "Dune", "Area 51", "Apollo 13", "7 2"]
)
def test_a_title_without_a_part_at_its_end_has_no_other_forms(title):
    assert other_forms(title) == []
