"""Define the rule that a name is confirmed only when every part of it is explained.

The parts of a name are the text before the matched title, the title, its year, season and episode, and the rest. Each
part except the title is

- explained: known vocabulary, another title of the same item or its translation in another script, the year or id of
  the match, a mark of its list, or, behind an episode's number, the title of the episode;
- contradicting: another part, volume or disc, an episode of a film, a trailer, soundtrack, parody and the like;
- unexplained: everything else.

A contradicting part forbids the match. An unexplained part forbids to confirm it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from stalkeer.core.matching.works import EntryFacts, Name, Work
from stalkeer.core.titles.episode import find_mark
from stalkeer.core.titles.explained_words import (
    codes_in,
    is_brand,
    is_code,
    is_vocabulary,
    is_vocabulary_before,
    is_vocabulary_behind,
    says_quality,
)
from stalkeer.core.titles.extras import find_announcement, find_extra, find_part, part_key
from stalkeer.core.titles.habits import NO_HABITS, Columns, Habits
from stalkeer.core.titles.marks import find_season
from stalkeer.core.titles.normalise import fold, title_key
from stalkeer.core.titles.parse import Hypothesis, kind_of
from stalkeer.core.titles.repair import repair
from stalkeer.core.titles.scripts import are_of_two_scripts, sound_alike
from stalkeer.core.titles.vocabulary import AMBIGUOUS


class Remainder(NamedTuple):
    """Hold the first unexplained part and the first contradicting part of a name."""

    unexplained: str | None = None
    contradicting: str | None = None

    @property
    def is_whole(self) -> bool:
        return self.unexplained is None and self.contradicting is None

    @property
    def barrier(self) -> str | None:
        """Return why the match is not confirmed."""
        return None if self.unexplained is None else f"nothing explains {self.unexplained!r} in its name"

    @property
    def impossible(self) -> str | None:
        """Return why the entry cannot be this item."""
        return (
            None if self.contradicting is None else f"{self.contradicting!r} in its name says that it is another thing"
        )


EXPLAINED = Remainder()


class NameParts(NamedTuple):
    """Hold a repaired name, and whether it is the name of an episode."""

    text: str
    is_episode: bool
    kind: str | None  # as `parse_title` expects it
    season: int | None = None

    def head_and_tail(self) -> tuple[str, str]:
        """Return the text before the season and episode, and the text behind. The name of a film is all head."""
        mark = find_mark(self.text, self.kind) if self.is_episode else None
        return (self.text, "") if mark is None else (self.text[: mark.start], self.text[mark.end :])


class _Title(NamedTuple):
    """Hold the title by which a name is matched."""

    hypothesis: Hypothesis
    work: Work
    year: int | None


def parts_of(entry: EntryFacts) -> NameParts:
    """Split the name of an entry in the same way as the title reader."""
    title = entry.title
    is_episode = bool(title.episodes) or title.absolute is not None or title.air_date is not None
    kind = kind_of(entry.name, None if entry.kind == "other" else entry.kind)
    return NameParts(repair(entry.name), is_episode, kind, title.season)


def explain(
    parts: NameParts, hypothesis: Hypothesis, work: Work, year: int | None = None, habits: Habits = NO_HABITS
) -> Remainder:
    """Check every part of a name that is matched with a work by a reading. `year` is the account's."""
    title = _Title(hypothesis, work, hypothesis.year or year)
    if _is_plain(parts, title):
        return EXPLAINED
    row = None if parts.is_episode else habits.columns_of(parts.text)
    if row is not None:
        return _in_columns(row, title, parts, habits)
    head, tail = parts.head_and_tail()
    behind = _behind_number(tail) if parts.is_episode else EXPLAINED
    if behind.contradicting is not None:
        return behind
    found = [_around(before, after, title, parts, habits) for before, after in _places(head, hypothesis.text)]
    if not found:
        return EXPLAINED if not _says_anything(head) else Remainder(head.strip())
    return min(found, key=lambda remainder: (remainder.contradicting is not None, remainder.unexplained is not None))


