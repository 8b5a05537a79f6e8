"""Hold the parts of season and episode marks: words of many languages, numbers in words, seasons named alone."""

# ruff: noqa: E501, SIM905 - word lists read best as lines of words

from __future__ import annotations

import re
from typing import NamedTuple

from stalkeer.core.titles.languages import single, words_of
from stalkeer.core.titles.normalise import fold


class Mark(NamedTuple):
    """Hold a season/episode marker. The text before `start` names the series, the text from `end` on is of the episode."""

    start: int
    end: int
    season: int | None = None
    episodes: tuple[int, ...] = ()
    absolute: int | None = None
    air_date: str | None = None


_SEASONS = words_of(lambda words: words.season) | frozenset("бөлүм الجزء سيزن tempo".split())
_EPISODES = words_of(lambda words: words.episode) | frozenset("e ح chapitre kapitel epizod seriya serya".split())
# as `str.lower` folds them, and without accents, as many lists write them
SEASON_WORDS = single(_SEASONS) | frozenset(map(fold, single(_SEASONS))) | {"sason"}
EPISODE_WORDS = single(_EPISODES) | frozenset(map(fold, single(_EPISODES)))


def any_of(words: frozenset[str]) -> str:
    """Join words to a pattern, the longest first."""
    return "|".join(sorted(words, key=lambda word: (-len(word), word)))


SEASON, EPISODE = any_of(SEASON_WORDS), any_of(EPISODE_WORDS)
NUMBERS_IN = re.compile(r"\d+")
_MONTHS = "january february march april may june july august september october november december".split()
MONTHS = {name: n for n, month in enumerate(_MONTHS, start=1) for name in (month, month[:3])} | {"sept": 9}
# words of release names for files; a number before them counts episodes
QUALITY = (
    r"(?:[1-9]\d{2,3}[pi]|\d{3,4}\s?[x\u00d7]\s?\d{3,4}|web-?dl|web-?rip|web-?mux|blu-?ray"
    r"|b[dr][ -]?rip|b[dr]-?mux|bd[ -]?remux|bd\d{3,4}p|tc\d{3,4}p|hdtv|hd-?rip|dvd-?rip|dvdscr|dvd-?mux|dvd-?divx|dvdivx|dvd-?[59]|hd-?cam"
    r"|camrip|hd-?ts|hd-?tc|telesync|tv-?rip(?:hd)?|pdtv|dvd-?r\d?|hd-?dvd|vhs-?rip|r5|xvid|[xh][. ]?26[45]|hevc|hi10p?|1?[08]bit|flac|vorbis)"
)
_QUALITY = re.compile(rf"(?<!\w){QUALITY}(?!\w)", re.I)
_LETTERS = re.compile(r"[^\W\d_]+")
_WORDS = re.compile(r"[^\s\d.,:;|/_()\[\]{}\-+&#!?]+")  # with the vowel signs of Indian and Thai letters
_DIGIT = re.compile(r"\d")
_SEASON_ONLY = re.compile(
    rf"(?<!\w)(?:s(\d{{1,2}})|(?:{SEASON})\s*[.:#n°]*\s*(\d{{1,2}}|[^\W\d_]+)(?:\s?of\s?\d{{1,2}}|\sde\s\d{{1,2}})?"
    rf"|(\d{{1,2}})\s*(?:[.ªºa]|st|nd|rd|th)?(?:\s*(?:a|to|-|&)\s*\d{{1,2}}\s*[.ªºa]?)?\s*(?:{SEASON}))(?!\w)",
    re.I,
)
_BETWEEN_SEASONS = re.compile(
    rf"(?:[\s.,&+\-/()\[\]]|\b(?:to|a|al|bis|and|complete|{SEASON}|s?\d{{1,2}})\b|[ªº])*", re.I
)
_ORDINALS = {
    word: n
    for n, words in enumerate(
        (
            "one first un une uno una eins الاول الأول اول primera prima premiere erste i",
            "two second deux dos due dois zwei الثاني الثانى ثاني segunda seconda deuxieme zweite ii",
            "three third trois tres tre drei الثالث ثالث tercera terza troisieme dritte iii",
            "four fourth quatre cuatro quattro quatro vier الرابع رابع cuarta quarta quatrieme vierte iv",
            "five fifth cinq cinco cinque fünf الخامس خامس quinta cinquieme v",
            "six sixth seis sei sechs السادس سادس sexta sesta sixieme vi",
            "seven seventh sept siete sette sete sieben السابع سابع septima settima septieme vii",
            "eight eighth huit ocho otto oito acht الثامن ثامن octava ottava huitieme viii",
            "nine ninth neuf nueve nove neun التاسع تاسع novena nona neuvieme ix",
            "ten tenth dix diez dieci dez zehn العاشر عاشر decima dixieme x",
        ),
        start=1,
    )
    for word in words.split()
}
_HAN_DIGITS = {digit: n for n, digit in enumerate("一二三四五六七八九", start=1)} | {"〇": 0, "零": 0, "两": 2}


def last_match(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = None
    for found in pattern.finditer(text):  # noqa: B007 - the last one is wanted
        pass
    return found


def says_season(text: str) -> bool:
    words = _LETTERS if text.isascii() else _WORDS
    return not SEASON_WORDS.isdisjoint(words.findall(text.lower()))


def number_of(word: str) -> int | None:
    """Return the value of a number in digits, in words of several languages, or in Chinese figures below a hundred."""
    if word.isdecimal():
        return int(word)
    known = _ORDINALS.get(word.casefold())
    if known is not None:
        return known
    tens, ten, ones = word.partition("十")
    if not ten:
        return _HAN_DIGITS.get(word)
    above, below = _HAN_DIGITS.get(tens) if tens else 1, _HAN_DIGITS.get(ones) if ones else 0
    return None if above is None or below is None else above * 10 + below


class Season(NamedTuple):
    """Hold the place and the number of a season in a name. Of several seasons, it is the first."""

    start: int
    end: int
    number: int


def find_season(text: str) -> Season | None:
    """Find the last marker that names only a season: `S02`, `Season 2`, `2. Staffel`; of `S01-S04` the first season."""
    if not _DIGIT.search(text) and not says_season(text):
        return None
    return _last_season(text, len(text))


def season_before(text: str, end: int) -> tuple[int | None, int]:
    """Find a season anywhere before the number of the episode, and the end of the series' name."""
    found = _last_season(text, end)
    return (found.number, found.start) if found is not None else (None, end)


def counts_seasons(text: str, place: int) -> bool:
    """Return whether the number at this place is that of a season: `Season 19`."""
    return any(found.start() <= place < found.end() for found in _SEASON_ONLY.finditer(text))


def _last_season(text: str, end: int) -> Season | None:
    found: Season | None = None
    for match in _SEASON_ONLY.finditer(text, 0, end):
        number = number_of(match[1] or match[2] or match[3])
        if number is None:
            continue
        if found is not None and _QUALITY.search(text, found.end, match.start()):
            return found  # a season behind the quality of a release repeats the first one
        if found is not None and _BETWEEN_SEASONS.fullmatch(text, found.end, match.start()):
            found = found._replace(end=match.end())  # S01-S04, S02 Season 2: the season of all that follows
        else:
            found = Season(match.start(), match.end(), number)
    return found
