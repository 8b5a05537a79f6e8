"""Read names that are rows of a table: `Title | 2019 | 7.4`, `2019 | Title`, `NL | Title | 2019 | 8.3`."""

from __future__ import annotations

import re
from typing import NamedTuple

from stalkeer.core.titles.tags import tags_in
from stalkeer.core.titles.vocabulary import Tag

_YEAR = re.compile(r"[(\[]?((?:19|20)\d\d)[)\]]?")
_RATING = re.compile(r"(?:10|\d)[.,]\d(?:\s?/\s?10)?|n/?a|-+", re.I)
_RATING_AND_YEAR = re.compile(r"((?:10|\d)[.,]\d)\s+[(\[]((?:19|20)\d\d)[)\]]")
_LETTER = re.compile(r"[^\W\d_]")


class ColumnReading(NamedTuple):
    """Hold the title, year and tags of a row."""

    title: str
    year: int | None
    tags: tuple[Tag, ...]


class _Columns(NamedTuple):
    """Hold the columns of a name, sorted by their contents."""

    years: list[str]
    titles: list[str]
    labels: list[str]  # columns of known words, as languages and qualities
    tags: list[Tag]
    ratings: list[str]


def read_row(text: str) -> ColumnReading | None:
    """Read a name that is a row. Return None where it is open which column is the title.

    Of two numbers that may be years, the first is the title: `NL | 1917 | 2019 | 8.3`.
    """
    if "|" not in text:
        return None
    years, titles, labels, tags, ratings = _sorted_columns(text)
    if not titles and len(years) == 2:
        return ColumnReading(years[0], int(years[1]), tuple(tags))
    if not titles and len(labels) > 1 and (years or ratings):
        titles = labels[-1:]  # No is a film
    if len(titles) != 1 or len(years) > 1 or not (years or ratings or len(labels) > 1):
        return None
    if _LETTER.search(titles[0]) is None and not (years and titles[0].isdecimal()):
        return None
    return ColumnReading(titles[0], int(years[0]) if years else None, tuple(tags))


def _sorted_columns(text: str) -> _Columns:
    columns = _Columns([], [], [], [], [])
    for column in (part.strip() for part in _RATING_AND_YEAR.sub(r"\1|\2", text).split("|")):
        year = _YEAR.fullmatch(column)
        said = None if year is not None or not column else tags_in(column)
        if year is not None:
            columns.years.append(year[1])
        elif _RATING.fullmatch(column):
            columns.ratings.append(column)
        elif said is not None:
            columns.tags.extend(said)
            columns.labels.append(column)
        elif column:
            columns.titles.append(column)
    return columns
