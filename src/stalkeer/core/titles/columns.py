"""Names that are rows of a table: `Title | 2019 | 7.4`, `2019 | Title`, `NL | Title | 2019 | 8.3`."""

from __future__ import annotations

import re
from typing import NamedTuple

from stalkeer.core.titles.tags import tags_in
from stalkeer.core.titles.vocabulary import Tag

_YEAR = re.compile(r"[(\[]?((?:19|20)\d\d)[)\]]?")
_RATING = re.compile(r"(?:10|\d)[.,]\d|n/?a|-+", re.I)
_LETTER = re.compile(r"[^\W\d_]")


class Row(NamedTuple):
    """What the columns of a name say."""

    title: str
    year: int | None
    tags: tuple[Tag, ...]


def read_row(text: str) -> Row | None:
    """Read a name whose columns leave no doubt which of them is the title; None for any other.

    Of two numbers that may be years the first is the title: `NL | 1917 | 2019 | 8.3`.
    """
    if "|" not in text:
        return None
    years: list[str] = []
    titles: list[str] = []
    labels: list[str] = []
    tags: list[Tag] = []
    has_rating = False
    for column in (part.strip() for part in text.split("|")):
        year = _YEAR.fullmatch(column)
        said = None if year is not None or not column else tags_in(column)
        if year is not None:
            years.append(year[1])
        elif _RATING.fullmatch(column):
            has_rating = True
        elif said is not None:
            tags += said
            labels.append(column)
        elif column:
            titles.append(column)
    if not titles and len(years) == 2:
        return Row(years[0], int(years[1]), tuple(tags))
    if not titles and len(labels) > 1 and (years or has_rating):
        titles = labels[-1:]  # the film No
    if len(titles) != 1 or len(years) > 1 or not (years or has_rating or len(labels) > 1):
        return None
    if _LETTER.search(titles[0]) is None and not (years and titles[0].isdecimal()):
        return None
    return Row(titles[0], int(years[0]) if years else None, tuple(tags))
