"""Read very many names that differ in their title alone: what stands around it is read once.

`FR - Some Film (2020) [4K]` is a frame, `FR - ... (2020) [4K]`, around a plain title: words that mean nothing but
themselves wherever they stand. A frame is learnt by reading it around two made-up titles as unlike as two titles can
be, and two years where it holds one. Only where both come out alike is it used, so it says what the whole way says; in
any doubt there is no frame.
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
    # a year and no other number that could be one; or whatever else follows
    r"(?:((?: \d{1,3})?(?: \(| \[| - ))((?:19\d|20[012])\d)(?!\d)((?:[^12]|1(?![89]\d\d)|2(?!0\d\d))*)"
    r"|([ ,:\-|(\[].*)?)"
)
_fullmatch = re.compile(SHAPE).fullmatch
_YEAR = re.compile(r"(?:18|19|20)\d\d")
_JOINT = re.compile(r"[:\-]")
_PUNCTUATION = ".,:!?-"
_DIGIT = re.compile(r"\d")
LONGEST = 120  # of a name; longer ones are rare, and no two have one frame
SHORTEST = 3  # of a title
_LONGEST_END = 40
_LONGEST_CODE = 6
_KEPT = 20_000

# words that mean something together with what stands beside them, anywhere in a name
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
# words that may be a provider's at either end of a title
AT_ENDS = _PROVIDERS_WORDS | EDITION_WORDS | AGE_WORDS | {"tmdb", "imdb", "tvdb", "tmdbid", "imdbid", "tvdbid", "tt"}
_BEHIND = AT_ENDS | TELLING

# two titles as unlike as two of one kind can be, without and with a number
_MADE_UP = {
    False: ("Quixquax", "Vorblun Zafrik Plomsted Drunwick"),
    True: ("Quixquax 3: Zot", "Vorblun Zafrik 14: Plomsted Drunwick"),
}
_FIRST_YEAR, _OTHER_YEAR = 2001, 1987


class _Kind(NamedTuple):
    """The traits of a title on which the reading of its frame may depend."""

    is_upper: bool
    is_lower: bool  # at its beginning
    is_numbered: bool

    def made_up(self) -> tuple[str, str]:
        """Two titles of this kind."""
        short, long = _MADE_UP[self.is_numbered]
        if self.is_upper:
            return short.upper(), long.upper()
        return (short.lower(), long.lower()) if self.is_lower else (short, long)


class Reading(NamedTuple):
    """A reading of a title in its frame: the parts of the frame that it keeps, and its penalty."""

    before: str
    after: str
    penalty: float


class Framed(NamedTuple):
    """A name read by its frame. `is_extra`: a trailer or the like, which its own text says."""

    head: NameHead
    is_extra: bool
    is_dated: bool  # the year is its own, not the frame's
    readings: tuple[Reading, ...]


class NotYet(Enum):
    """The frame was not seen often enough to be known."""

    NOT_YET = "not yet"


NOT_YET: Final = NotYet.NOT_YET


class _Shape(NamedTuple):
    """A name apart: its title, and what stands around it."""

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
    """Hold a reading and the part of the frame that it keeps. `is_dated`: its year is the name's."""

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
    """The frames seen so far. `read_whole` reads a text the whole way; None where the text has a marker."""

    def __init__(self, read_whole: Callable[[str], NameHead | None]) -> None:
        self._read_whole = read_whole
        self._frames: dict[tuple[str, str, str, bool, _Kind], _Frame | None] = {}

    def read(self, text: str) -> Framed | None:
        """Return the reading of a repaired name, or None: it must be read the whole way."""
        shape = _shape(text)
        if shape is None:
            return None
        key = (shape.before, shape.after, shape.end, shape.year is None, shape.kind)
        frame = self._frames.get(key, _UNSEEN)
        if frame is _SEEN:
            frame = self._frames[key] = self._learn(shape)
        elif frame is _UNSEEN:
            # most frames stand around one title only, and learning costs four readings
            if len(self._frames) >= _KEPT:
                self._frames.clear()
            self._frames[key] = _SEEN
            return None
        return None if frame is None else _fill(frame, shape)

    def known(self, text: str) -> Framed | None | NotYet:
        """Return the reading of a name whose frame is known already. None where no other title in this frame will be
        read by it either."""
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
            return None  # Title (2020) Title (2020) is one, Title (2020) Other (2020) two
        short, long = shape.kind.made_up()
        frame = self._try(shape, short, _FIRST_YEAR)
        return frame if frame is not None and frame == self._try(shape, long, _OTHER_YEAR) else None

    def _try(self, shape: _Shape, title: str, year: int) -> _Frame | None:
        """Return the frame as one title and year show it."""
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
    """Return a name apart, where its title is plain."""
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
    """Return whether a word behind the title may be one of a title, too: no provider's."""
    return any(word not in _BEHIND for word in fold_words(text) if len(word) >= SHORTEST and word.isalpha())


class Narrowed(NamedTuple):
    """A title apart: the provider's words before it, itself, and those after it."""

    before: str
    title: str
    after: str
    words: list[str]  # folded, of the title itself


def without_tags(title: str) -> Narrowed | None:
    """Return a title with words of `AT_ENDS` at its ends, without them; None where what is left is no title beyond
    doubt."""
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
    """Return whether a title begins like a provider's code: capitals before a colon or a hyphen, or nothing but
    capitals."""
    if len(title) <= _LONGEST_CODE and title.isupper() and " " not in title:
        return True
    if ":" not in title and "-" not in title:
        return False
    head = _JOINT.split(title, maxsplit=1)[0]
    return head == head.upper()