def _in_columns(row: Columns, title: _Title, parts: NameParts, habits: Habits) -> Remainder:
    """Judge a name by the layout of its list: only the title column holds the title."""
    if title_key(row.title) == title.hypothesis.key and title.year in (None, row.year):
        return EXPLAINED
    found = [
        _around(before, after, title, parts, habits) for before, after in _places(row.title, title.hypothesis.text)
    ]
    return found[0] if found else Remainder(row.title)


def _around(before: str, after: str, title: _Title, parts: NameParts, habits: Habits) -> Remainder:
    """Judge the texts on both sides of the title."""
    if not parts.is_episode:
        contradicting = _contradiction(_without_known(after, title, parts), title)
        contradicting = contradicting and _contradiction(_without_titles(after, title, parts), title)
        if contradicting is not None:
            return Remainder(contradicting=contradicting)
    before = _without_group(before, after, parts)
    unexplained = _unexplained_before(before, title, habits) or _unexplained_behind(after, title, parts)
    return Remainder(unexplained)


# --- where the title stands --------------------------------------------------------------------------------------


_PLAIN_REST = re.compile(r"[ \-|]*(?:\(?((?:19|20)\d\d)\)?)?[ \-|]*(?:[Ss]\d{1,4} ?[Ee]\d{1,4})?", re.ASCII)


def _is_plain(parts: NameParts, title: _Title) -> bool:
    """Return whether a name is a known word, its title, and at most a year or a season and episode.

    Most names are, and this is asked of each.
    """
    text = parts.text
    before, found, rest = text.partition(title.hypothesis.text)
    if not found or (before and (before[-1].isalnum() or not _is_vocabulary_before(before))):
        return False
    behind = _PLAIN_REST.fullmatch(rest)
    return behind is not None and (behind[1] is None or int(behind[1]) == title.year)


@lru_cache(maxsize=2_000)
def _is_vocabulary_before(before: str) -> bool:
    return (
        before.strip().lower() not in AMBIGUOUS
        and not _ends_in_brand(before)
        and is_vocabulary_before(before.strip(" -:|[](){}/"))
    )


def _places(head: str, text: str) -> Iterator[tuple[str, str]]:
    """Yield the texts before and behind each place where the title may be. A year may stand inside the title."""
    found = False
    at = head.find(text)
    while at >= 0:
        end = at + len(text)
        if _is_apart(head[at - 1 : at], head[end : end + 1], text):
            found = True
            yield head[:at], head[end:]
        at = head.find(text, at + 1)
    if not found:
        yield from _loose_places(head, text)


def _is_apart(before: str, after: str, text: str) -> bool:
    """Return whether the title begins and ends at word borders. An order number may be joined to it."""
    if after.isalnum():
        return False
    return not before.isalnum() or (before.isdecimal() and not text[:1].isdecimal())


_WORDS = re.compile(r"[^\W_]+")
_BETWEEN = r"(?:[\W_]*[(\[]?(?:19|20)\d\d[)\]]?)?[\W_]+"


def _loose_places(head: str, text: str) -> Iterator[tuple[str, str]]:
    words = [re.escape(word) for word in _WORDS.findall(text)]
    for order in (words, [*words[1:], *words[:1]]):  # Matrix, The
        found = list(re.finditer(rf"(?<!\w){_BETWEEN.join(order)}(?!\w)", head, re.I)) if order else []
        if found:
            yield from ((head[: place.start()], head[place.end() :]) for place in found)
            return


def _says_anything(text: str) -> bool:
    return any(map(str.isalpha, text))


# --- what stands before it ---------------------------------------------------------------------------------------

_BORDER = re.compile(r"[\[\](){}|]|(?:^|\s)[-:/~]+(?:\s|$)|:\s|\s:|-\s|-$|:$|/|,\s|~")
# `1. `, `007) `, `#12 `, `03 - `, and a digit joined to the title; but `4 - ` may belong to the title
_ORDER = re.compile(r"\s*(?:[#№]\s?\d{1,4}\W*|\d{1,3}\s?[.)]\W*|0\d{1,2}\b\W*|\[\d{1,3}\]\W*)")
_GLUED_ORDER = re.compile(r"(?<!\w)\d{1,2}$")
_DASHED_ORDER = re.compile(r"\s*\d{1,4}\s?[-:|]\s*")
_GROUP = re.compile(r"\s*\[[^\[\]]*\]\s*")


