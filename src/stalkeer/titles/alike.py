"""Read a list's names many at a time: most are a plain title in a frame, or a series' name with its episode's number.

What such a name shares with others is read once, the usual way, and kept as the caller wants it; the name itself is
only taken apart, all names of a batch by one expression. Whatever is not plain beyond doubt is left to `TitleReader`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

from stalkeer.titles.episode import may_go_on
from stalkeer.titles.frames import AT_ENDS, LONGEST, NOT_YET, SHAPE, SHORTEST, TELLING, Reading
from stalkeer.titles.normalise import ARTICLES, CHANGING, key_of_words
from stalkeer.titles.parse import ParsedTitle
from stalkeer.titles.reader import PLAIN_EPISODE, TitleReader
from stalkeer.titles.repair import is_sound

T = TypeVar("T")

_KEPT = 50_000
_new = tuple.__new__  # a NamedTuple's own constructor costs twice as much
# one match for each line, whatever it is; where a name could be anything but some characters, no newline either
_take_apart = re.compile(rf"(?:{PLAIN_EPISODE}|{SHAPE}|.*)\n".replace("[^", r"[^\n"), re.ASCII).findall


class Alike(NamedTuple, Generic[T]):
    """A name by what it shares: a title and its key in a frame, or a season and an episode of a series."""

    shared: T
    title: str  # empty for an episode: its series' title is shared
    key: str  # of the title alone
    year: int | None  # beside the title; None where that is shared too
    season: int
    episode: int


class _Frame(NamedTuple, Generic[T]):
    shared: T
    is_dated: bool  # its names have years of their own


class AlikeReader(Generic[T]):
    """`note` is told once what names share (with the title and year of the first of them, or no season and episode),
    their kind, and how each one's own title is to be read; and makes of it what is kept. Not for use by several
    threads at once."""

    def __init__(self, reader: TitleReader, note: Callable[[ParsedTitle, str, tuple[Reading, ...]], T]) -> None:
        self._reader = reader
        self._note = note
        self._series: dict[tuple[str, str], T | None] = {}
        self._frames: dict[tuple[str, str, str, bool, str, str], _Frame[T] | None] = {}
        self._numbers = _Numbers()

    def read(self, names: Sequence[str], kinds: Sequence[str]) -> Sequence[Alike[T] | None]:
        """For each name what it is, None for one that is to be read by itself. `kinds` are those of `parse_title`; a
        name of which no kind is told is none for this reader."""
        found = _take_apart("\n".join([*names, ""]))
        if len(found) != len(names):  # a name of several lines
            return [None] * len(names)
        read: list[Alike[T] | None] = []
        series, frames, numbers = self._series, self._frames, self._numbers
        for name, kind, (before, season, episode, codes, title, after, year, end, other) in zip(
            names, kinds, found, strict=True
        ):
            if before:
                shared = series.get((before, kind))
                if shared is None:
                    shared = self._learn_series(before, kind)
                if shared is not None:
                    read.append(_new(Alike, (shared, "", "", None, numbers[season], numbers[episode])))
                    continue
            elif title and kind != "episode" and len(name) <= LONGEST and (key := _plain_key(title)):
                around = (kind, codes, after, not year, end, other)
                frame = frames.get(around)
                if frame is None:
                    frame = self._learn_frame(name, around)
                if frame is not None:
                    read.append(_new(Alike, (frame[0], title, key, numbers[year] if frame[1] else None, 0, 0)))
                    continue
            read.append(None)
        return read

    def _learn_series(self, before: str, kind: str) -> T | None:
        if (before, kind) in self._series or not is_sound(before + "S"):
            return None
        parsed = None if may_go_on(before) else self._reader.series(before, kind)
        if len(self._series) >= _KEPT:
            self._series.clear()
        shared = self._series[before, kind] = None if parsed is None else self._note(parsed, kind, ())
        return shared

    def _learn_frame(self, name: str, around: tuple[str, str, str, bool, str, str]) -> _Frame[T] | None:
        if around in self._frames or not is_sound(name):
            return None
        framed = self._reader.framed(name, around[0])
        if framed is NOT_YET:
            return None
        if len(self._frames) >= _KEPT:
            self._frames.clear()
        frame = (
            None if framed is None else _Frame(self._note(framed.parsed, around[0], framed.readings), framed.is_dated)
        )
        self._frames[around] = frame
        return frame


def _plain_key(title: str) -> str:
    """The key of a title of words that mean nothing but themselves wherever they stand; empty for any other."""
    words = title.lower().split(" ")
    key = "".join(words)
    if (
        not key.isalpha()
        or len(title) < SHORTEST
        or key in ARTICLES
        or words[0] in AT_ENDS
        or words[-1] in AT_ENDS
        or not TELLING.isdisjoint(words)
        or not key.isascii()
        or title[0].islower()
        or title.isupper()
    ):
        return ""
    return key if CHANGING.isdisjoint(words) else key_of_words(words)


class _Numbers(dict[str, int]):
    """The numbers of seasons and episodes: few, in very many names."""

    def __missing__(self, said: str) -> int:
        number = self[said] = int(said)
        return number
