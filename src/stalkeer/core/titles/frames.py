"""Read names that differ only in their titles: the text around the title is read once.

`FR - Some Film (2020) [4K]` is the frame `FR - ... (2020) [4K]` around a plain title, whose words have no second
meaning. A frame is learned by reading it around two made-up titles that differ as much as possible, with two years
where it has one. It is used only where both give the same result, so that the short way and the whole way agree. In
doubt there is no frame.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from typing import Final, NamedTuple

from stalkeer.core.titles.ages import AGE_WORDS
from stalkeer.core.titles.editions import EDITION_WORDS
from stalkeer.core.titles.endings import SCENE_WORDS, is_signed
from stalkeer.core.titles.marks import EPISODE_WORDS, MONTHS, SEASON_WORDS
from stalkeer.core.titles.normalise import ARTICLES, fold_words, key_of_words, title_key
from stalkeer.core.titles.parse import EXTRA_WORDS, READINGS_SIGN, Hypothesis, NameHead, is_junk
from stalkeer.core.titles.tags import TagSet
from stalkeer.core.titles.vocabulary import PHRASES, TAGS

_WORD = r"(?:[A-Za-zÀ-ÖØ-öø-ɏ]+(?:['\-][A-Za-zÀ-ÖØ-öø-ɏ]+)*|&)"
SHAPE = (
    r"((?:[!-`{-~]{1,12}(?: [-|:]|(?<=[:|\])}])) ?){0,3}+)"  # codes in capitals, each with its separator
    rf"({_WORD}(?:(?:[.,!?]|(?: \d{{1,2}})?:| [\-:!?])? {_WORD})*+(?: ?[!?])?)"  # the title
    # a year, without another number that may be a year; or any other text
    r"(?:((?: \d{1,3})?(?: \(| \[| - ))((?:19\d|20[012])\d)(?!\d)((?:[^12]|1(?![89]\d\d)|2(?!0\d\d))*)"
    r"|([ ,:\-|(\[].*)?)"
)
_fullmatch = re.compile(SHAPE).fullmatch
_YEAR = re.compile(r"(?:18|19|20)\d\d")
_JOINT = re.compile(r"[:\-]")
_PUNCTUATION = ".,:!?-"
_DIGIT = re.compile(r"\d")
LONGEST = 120  # of a name; longer names are rare, and hardly share a frame
SHORTEST = 3  # of a title
_LONGEST_END = 40
_LONGEST_CODE = 6
_KEPT = 20_000

# words that form a marker or tag with a neighbouring word, anywhere in a name
TELLING = SCENE_WORDS | {
    *(folded for word in SEASON_WORDS | EPISODE_WORDS for folded in (word, *fold_words(word))),
    *MONTHS,
    *"x s t h n aka blu rip dl hd bd remux".split(),  # noqa: SIM905
}

_PROVIDERS_WORDS = frozenset(TAGS) | {
    folded
    for phrase in (*(phrase for phrase, _ in PHRASES), *(word for word in TAGS if "-" in word), *EXTRA_WORDS)
    for folded in fold_words(phrase)
}
# words that may be a provider's addition at either end of a title
AT_ENDS = _PROVIDERS_WORDS | EDITION_WORDS | AGE_WORDS | {"tmdb", "imdb", "tvdb", "tmdbid", "imdbid", "tvdbid", "tt"}
_BEHIND = AT_ENDS | TELLING

# two titles of the same kind that differ as much as possible, without and with a number
_MADE_UP = {
    False: ("Quixquax", "Vorblun Zafrik Plomsted Drunwick"),
    True: ("Quixquax 3: Zot", "Vorblun Zafrik 14: Plomsted Drunwick"),
}
_FIRST_YEAR, _OTHER_YEAR = 2001, 1987


class _Kind(NamedTuple):
    """Hold the traits of a title that may change how its frame is read."""

    is_upper: bool
    is_lower: bool  # in its first letter
    is_numbered: bool

    def made_up(self) -> tuple[str, str]:
        """Return two titles of this kind."""
        short, long = _MADE_UP[self.is_numbered]
        if self.is_upper:
            return short.upper(), long.upper()
        return (short.lower(), long.lower()) if self.is_lower else (short, long)


class Reading(NamedTuple):
    """Hold a reading of a title in its frame: the texts of the frame that stay in it, and its penalty."""

    before: str
    after: str
    penalty: float


class Framed(NamedTuple):
    """Hold a name that was read by its frame. `is_extra`: the name is a trailer or the like."""

    head: NameHead
    is_extra: bool
    is_dated: bool  # the year belongs to the name, not to the frame
    readings: tuple[Reading, ...]


class NotYet(Enum):
    """Mark a frame that was not seen often enough to be learned."""

    NOT_YET = "not yet"


NOT_YET: Final = NotYet.NOT_YET


class _Shape(NamedTuple):
    """Hold a name split into its title and the texts around it."""

    before: str
    title: str
    key: str
    after: str  # up to the year, if there is one
    year: int | None
    end: str
    kind: _Kind

    def around(self, title: str, year: int) -> str:
        return f"{self.before}{title}{self.after}{'' if self.year is None else year}{self.end}"


class _Text(NamedTuple):
    """Hold a reading and the texts of the frame that stay in it. `is_dated`: its year is the year of the name."""

    before: str
    after: str
    penalty: float
    year: int | None
    is_dated: bool


class _Frame(NamedTuple):
    texts: tuple[_Text, ...]
    readings: tuple[Reading, ...]
    is_bare: bool  # the only reading is the title itself
    year: int | None
    is_dated: bool
    season: int | None
    tags: TagSet
    is_extra: bool


class Frames:
    """Cache the frames seen so far. `read_whole` reads a text the whole way, or returns None if it has a marker."""

    def __init__(self, read_whole: Callable[[str], NameHead | None]) -> None:
        self._read_whole = read_whole
        self._frames: dict[tuple[str, str, str, bool, _Kind], _Frame | None] = {}

    def read(self, text: str) -> Framed | None:
        """Return the reading of a repaired name, or None where it must be read the whole way."""
        shape = _shape(text)
        if shape is None:
            return None
        key = (shape.before, shape.after, shape.end, shape.year is None, shape.kind)
        frame = self._frames.get(key, _UNSEEN)
        if frame is _SEEN:
            frame = self._frames[key] = self._learn(shape)
        elif frame is _UNSEEN:
            # most frames have a single title, and learning a frame costs four readings
            if len(self._frames) >= _KEPT:
                self._frames.clear()
            self._frames[key] = _SEEN
            return None
        return None if frame is None else _fill(frame, shape)

    def known(self, text: str) -> Framed | None | NotYet:
        """Return the reading of a name whose frame is already learned.

        Return None where names in this frame are never read by it, and `NOT_YET` where it may still be learned.
        """
        shape = _shape(text)
        if shape is None:
            return None
        frame = self._frames.get((shape.before, shape.after, shape.end, shape.year is None, shape.kind), _UNSEEN)
        if frame is _UNSEEN or frame is _SEEN:
            return NOT_YET
        return None if frame is None else _fill(frame, shape)

    def _learn(self, shape: _Shape) -> _Frame | None:
        if shape.year is not None and _YEAR.search(shape.before):
            return None
        if _may_say_title(shape.after) or _may_say_title(shape.end):
            return None  # Title (2020) Title (2020) has one title, Title (2020) Other (2020) has two
        short, long = shape.kind.made_up()
        frame = self._try(shape, short, _FIRST_YEAR)
        return frame if frame is not None and frame == self._try(shape, long, _OTHER_YEAR) else None

    def _try(self, shape: _Shape, title: str, year: int) -> _Frame | None:
        """Return the frame that results from reading this title and year in it."""
        text = shape.around(title, year)
        head = self._read_whole(text)
        if head is None or not head.hypotheses:
            return None
        texts: list[_Text] = []
        for hypothesis in head.hypotheses:
            before, found, after = hypothesis.text.partition(title)
            if not found or title in after:
                return None
            is_dated = shape.year is not None and hypothesis.year == year
            texts.append(_Text(before, after, hypothesis.penalty, None if is_dated else hypothesis.year, is_dated))
        is_bare = len(texts) == 1 and not texts[0].before and not texts[0].after
        is_dated = shape.year is not None and head.year == year
        readings = tuple([Reading(text.before, text.after, text.penalty) for text in texts])
        return _Frame(
            tuple(texts),
            readings,
            is_bare,
            None if is_dated else head.year,
            is_dated,
            head.season,
            head.tags,
            is_junk(text),
        )


_NOTHING = _Frame((), (), is_bare=False, year=None, is_dated=False, season=None, tags=TagSet(), is_extra=False)
_UNSEEN, _SEEN = _NOTHING._replace(is_bare=True), _NOTHING._replace(is_dated=True)


def _fill(frame: _Frame, shape: _Shape) -> Framed:
    title = shape.title
    year = shape.year if frame.is_dated else frame.year
    if frame.is_bare:
        only = frame.texts[0]
        hypotheses = (Hypothesis(title, shape.key, only.penalty, shape.year if only.is_dated else only.year),)
        return Framed(
            NameHead(title, hypotheses, year, frame.season, frame.tags), frame.is_extra, frame.is_dated, frame.readings
        )
    filled: list[Hypothesis] = []
    for kept in frame.texts:
        text = f"{kept.before}{title}{kept.after}"
        filled.append(Hypothesis(text, title_key(text), kept.penalty, shape.year if kept.is_dated else kept.year))
    text = READINGS_SIGN.join(hypothesis.text for hypothesis in filled)
    return Framed(
        NameHead(text, tuple(filled), year, frame.season, frame.tags), frame.is_extra, frame.is_dated, frame.readings
    )


def _shape(text: str) -> _Shape | None:
    """Split a name into a plain title and the texts around it. Return None where its title is not plain."""
    found = _fullmatch(text) if len(text) <= LONGEST else None
    if found is None:
        return None
    before, title, after, year, end, other = found.groups()
    if year is None:
        after, end = other or "", ""
    if len(after) + len(end) > _LONGEST_END or len(title) < SHORTEST:
        return None
    words = fold_words(title)
    if not words or not TELLING.isdisjoint(words):
        return None
    if words[0] in AT_ENDS or words[-1] in AT_ENDS:
        narrowed = without_tags(title)
        if narrowed is None:
            return None
        before, title, after = before + narrowed.before, narrowed.title, narrowed.after + after
        words = narrowed.words
    if len(words) == 1 and words[0] in ARTICLES:
        return None
    if (
        " - " in title
        or (title[-4:].isupper() and is_signed(title))
        or not title[0].isalpha()
        or _is_like_a_code(title)
        or (", " in title and words[-1] in ARTICLES)
    ):
        return None
    kind = _Kind(title.isupper(), title[0].islower(), _DIGIT.search(title) is not None)
    return _Shape(before, title, key_of_words(words), after, int(year) if year is not None else None, end, kind)


def _may_say_title(text: str) -> bool:
    """Return whether a word behind the title may belong to a title, because it is no known word."""
    return any(word not in _BEHIND for word in fold_words(text) if len(word) >= SHORTEST and word.isalpha())


class Narrowed(NamedTuple):
    """Hold a title and the known words before and after it."""

    before: str
    title: str
    after: str
    words: list[str]  # folded, of the title itself


def without_tags(title: str) -> Narrowed | None:
    """Remove words of `AT_ENDS` from both ends of a title.

    Return None where the rest is not beyond doubt a title.
    """
    words = title.split(" ")
    first, last = 0, len(words)
    while first < last and _is_no_titles(words[first]):
        first += 1
    while last > first and _is_no_titles(words[last - 1]):
        last -= 1
    inner = " ".join(words[first:last])
    folded = fold_words(inner)
    if len(inner) < SHORTEST or folded[0] in AT_ENDS or folded[-1] in AT_ENDS or inner[-1] in ".,:":
        return None
    before = "".join([f"{word} " for word in words[:first]])
    return Narrowed(before, inner, "".join([f" {word}" for word in words[last:]]), folded)


def _is_no_titles(word: str) -> bool:
    bare = word.strip(_PUNCTUATION)
    return not bare or bare.lower() in TAGS


def _is_like_a_code(title: str) -> bool:
    """Return whether a title looks like a provider's code: capitals before a colon or a hyphen, or only capitals."""
    if len(title) <= _LONGEST_CODE and title.isupper() and " " not in title:
        return True
    if ":" not in title and "-" not in title:
        return False
    head = _JOINT.split(title, maxsplit=1)[0]
    return head == head.upper()