def _without_group(before: str, after: str, parts: NameParts) -> str:
    """Remove the group of a release from its beginning: `[Group] Title - 05`, `[Group] Title (2011) [1080p]`."""
    is_release = parts.is_episode or says_quality(after)
    return _GROUP.sub("", before, count=1) if is_release and _GROUP.match(before) else before


def _unexplained_before(before: str, title: _Title, habits: Habits) -> str | None:
    order = (_DASHED_ORDER if habits.numbers_entries else _ORDER).match(before)
    before = before if order is None else before[order.end() :]
    before = _GLUED_ORDER.sub("", before)
    if not _has_sign(before):
        return None
    if _ends_in_brand(before):
        return before.strip()
    mark = before.strip(" -:|[](){}/")
    if before.strip().lower() in AMBIGUOUS:
        return before.strip()  # `US Marshal`: without a separator, a short code may be a word of the title
    if _ALSO_KNOWN.search(before):
        return None
    if is_vocabulary_before(mark) or _is_mark(mark, habits) or _is_other_title(mark, title):
        return None
    for piece in _pieces(before):
        is_known = (
            is_vocabulary_before(piece)
            or _is_mark(piece, habits)
            or _is_own_year(piece, title)
            or _is_other_title(piece, title)
        )
        if not is_known:
            return piece
    return None


def _is_mark(text: str, habits: Habits) -> bool:
    """Return whether a text is a mark of the list, or consists of known codes and marks: `4K-XYZ`."""
    if habits.is_mark(text):
        return True
    codes = codes_in(text) if habits.marks else []
    return bool(codes) and all(is_code(code) or habits.is_mark(code) for code in codes)


def _ends_in_brand(before: str) -> bool:
    """Return whether a text ends like `MAX: ` and `BBC: `, which may also be the first words of a title."""
    return before.rstrip()[-1:] == ":" and is_brand(list(_pieces(before))[-1])


# --- what stands behind it ---------------------------------------------------------------------------------------

_EMPTY_BRACKETS = re.compile(r"[(\[{]\s*[)\]}]")
_SYNOPSIS = re.compile(r"\b(?:sinopse|sinopsis|synopsis|trama|inhalt|opis|описание)\s*:", re.I)
_ALSO_KNOWN = re.compile(r"\ba\.?k\.?a\b[^|()\[\]]*", re.I)  # the name states that this is another title of the work


def _unexplained_behind(after: str, title: _Title, parts: NameParts) -> str | None:
    after = _ALSO_KNOWN.sub(" ", _SYNOPSIS.split(after, maxsplit=1)[0])
    if not _has_sign(after):
        return None
    if parts.is_episode:
        after = _without_seasons(after, parts.season)
    rest = _without_known(after, title, parts)
    if is_vocabulary(rest) if parts.is_episode else is_vocabulary_behind(rest.strip(" -:|"), rest):
        return None
    if _is_other_title(rest.strip(" -:|[](){}/"), title):
        return None
    pieces = list(_pieces(rest))
    for piece in pieces:
        if not (is_vocabulary_behind(piece, rest) or _is_other_title(piece, title) or _is_own_part(piece, title)):
            return piece
    return None


