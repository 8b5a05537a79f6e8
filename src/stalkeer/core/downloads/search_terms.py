"""Read the text of a search as Radarr and Sonarr write it: a title, with a year or numbers behind it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST_TERM = 300  # characters; titles are shorter
_MOST_WORDS = 24
_EPISODE = re.compile(r"(?P<title>.+?)[ ._]+S(?P<season>\d{1,4})(?:[ ._]?E(?P<episode>\d{1,4}))?", re.IGNORECASE)
_DATE = re.compile(r"(?P<title>.+?)[ ._]+(?P<year>(?:19|20)\d\d)[ ./-](?P<month>\d\d)[ ./-](?P<day>\d\d)")
_YEAR = re.compile(r"(?P<title>.+?)[ ._]+\(?(?P<year>(?:18|19|20)\d\d)\)?")
_NUMBER = re.compile(r"(?P<title>.+?)[ ._]+(?P<number>\d{1,4})")


@dataclass(frozen=True)
class ItemNumbers:
    """Hold the numbers that a request gives: season and episode, a date (or its year only), or an absolute number."""

    season: int | None = None
    episode: int | None = None
    air_date: str | None = None  # ISO date
    year: int | None = None  # year of the air dates of a season
    absolute: int | None = None


NO_NUMBERS = ItemNumbers()


@dataclass(frozen=True)
class TermReading:
    """Hold a reading of a search term. `special` is the title of a special behind the series."""

    title: str
    year: int | None = None
    numbers: ItemNumbers = NO_NUMBERS
    special: str = ""


def read_movie_term(term: str) -> Iterator[TermReading]:
    """Yield the readings of a term, the whole text as title first: `Runner 2049` is a title, `Dune 2021` is none."""
    text = _tidy(term)
    if text:
        yield TermReading(text)
    found = _YEAR.fullmatch(text)
    if found:
        yield TermReading(found["title"], int(found["year"]))


def read_series_term(term: str) -> Iterator[TermReading]:
    """Yield the readings of a term for a series, the whole text as title first."""
    text = _tidy(term)
    yield from read_movie_term(text)
    if found := _EPISODE.fullmatch(text):
        episode = int(found["episode"]) if found["episode"] else None
        yield TermReading(found["title"], numbers=ItemNumbers(int(found["season"]), episode))
    if found := _DATE.fullmatch(text):
        date = f"{found['year']}-{found['month']}-{found['day']}"
        yield TermReading(found["title"], numbers=ItemNumbers(air_date=date))
    if found := _NUMBER.fullmatch(text):
        yield TermReading(found["title"], numbers=ItemNumbers(absolute=int(found["number"])))
    words = text.split(" ")[:_MOST_WORDS]
    for length in range(len(words) - 1, 0, -1):
        yield TermReading(" ".join(words[:length]), special=" ".join(words[length:]))


def read_numbers(season: str | None, episode: str | None) -> ItemNumbers:
    """Read the parameters `season` and `ep`: `3` and `5`, `2024` and `05/02`, or the year of a daily series alone.

    Raises ValueError for anything else.
    """
    if not season:
        return NO_NUMBERS if not episode else ItemNumbers(absolute=int(episode))
    number = int(season.removeprefix("S").removeprefix("s"))
    if not episode:
        return ItemNumbers(season=number, year=number if number >= 1900 else None)
    if "/" in episode:
        month, _, day = episode.partition("/")
        return ItemNumbers(air_date=f"{number:04}-{int(month):02}-{int(day):02}")
    return ItemNumbers(number, int(episode.removeprefix("E").removeprefix("e")))


def _tidy(term: str) -> str:
    return " ".join(term[:LONGEST_TERM].replace("+", " ").split())
