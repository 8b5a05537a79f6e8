"""Compare two titles: the same key, the same except for an article, or slips (typing errors) that no rule forbids."""

from __future__ import annotations

import re
from enum import IntEnum
from typing import NamedTuple

from rapidfuzz.distance import OSA

from stalkeer.core.titles import title_words
from stalkeer.core.titles.normalise import ARTICLES

SHORTEST_FUZZY = 6  # letters of a key: in a shorter key, a slip makes another title
_LONG_ENOUGH_FOR_TWO = 13
_LONG_WORD = 10
_SAFE_SLIP = 5
_SAFE_SWAP = 7
_DIGITS = re.compile(r"\d+")


def likeness(word: str, other: str) -> float:
    """Return how similar two keys are, from 0 to 1. A key that begins with the whole other key is similar."""
    shortest = min(len(word), len(other))
    shared = next((at for at in range(shortest) if word[at] != other[at]), shortest)
    begins = 0.8 * shared / max(1, shortest)
    return max(OSA.normalized_similarity(word, other), begins)


class Agreement(IntEnum):
    """Order the ways in which two titles agree, from not at all to the same key."""

    NONE = 0
    SLIP = 1
    ARTICLE = 2
    SAME = 3


def allowed_slips(key: str) -> int:
    if len(key) < SHORTEST_FUZZY:
        return 0
    return 1 if len(key) < _LONG_ENOUGH_FOR_TWO else 2


class Slips(NamedTuple):
    """Hold the number of different letters of two titles. `is_plain`: only a typing error explains the difference."""

    letters: int
    is_plain: bool


def slips_between(text: str, other: str) -> Slips | None:
    """Return the slips between two titles, or None where they are different titles.

    Numbers must agree, no word may be extra, and a short word must not be another word. A plural, or a difference in
    the only word of a title, is not plain: it may be another title.
    """
    words, others = _words(text), _words(other)
    key, other_key = "".join(words), "".join(others)
    limit = min(allowed_slips(key), allowed_slips(other_key))
    if not limit or _DIGITS.findall(key) != _DIGITS.findall(other_key):
        return None
    distance = OSA.distance(key, other_key, score_cutoff=limit)
    if distance > limit:
        return None
    if len(words) != len(others):
        return Slips(distance, is_plain=False) if _joins(words, others) else None
    changed = [(a, b) for a, b in zip(words, others, strict=True) if a != b]
    if not all(_is_slip(a, b) for a, b in changed):
        return None
    is_plain = (len(words) > 1 or len(key) >= _LONG_WORD) and all(_is_plain(a, b) for a, b in changed)
    return Slips(distance, is_plain=is_plain)


def _is_plain(word: str, other: str) -> bool:
    """Return whether only a typing error explains the difference: no plural, and no letter that makes another word.

    Typing errors happen inside a word. Another first letter is mostly another word (harbour, arbour), and so is an
    additional last letter (steel, Steele), unless it repeats the one before it.
    """
    if word.rstrip("s") == other.rstrip("s") or word[0] != other[0]:
        return False
    shorter, longer = sorted((word, other), key=len)
    if longer.startswith(shorter) and longer[-1] != longer[-2]:
        return False
    is_swap = len(word) == len(other) and sorted(word) != sorted(other)
    return len(longer) >= (_SAFE_SWAP if is_swap else _SAFE_SLIP)


def _words(text: str) -> tuple[str, ...]:
    first, _, rest = text.partition(" ")
    return title_words(rest) if rest and first.lower() in ARTICLES else title_words(text)


def _is_slip(word: str, other: str) -> bool:
    longest = max(len(word), len(other))
    return longest >= 4 and OSA.distance(word, other, score_cutoff=2) <= (1 if longest < 8 else 2)


def _joins(words: tuple[str, ...], others: tuple[str, ...]) -> bool:
    """Return whether the words differ only by a lost space. Every short word must be in both lists."""
    fewer, more = (set(words), set(others)) if len(words) < len(others) else (set(others), set(words))
    return abs(len(words) - len(others)) == 1 and not any(len(word) < 4 for word in more - fewer)


_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")
_LONE_X = re.compile(r"(?:^|\W)x\W*$", re.I)


def is_same_sound_only(text: str, other: str) -> bool:
    """Return whether titles in Chinese characters only sound alike: many titles have the same transliteration."""
    return _HAN.findall(text) != _HAN.findall(other)


def ends_in_x(text: str) -> bool:
    """Return whether a title ends in a single X, which is a letter or the number ten."""
    return _LONE_X.search(text) is not None