def _without_known(after: str, title: _Title, parts: NameParts) -> str:
    """Remove a title's year and ids from the text behind it. The year of a series may go on: `2011-2015`, `2011-`."""
    # compile an expression only where the text has the number: doing so for each item of a library would be slow
    tmdb_id, imdb_id = title.work.tmdb_id, title.work.imdb_id
    if title.year is not None and str(title.year) in after:
        years = r"(?:\s?[-/]\s?(?:(?:19|20)\d\d)?)?" if parts.is_episode else ""
        after = re.sub(rf"(?<!\d){title.year}{years}(?!\d)", " ", after)
    if tmdb_id and str(tmdb_id) in after:
        after = re.sub(rf"(?i)\btm(?:db)?(?:id)?\W?\s?{tmdb_id}\b", " ", after)
    if imdb_id and imdb_id.lower() in after.lower():
        after = re.sub(rf"(?i)\b(?:imdb(?:id)?\W?\s?)?{imdb_id}\b", " ", after)
    return _EMPTY_BRACKETS.sub(" ", after)


def _without_seasons(text: str, season: int | None) -> str:
    """Remove the season from the text behind a series' title, unless it contradicts the number of the episode."""
    found = find_season(text)
    if found is None or (season is not None and found.number != season):
        return text
    return f"{text[: found.start]} {text[found.end :]}"


def _contradiction(after: str, title: _Title) -> str | None:
    """Return the words behind the title of a film that make it something else."""
    if not _says_anything(after) and "/" not in after:
        return None
    said = fold(_SYNOPSIS.split(after, maxsplit=1)[0])
    extra = find_extra(said)
    if extra is not None and not _is_in_a_title(extra, title):
        return extra
    part = find_part(said)
    return part if part is not None and not _is_own_part(part, title) else None


def _without_titles(after: str, title: _Title, parts: NameParts) -> str:
    """Remove the other titles of the item from the text behind its title: their words contradict nothing."""
    for piece in _pieces(after):
        if _is_other_title(piece, title):
            after = after.replace(piece, " ", 1)
    return _without_known(after, title, parts)


def _is_in_a_title(words: str, title: _Title) -> bool:
    key = title_key(words)
    return any(key in name.key for name in _other_names(title))


def _is_own_part(words: str, title: _Title) -> bool:
    """Return whether a title of the item ends in this part: `Some Film (2013) Vol. II` is `Some Film: Volume 2`."""
    key = part_key(fold(words))
    return bool(key) and any(name.key.endswith(key) for name in title.work.names)


def _other_names(title: _Title) -> Iterator[Name]:
    return (name for name in title.work.names if name.key != title.hypothesis.key)


def _behind_number(tail: str) -> Remainder:
    """Judge the text behind the number of an episode: any text is its title, unless it names a trailer or recap."""
    if not _says_anything(tail):
        return EXPLAINED
    said = _without_end_tags(fold(tail))
    announced = find_announcement(said)
    return EXPLAINED if announced is None else Remainder(contradicting=announced)


def _without_end_tags(folded: str) -> str:
    words = folded.split(" ")
    while len(words) > 1 and is_vocabulary(words[-1]):
        words.pop()
    return " ".join(words)


# --- pieces ------------------------------------------------------------------------------------------------------


def _pieces(text: str) -> Iterator[str]:
    for piece in _BORDER.split(text):
        bare = piece.strip(" -:|.,;~*#!?'\"")
        if _has_sign(bare):
            yield bare


def _has_sign(text: str) -> bool:
    return any(map(str.isalnum, text))


def _is_own_year(piece: str, title: _Title) -> bool:
    return title.year is not None and piece == str(title.year)


def _is_other_title(piece: str, title: _Title) -> bool:
    """Return whether a text is the title again, another title of the item, or its translation in another script."""
    if not _says_anything(piece) and not title.hypothesis.text.isdecimal():
        return False
    key = title_key(piece)
    if key == title.hypothesis.key or any(key in (name.key, name.base) for name in title.work.names):
        return True
    return _is_title_in_other_script(piece, title)


def _is_title_in_other_script(piece: str, title: _Title) -> bool:
    """Return whether a text is a title of the item, written by its sound in another script.

    A text whose sound cannot be compared explains nothing.
    """
    words = " ".join([word for word in piece.split() if not is_vocabulary(word)])
    if words.isascii() and title.hypothesis.text.isascii():
        return False
    return any(
        title_key(words) == name.key or (are_of_two_scripts(words, name.text) and sound_alike(words, name.text))
        for name in title.work.names
    )
