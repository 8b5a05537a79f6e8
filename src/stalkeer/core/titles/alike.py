"""Read many names of a list at once.

Most names are a plain title in a frame, or the name of a series with the number of an episode. The part that several
names share is read once, by the usual rules, and kept in the form that the caller wants. The names themselves are only
split, all names of a batch by one expression. A name that is not plain beyond doubt is left to `TitleReader`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Generic, NamedTuple, TypeVar

from stalkeer.core.titles.episode import may_go_on, says_episode
from stalkeer.core.titles.frames import (
    AT_ENDS,
    LONGEST,
    NOT_YET,
    SHAPE,
    SHORTEST,
    TELLING,
    NotYet,
    Reading,
    without_tags,
)
from stalkeer.core.titles.normalise import ARTICLES, CHANGING, fold_words, key_of_words
from stalkeer.core.titles.parse import ParsedTitle
from stalkeer.core.titles.reader import PLAIN_EPISODE, FramedTitle, TitleReader
from stalkeer.core.titles.repair import is_sound

T = TypeVar("T")

_KEPT = 50_000
_Around = tuple[str, str, str, bool, str, str]  # the kind of a name, and the texts around its title
_new = tuple.__new__  # the constructor of a NamedTuple takes twice as long
# one match for each line, whatever it is; where a name could be anything but some characters, no newline either
_take_apart = re.compile(rf"(?:{PLAIN_EPISODE}|{SHAPE}|.*)\n".replace("[^", r"[^\n"), re.ASCII).findall
_shape_of = re.compile(SHAPE, re.ASCII).fullmatch


class Alike(NamedTuple, Generic[T]):
    """Hold what a name shares with others: a frame with its title and key, or a series with season and episode."""

    shared: T
    title: str  # empty for an episode, which shares the title of its series
    key: str  # of the title alone
    year: int | None  # in the name itself; None where it belongs to the shared part
    season: int
    episode: int


class _NotedFrame(NamedTuple, Generic[T]):
    shared: T
    is_dated: bool  # each name has a year of its own


class AlikeReader(Generic[T]):
    """Read names by the parts that they share.

    `note` is called once for each shared part, with the title and year of its first name (or without season and
    episode), the kind of the names, and the way to read each name's own title. It returns the value that the caller
    keeps. `fill` makes of that value the one for the episodes of a series, whose title, key and year are given. Not for
    use by several threads at once.
    """

    def __init__(
        self,
        reader: TitleReader,
        note: Callable[[ParsedTitle, str, tuple[Reading, ...]], T],
        fill: Callable[[T, str, str, int | None], T],
    ) -> None:
        self._reader = reader
        self._note = note
        self._fill = fill
        self._series: dict[tuple[str, str], T | None] = {}
        self._frames: dict[_Around, _NotedFrame[T] | None] = {}
        self._series_frames: dict[_Around, _NotedFrame[T] | None] = {}
        self._numbers = _Numbers()

    def read(self, names: Sequence[str], kinds: Sequence[str]) -> Sequence[Alike[T] | None]:
        """Return a result for each name, or None where the name must be read by itself.

        `kinds` are those of `parse_title`. This reader skips a name without a kind.
        """
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
            elif title and kind != "episode" and len(name) <= LONGEST:
                key = _plain_key(title)
                if not key:
                    key, codes, title, after = _narrowed(codes, title, after)
                around = (kind, codes, after, not year, end, other)
                frame = frames.get(around) if key else None
                if key and frame is None:
                    frame = self._learn_frame(name, around, frames, partial(self._reader.framed, kind=kind))
                if frame is not None:
                    read.append(_new(Alike, (frame[0], title, key, numbers[year] if frame[1] else None, 0, 0)))
                    continue
            read.append(None)
        return read

    def _learn_series(self, before: str, kind: str) -> T | None:
        if (before, kind) in self._series or not is_sound(before + "S1"):
            return None
        shared = (
            None
            if may_go_on(before) or says_episode(before)
            else self._framed_series(before[:-1], kind) or self._series_alone(before, kind)
        )
        if len(self._series) >= _KEPT:
            self._series.clear()
        self._series[before, kind] = shared
        return shared

    def _series_alone(self, before: str, kind: str) -> T | None:
        parsed = self._reader.series(before, kind)
        return None if parsed is None else self._note(parsed, kind, ())

    def _framed_series(self, name: str, kind: str) -> T | None:
        """Return a series by the frame that its name shares with other names."""
        found = _shape_of(name) if len(name) <= LONGEST else None
        if found is None:
            return None
        codes, title, after, year, end, other = found.groups("")
        key = _plain_key(title)
        if not key:
            key, codes, title, after = _narrowed(codes, title, after)
        if not key:
            return None
        around = (kind, codes, after, not year, end, other)
        frame = self._series_frames.get(around)
        if frame is None:
            frame = self._learn_frame(name, around, self._series_frames, self._reader.framed_series)
        return None if frame is None else self._fill(frame[0], title, key, int(year) if frame[1] else None)

    def _learn_frame(
        self,
        name: str,
        around: _Around,
        frames: dict[_Around, _NotedFrame[T] | None],
        read_framed: Callable[[str], FramedTitle | None | NotYet],
    ) -> _NotedFrame[T] | None:
        if around in frames or not is_sound(name):
            return None
        framed = read_framed(name)
        if framed is NOT_YET:
            return None
        if len(frames) >= _KEPT:
            frames.clear()
        frame = (
            None
            if framed is None
            else _NotedFrame(self._note(framed.parsed, around[0], framed.readings), framed.is_dated)
        )
        frames[around] = frame
        return frame


def _plain_key(title: str) -> str:
    """Return the key of a title whose words have no second meaning, or an empty text."""
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
        or title[-4:].isupper()  # the name of a star may follow the title
    ):
        return ""
    return key if CHANGING.isdisjoint(words) else key_of_words(words)


def _narrowed(before: str, title: str, after: str) -> tuple[str, str, str, str]:
    """Return the title between provider's words: its key, the text before it, the title, and the text after it.

    The key is empty where no such words are there, or where the rest is no plain title either.
    """
    words = fold_words(title)
    if not words or (words[0] not in AT_ENDS and words[-1] not in AT_ENDS):
        return "", before, title, after
    narrowed = without_tags(title)
    if narrowed is None:
        return "", before, title, after
    return _plain_key(narrowed.title), before + narrowed.before, narrowed.title, narrowed.after + after


class _Numbers(dict[str, int]):
    """Cache numbers of seasons and episodes. There are few, in very many names."""

    def __missing__(self, said: str) -> int:
        number = self[said] = int(said)
        return number
