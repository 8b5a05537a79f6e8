"""What one list does with all its names: the marks that it writes before titles."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_MARK = re.compile(
    r"\s*(?:\|\s?([^\s|]{1,12})\s?\||\[([^\s\]]{1,12})\]|\(([^\s)]{1,12})\)"
    r"|([^\s|:\[\]()]{1,12})(?:\s-\s|\s?\|))\s*"
)


@dataclass(frozen=True, slots=True)
class Habits:
    """The habits of a list. `marks` are folded."""

    marks: frozenset[str] = frozenset()

    def is_mark(self, before: str) -> bool:
        """Whether a text before a title is one of the marks, with its separator."""
        found = _MARK.fullmatch(before)
        return found is not None and fold_mark(found) in self.marks

    def is_mark_text(self, piece: str) -> bool:
        return piece.casefold() in self.marks


NO_HABITS = Habits()


def fold_mark(found: re.Match[str]) -> str:
    return next(group for group in found.groups() if group is not None).casefold()


def learn_habits(names: Iterable[str]) -> Habits:
    """Learn the habits of a list from its names."""
    return NO_HABITS
