"""Define the values of a catalogue row before it is written: its content, its title, and the keys for matching."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from stalkeer.core.catalogue.extension import has_unknown_extension, keep_extension

# the values of CONTENT in this order, "" for unknown values; without the RARE values when all of them are missing.
# Not None: Python's sqlite3 takes ten times as long to bind it.
Content = tuple[Any, ...]

CONTENT = (
    "title_id",
    "kind",
    "kind_reason",
    "name",
    "url",
    "group_title",
    "logo",
    "year",
    "season",
    "episode",
    "resolution",
    "languages",
    # rare: few entries have the following
    "episode_end",
    "air_date",
    "quality",
    "country",
    "duration_s",
    "tmdb_id",
    "headers",
    "protected",
    "added",
)
USUAL = CONTENT.index("episode_end")  # the number of values that every entry has
GROUP_TITLE = CONTENT.index("group_title")
KIND, NAME, URL = CONTENT.index("kind"), CONTENT.index("name"), CONTENT.index("url")
_NO_RARE = tuple(False if name == "protected" else "" for name in CONTENT[USUAL:])
_DETAILS = tuple(CONTENT.index(name) for name in ("duration_s", "tmdb_id", "year", "resolution"))
_USUAL_DETAILS = tuple(place for place in _DETAILS if place < USUAL)


def blanks(row: Iterable[object]) -> Content:
    """Replace None by the empty text, for `nullif(?, '')`."""
    return tuple(["" if value is None else value for value in row])


def full_content(content: Sequence[Any]) -> Content:
    """Add the rare values that were left out."""
    return (*content, *_NO_RARE) if len(content) == USUAL else tuple(content)


def short_content(content: Content) -> Content:
    """Drop the rare values when all of them are missing."""
    return content if any(content[USUAL:]) else content[:USUAL]


def keep_details(old: Content, new: Content) -> Content:
    """Keep details that were read for a single entry when the account's list has none."""
    if has_unknown_extension(new[URL]):
        new = (*new[:URL], keep_extension(old[URL], new[URL]), *new[URL + 1 :])
    if len(old) == len(new) == USUAL and all(new[place] != "" or old[place] == "" for place in _USUAL_DETAILS):
        return new  # the usual case
    kept, known = list(full_content(new)), full_content(old)
    for place in _DETAILS:
        if kept[place] == "":
            kept[place] = known[place]
    return short_content(tuple(kept))


class NewTitle(NamedTuple):
    kind: str
    text: str
    keys: tuple[tuple[str, float], ...]  # (key, penalty)

    @property
    def is_plain(self) -> bool:
        """Tell whether the keys follow from the text alone."""
        return len(self.keys) == 1 and not self.keys[0][1]
