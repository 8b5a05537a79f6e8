"""Define the results of reading a title region: its texts, its year and its tags."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from stalkeer.core.titles.normalise import ARTICLES, fold_words
from stalkeer.core.titles.tags import NO_TAGS, TagSet

FIRST_YEAR, LAST_YEAR = 1895, 2035


class TitleText(NamedTuple):
    """Hold a reading: the text, its penalty, and the year that is not in the text."""

    text: str
    penalty: float
    year: int | None


@dataclass(slots=True)
class TitleReading:
    """Hold all readings, the likeliest first."""

    texts: list[TitleText]
    year: int | None
    tags: TagSet = NO_TAGS


_LETTER = re.compile(r"[^\W_]")
TRIM = " -|:,;/~"
_LONGEST_ARTICLE = 6  # with a bracket or a sign beside it


def year_of(text: str) -> int | None:
    year = int(text)
    return year if FIRST_YEAR <= year <= LAST_YEAR else None


def has_name(text: str) -> bool:
    return _LETTER.search(text) is not None


def is_title(text: str) -> bool:
    """Return whether a text has more than an article."""
    words = fold_words(text) if len(text) <= _LONGEST_ARTICLE else ()
    return has_name(text) and not (len(words) == 1 and words[0] in ARTICLES)
