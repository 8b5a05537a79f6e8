"""Parse the words of a search: words in any order, a year, an episode. Index titles for it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from stalkeer.core.titles.normalise import CHANGING, fold_words, title_words

LONGEST_WORD = 40
MOST_WORDS = 12  # words of a query that are used
_MOST_SUFFIXES = 24  # suffixes of a run of letters without spaces
_EPISODE = re.compile(r"(?<![^\W_])(?:s(\d{1,4})[\s._-]*e(\d{1,4})|(\d{1,2})x(\d{2,4}))(?![^\W_])", re.IGNORECASE)
_SEASON = re.compile(r"(?<![^\W_])s(\d{1,4})(?![^\W_])", re.IGNORECASE)
_YEAR = re.compile(r"(?:18[7-9]|19\d|20\d)\d")
# scripts that write no spaces, where a search may begin at any letter
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]+")


@dataclass(frozen=True)
class Word:
    """Hold a word of a query, as written and as in title keys (`two` as `2`)."""

    forms: tuple[str, ...]

    @property
    def year(self) -> int | None:
        return int(self.forms[0]) if _YEAR.fullmatch(self.forms[0]) else None

    def begins_any(self, words: Iterable[str]) -> bool:
        forms = self.forms
        for word in words:  # noqa: SIM110 - half as fast with a generator, and asked for thousands of words
            if word.startswith(forms):
                return True
        return False


@dataclass(frozen=True)
class SearchText:
    """Hold a query. An entry fits if each word begins a word of its title, name, group or source, or is its year."""

    words: tuple[Word, ...]
    season: int | None = None
    episode: int | None = None

    @property
    def has_number(self) -> bool:
        return self.season is not None


def read_search(text: str) -> SearchText:
    """Read a query, with `S02E04`, `2x04` and `S02` as season and episode.

    >>> read_search("Quiet Cartographers 2x04").episode
    4
    """
    season = episode = None
    if found := _EPISODE.search(text):
        season, episode = int(found[1] or found[3]), int(found[2] or found[4])
    elif found := _SEASON.search(text):
        season = int(found[1])
    rest = f"{text[: found.start()]} {text[found.end() :]}" if found else text
    return SearchText(_words(rest), season, episode)


def read_words(text: str) -> SearchText:
    """Read a query as words only, because `S02` may be a part of a name."""
    return SearchText(_words(text))


def _words(text: str) -> tuple[Word, ...]:
    written = [word[:LONGEST_WORD] for word in fold_words(text)]
    same = [word[:LONGEST_WORD] for word in title_words(text)]
    words = dict.fromkeys(
        Word((word,) if word == other else (word, other)) for word, other in zip(written, same, strict=True)
    )
    return tuple(words)[:MOST_WORDS]


def index_words(text: str) -> set[str]:
    """Return the words whose beginnings find a title. In scripts without spaces, a word begins at each letter."""
    folded = fold_words(text)
    words = {word[:LONGEST_WORD] for word in folded}
    if not CHANGING.isdisjoint(folded):
        words.update(word[:LONGEST_WORD] for word in title_words(text))
    if not text.isascii():
        for run in _UNSPACED.findall(text):
            for place in range(1, min(len(run), _MOST_SUFFIXES)):
                words.add("".join(fold_words(run[place:]))[:LONGEST_WORD])
    words.discard("")
    return words


def end_of(prefix: str) -> str:
    """Return the last word that begins with `prefix`, in any collation: words are of a-z and 0-9."""
    return prefix + "z" * (LONGEST_WORD + 1)
