"""Define both sides of a match: works of the library with names and wanted items, and entries as they were read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from stalkeer.core.titles import ParsedTitle, title_words
from stalkeer.core.titles.labels import label_of
from stalkeer.core.titles.normalise import base_key, has_initials, swap_article
from stalkeer.core.titles.parts import other_forms
from stalkeer.core.titles.scripts import writing_of
from stalkeer.core.titles.vocabulary import COUNTRIES


class Name(NamedTuple):
    """Hold a title of a work. `base` is the key without its article. Year and country are those in the title."""

    text: str
    key: str
    base: str
    origin: str  # title | original | alternate | tmdb | part
    year: int | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """Hold a film or a series. `identity` is the same for the same work in two instances.

    `namesakes_known`: Radarr or Sonarr was asked for other works of the title, and the results are among the works.
    """

    identity: str
    kind: str  # movie | series
    names: tuple[Name, ...]
    years: tuple[int, ...] = ()
    tmdb_id: int | None = None
    imdb_id: str | None = None  # tt and figures
    poster: str | None = None
    runtime_min: int | None = None
    series_type: str | None = None
    namesakes_known: bool = False
    is_namesake_only: bool = False  # known only from a lookup
    countries: tuple[str, ...] = ()  # ISO 3166-1 codes of the countries of origin, where TMDB was asked

    @property
    def title(self) -> str:
        return self.names[0].text if self.names else self.identity


@dataclass(frozen=True, slots=True)
class WantedItem:
    """Hold a film, or an episode of a series, that an instance is missing. The caller chooses `id`."""

    id: int
    work: Work
    season: int | None = None
    episode: int | None = None
    absolute: int | None = None
    scene_season: int | None = None
    scene_episode: int | None = None
    scene_absolute: int | None = None
    air_date: str | None = None
    runtime_min: int | None = None

    @property
    def label(self) -> str:
        year = self.work.years[0] if self.work.years else None
        return label_of(self.work.title, year, self.season, self.episode, self.air_date)


class EntryFacts(NamedTuple):
    """Hold the facts of an entry for matching. `poster` is the file name of its picture; rules use source and key."""

    id: int
    name: str
    kind: str
    title: ParsedTitle
    year: int | None = None
    tmdb_id: int | None = None
    poster: str | None = None
    duration_s: int | None = None
    source_slug: str = ""
    key: str = ""
    dispute: str | None = None  # how the clues on season and number contradict each other
    is_outvoted: bool = False  # they contradict, but the title states the same as most of them
    imdb_id: str | None = None


_DISAMBIGUATION = re.compile(r"^(?P<title>.*\S)\s*\((?P<inside>\d{4}|[A-Z]{2,3})\)$")


def read_names(titles: Iterable[tuple[str, str]]) -> tuple[Name, ...]:
    """Make names of (text, origin) pairs, in order. `Ghosts (US)` and `Ghosts (2021)` also count as `Ghosts`."""
    names: dict[_Spelling, Name] = {}
    seen: set[str] = set()
    for text, origin in titles:
        if text in seen:
            continue
        seen.add(text)
        for name in _readings(text.strip(), origin):
            names.setdefault(spelling_of(name), name)
    for name in [name for form in names.values() for name in _other_forms(form)]:
        names.setdefault(spelling_of(name), name)
    return tuple(names.values())


_Spelling = tuple[str, int | None, str | None, str]


def spelling_of(name: Name) -> _Spelling:
    """Return the spelling that distinguishes a name from others with the same key.

    A title in two scripts, or in other Chinese characters, counts as two: each is compared as it is written.
    """
    return name.key, name.year, name.country, writing_of(name.text)


def _other_forms(name: Name) -> Iterable[Name]:
    """Yield the other ways to write the part at the end of a title: `The Deep: Part Two` is also `The Deep 2`."""
    for text in other_forms(name.text):
        yield make_name(text, "part", name.year, name.country)


def _readings(text: str, origin: str) -> Iterable[Name]:
    if not text:
        return
    plain = make_name(text, origin)
    found = _DISAMBIGUATION.match(text)
    if found is None:
        yield plain
        return
    inside = found["inside"]
    if inside.isdecimal():
        yield make_name(found["title"], origin, year=int(inside))
    elif inside.lower() in COUNTRIES:
        yield make_name(found["title"], origin, country=COUNTRIES[inside.lower()])
    yield plain


def make_name(text: str, origin: str, year: int | None = None, country: str | None = None) -> Name:
    words = title_words(swap_article(text))
    key = "".join(words) or "".join(text.casefold().split())
    base = key if has_initials(text) else base_key(swap_article(text), key)
    return Name(text, key, base, origin, year, country)
