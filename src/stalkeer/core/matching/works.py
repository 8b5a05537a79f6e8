"""What is matched: works of the library with all their names, wanted items of them, and entries as their names read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from stalkeer.core.titles import ParsedTitle, title_words
from stalkeer.core.titles.normalise import base_key, swap_article
from stalkeer.core.titles.scripts import SCRIPTS, script_of
from stalkeer.core.titles.vocabulary import COUNTRIES


class Name(NamedTuple):
    """One title of a work. `base` is the key without its article; year and country stand where the title says them."""

    text: str
    key: str
    base: str
    origin: str  # title | original | alternate | tmdb
    year: int | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """A film or a series. `identity` is equal for one work in two instances; `namesakes_known`: the catalogue behind
    Radarr or Sonarr was asked who else bears its title, and the answer is among the works."""

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
    is_namesake_only: bool = False  # known from a lookup alone
    countries: tuple[str, ...] = ()  # ISO 3166-1 codes of where it comes from, where TMDB was asked

    @property
    def title(self) -> str:
        return self.names[0].text if self.names else self.identity


@dataclass(frozen=True, slots=True)
class WantedItem:
    """A film, or one episode of a series, that an instance misses. `id` is what the caller knows it by."""

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
        if self.season is None or self.episode is None:
            return f"{self.work.title} ({self.work.years[0]})" if self.work.years else self.work.title
        return f"{self.work.title} S{self.season:02}E{self.episode:02}"


class EntryFacts(NamedTuple):
    """An entry as matching sees it. `poster` is the file name of its picture; source and key are for rules."""

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
    dispute: str | None = None  # how the clues on its season and number contradict one another
    is_outvoted: bool = False  # they do, but the title itself states what most of them say
    imdb_id: str | None = None


_AS_WRITTEN = SCRIPTS - {"latin"}
_DISAMBIGUATION = re.compile(r"^(?P<title>.*\S)\s*\((?P<inside>\d{4}|[A-Z]{2,3})\)$")


def read_names(titles: Iterable[tuple[str, str]]) -> tuple[Name, ...]:
    """Read names from (text, origin) pairs, in order; `Ghosts (US)` and `Ghosts (2021)` also stand for `Ghosts`."""
    names: dict[tuple[str, int | None, str | None, str | None], Name] = {}
    seen: set[str] = set()
    for text, origin in titles:
        if text in seen:
            continue
        seen.add(text)
        for name in _readings(text.strip(), origin):
            # a title in two scripts is compared as each of them is written
            script = None if name.text.isascii() else script_of(name.text)
            writing = script if script in _AS_WRITTEN else None
            names.setdefault((name.key, name.year, name.country, writing), name)
    return tuple(names.values())


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
    return Name(text, key, base_key(swap_article(text), key), origin, year, country)
