"""The words by which lists name an edition of a film: `Version longue`, `Black & Chrome Edition`, `2018 Remaster`."""

# ruff: noqa: E501, SIM905 - word lists read best as lines of words

from __future__ import annotations

import re

from stalkeer.core.titles.languages import words_of
from stalkeer.core.titles.normalise import ARTICLES, fold

_EDITION_NOUNS = frozenset(map(fold, words_of(lambda words: words.edition))) | frozenset(
    "remastered restoration restored restaure restaurada restaurato restauriert".split()
)
_EDITION_WORDS = _EDITION_NOUNS | frozenset(
    fold(word)
    for word in """the a of extended extended-edition special final ultimate anniversary collector collectors collector's director's director directors
    black chrome white noir & and long longue longer theatrical unrated uncut uncensored imax criterion deluxe integral integrale especial
    extendida estesa rozszerzona rezyserska erweiterte режиссерская расширенная полная rated redux international original alternate
    alternative definitive platinum gold diamond limited steelbook open matte fan's producer's assembly rogue spezial digital digitally hd
    4k 2k super rare finale del la le du st nd rd th annee anos jahre anniversaire aniversario""".split()
)
_EDITION_ALONE = frozenset(
    "remaster remastered restored uncut unrated extended redux imax matte langfassung kinofassung".split()
)
EDITION_ENDS = frozenset("edition cut version fassung edicion edizione edicao wersja edycja versie versao".split())
# those of them that may be all of an edition's name, or its end
EDITION_WORDS = frozenset(word for word in _EDITION_WORDS if len(word) > len("the"))
_COLOURLESS = frozenset(("black & white", "black and white", "b&w", "b/w", "bw", "noir et blanc", "schwarzweiss"))
_NUMBER_IN_EDITION = re.compile(r"\d{1,4}(?:st|nd|rd|th)?")


def is_edition(text: str) -> bool:
    """Return whether a text names an edition and says nothing else."""
    folded = fold(text)
    if folded in _COLOURLESS:
        return True
    words = folded.split()
    if _EDITION_NOUNS.isdisjoint(words) and _EDITION_ALONE.isdisjoint(words):
        return False
    return all(word in _EDITION_WORDS or _NUMBER_IN_EDITION.fullmatch(word) for word in words)


def without_edition(title: str) -> str | None:
    """Return a title without the edition at its end: behind a dash or colon, or in several words; None where there is
    none."""
    for joint in (" - ", ": "):
        before, _, last = title.rpartition(joint)
        if before and is_edition(last):
            return before
    words = title.split()
    if not words or fold(words[-1]) not in EDITION_ENDS:
        return None
    first = next((place for place in range(1, len(words) - 1) if is_edition(" ".join(words[place:]))), None)
    return None if first is None or fold(words[first - 1]) in ARTICLES else " ".join(words[:first])
