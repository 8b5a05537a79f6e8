"""Split names that contain their title twice."""

from __future__ import annotations

import re
from itertools import pairwise

from stalkeer.core.titles.endings import AKA_WORD
from stalkeer.core.titles.normalise import fold_words
from stalkeer.core.titles.tags import tags_in
from stalkeer.core.titles.title_text import TRIM

_SPELLED = re.compile(r"[^\W\d_]{3}")
_TWICE = re.compile(r"(.{6,}?)[\s\-|/:]+\1")
_PARTS_OF_TWICE = 3
_ANY_BRACKET = re.compile(r"[(\[][^()\[\]]*[)\]]")
_SHORTEST_TWICE = 13
_AKA = re.compile(r"\s+(?:/|\||a\.?k\.?a\.?)\s+", re.I)


def said_once(text: str) -> str:
    """Remove the repetition of a name: `Some Film (2011) Some Film (2011)`, `NF - Show (US) - NF - Show (US) (4K)`."""
    if len(text) < _SHORTEST_TWICE:
        return text
    found = _TWICE.fullmatch(text) if text.find(text[:4], 4) >= 0 else None
    if found is not None:
        return found[1]
    parts = text.split(" - ")
    if len(parts) < _PARTS_OF_TWICE:
        return text
    keys = ["".join(fold_words(_ANY_BRACKET.sub("", part))) for part in parts]
    first = next((place for place, key in enumerate(keys) if len(key) > 1 and key in keys[place + 2 :]), None)
    return text if first is None or tags_in(parts[first]) else " - ".join(parts[: first + 1])


def halves_of(text: str) -> tuple[list[str], bool]:
    """Return both titles of a name that has two, and whether the name states that they are of the same film."""
    is_twice = AKA_WORD.search(text) is not None
    if not (is_twice or " / " in text or " | " in text):
        return [], False
    parts = _AKA.split(text)
    return ([half.strip(TRIM) for half in parts if len(half) > 2] if len(parts) > 1 else []), is_twice


def dashed_halves(text: str) -> list[str]:
    """Return both halves of `Foreign - Original`.

    Such a name is a single title as often. The matcher therefore requires that both halves are titles of the work.
    """
    halves = text.split(" - ")
    is_pair = len(halves) == 2 and all(_SPELLED.search(half) for half in halves)
    return halves if is_pair and halves[0].isupper() == halves[1].isupper() else []


def scripts_of(text: str) -> list[str]:
    """Return both parts of a name in two scripts, the Latin part first. A number belongs to the part before it."""
    sides: list[bool] = []
    words = text.split()
    for word in words:
        letters = [c for c in word if c.isalpha()]
        if letters:
            sides.append(letters[0] <= "\u024f")
        else:
            sides.append(sides[-1] if sides else True)
    if len(set(sides)) < 2 or sum(a != b for a, b in pairwise(sides)) > 1:
        return []
    border = next(place for place, (a, b) in enumerate(pairwise(sides), start=1) if a != b)
    borders = [border]
    while border > 1 and not has_letter(words[border - 1]):  # or to the part behind it
        border -= 1
        borders.append(border)
    parts = [" ".join(part).strip(TRIM) for place in borders for part in _apart(words, place, sides)]
    return [part for part in dict.fromkeys(parts) if has_letter(part)]


def _apart(words: list[str], border: int, sides: list[bool]) -> tuple[list[str], list[str]]:
    before, after = words[:border], words[border:]
    return (before, after) if sides[0] else (after, before)


def has_letter(text: str) -> bool:
    return any(map(str.isalpha, text))
