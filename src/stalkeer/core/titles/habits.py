"""Learn the habits of a list: the marks that it writes before titles, and the columns of its names.

A word is learned as a mark only where it stands before many titles that have nothing in common, because the name of a
franchise also stands before titles. Colons and hyphens also join the halves of a title (`VENOM: ...`, `TRON- ...`), so
a mark must be separated otherwise. A mark with a colon (`PREM: ...`) counts only where its titles span more years than
any franchise, and no title of the list has its word.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from stalkeer.core.titles.explained_words import is_vocabulary_before
from stalkeer.core.titles.normalise import ARTICLES, fold_words, title_key
from stalkeer.core.titles.repair import repair
from stalkeer.core.titles.tags import tags_in

LEAST_TITLES = 50  # the titles behind a mark
LEAST_WORKS = 20  # of these titles, that share no word with one another
LEAST_YEARS = 25  # of the titles behind a mark with a colon
LEAST_ROWS = 50  # names of the same layout
_MOST_COLUMNS = 5
_MOST_LABELS = 40
_LEAST_OF_A_LABEL = 5
_MARK = re.compile(
    r"\s*(?:\|\s?([^\s|]{1,12})\s?\||\[([^\s\]]{1,12})\]|\(([^\s)]{1,12})\)|([^\s|:\[\]()]{1,12})(?:\s-\s|\s?\|))\s*"
)
_COLON_MARK = re.compile(r"\s*([A-Z0-9+]{2,12}):\s+")
_ORDER = re.compile(r"\s*(\d{1,4})\s?[-:|]\s+(?=[^\W\d_])")
_NUMBERED = "#"  # an entry of `marks`: the list numbers its entries
_BEHIND_TITLE = re.compile(r"\s*(?:[(\[|]|(?<!\w)[Ss]\d|(?<!\w)\d{1,2}x\d|\s-\s(?:19|20)\d\d)")
_YEAR = re.compile(r"[(\[]?((?:19|20)\d\d)[)\]]?")
_ANY_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_RATING = re.compile(r"(?:10|\d)(?:[.,]\d)?")
_NO_WORDS = ARTICLES | {"and", "of", "in", "to", "on"}


class Columns(NamedTuple):
    """Hold a name whose columns the layout of the list explains. `title` is the text of the title column."""

    title: str
    year: int | None


@dataclass(frozen=True, slots=True)
class Habits:
    """Hold the habits of a list. `marks` are folded. A layout names the columns: title, year, rating, label."""

    marks: frozenset[str] = frozenset()
    layouts: tuple[tuple[str, ...], ...] = ()
    labels: frozenset[str] = frozenset()  # folded values of the label columns, as genres

    @property
    def numbers_entries(self) -> bool:
        """Return True where the list numbers its entries: `4 - Some Film`, `5 - Another`."""
        return _NUMBERED in self.marks

    def is_mark(self, text: str) -> bool:
        """Return whether a text before a title, without its separator, is a mark of the list."""
        return text.casefold() in self.marks

    def columns_of(self, text: str) -> Columns | None:
        """Return the columns of a repaired name, or None where the list has no layout with so many columns."""
        if not self.layouts or "|" not in text:
            return None
        columns = _columns(text)
        layout = next((layout for layout in self.layouts if len(layout) == len(columns)), None)
        if layout is None or not all(self._fits(c, role) for c, role in zip(columns, layout, strict=True)):
            return None
        year = next((_YEAR.fullmatch(c) for c, role in zip(columns, layout, strict=True) if role == "year"), None)
        return Columns(columns[layout.index("title")], None if year is None else int(year[1]))

    def _fits(self, column: str, role: str) -> bool:
        """Return whether a column holds a value of its role. A label counts only where the list is known to have it."""
        if role == "label":
            return column.casefold() in self.labels or _role_of(column) == "label"
        return (
            role == "title" or _role_of(column) == role or (role == "rating" and _RATING.fullmatch(column) is not None)
        )

    def to_document(self) -> dict[str, object]:
        layouts = [list(layout) for layout in self.layouts]
        return {"marks": sorted(self.marks), "layouts": layouts, "labels": sorted(self.labels)}

    @staticmethod
    def of_document(document: Mapping[str, object] | None) -> Habits:
        """Read the result of `to_document`. Return no habits where nothing was learned yet."""
        if not document:
            return NO_HABITS
        layouts = document.get("layouts")
        return Habits(
            _texts(document.get("marks")),
            tuple(tuple(map(str, layout)) for layout in layouts) if isinstance(layouts, list) else (),
            _texts(document.get("labels")),
        )


NO_HABITS = Habits()


def _texts(values: object) -> frozenset[str]:
    return frozenset(map(str, values)) if isinstance(values, list) else frozenset()


def learn_habits(names: Iterable[str]) -> Habits:
    """Learn the habits of a list from its names, or from a representative sample."""
    marked: dict[str, dict[str, frozenset[str]]] = defaultdict(dict)
    joined = _Joined()
    tables: dict[int, _Table] = defaultdict(_Table)
    bare: set[str] = set()
    numbers: set[str] = set()
    for name in names:
        text = repair(name)
        order = _ORDER.match(text)
        if order is not None:
            numbers.add(order[1])
        if "|" in text:
            columns = _columns(text)
            if 1 < len(columns) <= _MOST_COLUMNS:
                tables[len(columns)].add(columns)
        found = _MARK.match(text)
        joined.add(text)
        title = _BEHIND_TITLE.split(text[found.end() :] if found is not None else text, maxsplit=1)[0]
        words = fold_words(title)
        if found is None:
            bare.add("".join(words))
        else:
            marked[_folded(found)]["".join(words)] = frozenset(words) - _NO_WORDS
    marks = frozenset(
        mark
        for mark, titles in marked.items()
        if len(titles) >= LEAST_TITLES
        and not is_vocabulary_before(mark)
        and title_key(mark) not in bare
        and _have_little_in_common(titles.values())
    )
    marks |= joined.marks()
    if len(numbers) >= LEAST_TITLES:
        marks |= {_NUMBERED}
    laid_out = [(table, table.layout()) for _, table in sorted(tables.items())]
    known = [(table, layout) for table, layout in laid_out if layout is not None]
    labels = frozenset(label for table, layout in known for label in table.labels(layout))
    return Habits(marks, tuple(layout for _, layout in known), labels)


def _folded(found: re.Match[str]) -> str:
    return next(group for group in found.groups() if group is not None).casefold()


def _have_little_in_common(titles: Iterable[frozenset[str]]) -> bool:
    """Return whether enough of the titles share no word with one another."""
    seen: set[str] = set()
    works = 0
    for words in sorted(titles, key=lambda words: (len(words), sorted(words))):
        if words and seen.isdisjoint(words):
            seen |= words
            works += 1
    return works >= LEAST_WORKS


class _Joined:
    """Collect the titles behind words with a colon, and the words of all titles."""

    def __init__(self) -> None:
        self._titles: dict[str, dict[str, frozenset[str]]] = defaultdict(dict)
        self._years: dict[str, set[str]] = defaultdict(set)
        self._words: set[str] = set()

    def add(self, text: str) -> None:
        found = _COLON_MARK.match(text)
        rest = text if found is None else text[found.end() :]
        words = fold_words(_BEHIND_TITLE.split(rest, maxsplit=1)[0])
        self._words.update(words)
        if found is not None:
            mark = found[1].casefold()
            self._titles[mark]["".join(words)] = frozenset(words) - _NO_WORDS
            self._years[mark].update(_ANY_YEAR.findall(rest))

    def marks(self) -> frozenset[str]:
        """Return the words before a colon whose titles are many, span many years, and do not contain the word."""
        return frozenset(
            mark
            for mark, titles in self._titles.items()
            if len(titles) >= LEAST_TITLES
            and len(self._years[mark]) >= LEAST_YEARS
            and self._words.isdisjoint(fold_words(mark))
            and not is_vocabulary_before(mark)
            and _have_little_in_common(titles.values())
        )


def _columns(text: str) -> list[str]:
    return [column for column in (part.strip() for part in text.split("|")) if column]


class _Table:
    """Count the contents of each column, for names with the same number of columns."""

    def __init__(self) -> None:
        self._rows = 0
        self._roles: dict[int, Counter[str]] = defaultdict(Counter)
        self._values: dict[int, Counter[str]] = defaultdict(Counter)

    def add(self, columns: list[str]) -> None:
        self._rows += 1
        for place, column in enumerate(columns):
            self._roles[place][_role_of(column)] += 1
            values = self._values[place]
            if column in values or len(values) <= _MOST_LABELS:
                values[column] += 1

    def layout(self) -> tuple[str, ...] | None:
        """Return the role of each column, or None where it is open which column is the title."""
        if self._rows < LEAST_ROWS:
            return None
        roles = tuple(self._role(place) for place in range(len(self._roles)))
        has_numbers = "year" in roles or "rating" in roles
        return roles if has_numbers and roles.count("title") == 1 and roles.count("year") <= 1 else None

    def labels(self, layout: tuple[str, ...]) -> list[str]:
        """Return the repeated values of the label columns."""
        places = [place for place, role in enumerate(layout) if role == "label"]
        return [
            value.casefold()
            for place in places
            for value, count in self._values[place].items()
            if count >= _LEAST_OF_A_LABEL
        ]

    def _role(self, place: int) -> str:
        role, count = self._roles[place].most_common(1)[0]
        if role != "text" and count >= 0.9 * self._rows:
            return role
        values = self._values[place]
        repeats = len(values) <= _MOST_LABELS and 3 * len(values) <= self._rows
        return "label" if repeats else "title"


def _role_of(column: str) -> str:
    if _YEAR.fullmatch(column):
        return "year"
    if _RATING.fullmatch(column):
        return "rating"
    return "label" if tags_in(column) is not None else "text"
