"""Values of a catalogue row before it is written: its content, and its title with the keys for matching."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

# The values of `store.catalogue.generations.CONTENT` in that order, "" for what is not said; without the last ones,
# that few entries have, where none of them is said. Not None: Python's sqlite3 takes ten times as long to bind one.
Content = tuple[Any, ...]


def blanks(row: Iterable[object]) -> Content:
    """Return a row for `nullif(?, '')`: None becomes the empty text."""
    return tuple(["" if value is None else value for value in row])


class NewTitle(NamedTuple):
    kind: str
    text: str
    keys: tuple[tuple[str, float], ...]  # (key, penalty)

    @property
    def is_plain(self) -> bool:
        """Whether its text alone tells its keys."""
        return len(self.keys) == 1 and not self.keys[0][1]
