"""Compose the titles under which the indexer offers a playlist entry. Pure: the instance itself proves each title."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from stalkeer.core.naming.languages import language_code
from stalkeer.core.naming.release import (
    KNOWN_RESOLUTIONS,
    SOURCE,
    EpisodeName,
    FileTraits,
    MovieName,
    dotted,
    release_name,
)

CINEMA = "cam"  # the parsed source of a cinema recording of any kind
# both programs use the last source word of a name: these words replace WEB-DL
_CINEMA_WORDS = (
    ("TELESYNC", re.compile(r"\b(?:telesync|hd[ ._-]?ts|ts)\b", re.IGNORECASE)),
    ("TELECINE", re.compile(r"\b(?:telecine|hd[ ._-]?tc|tc)\b", re.IGNORECASE)),
    ("DVDSCR", re.compile(r"\b(?:screener|dvd[ ._-]?scr|scr)\b", re.IGNORECASE)),
    ("WORKPRINT", re.compile(r"\bworkprint\b", re.IGNORECASE)),
)
_SUBTITLES = "sub:"


@dataclass(frozen=True)
class Numbers:
    """Hold the numbers of episodes in one season; `absolute` is of a single episode."""

    season: int
    episodes: tuple[int, ...]
    absolute: int | None = None


@dataclass(frozen=True)
class OfferedMovie:
    """Describe a movie as its instance has it.

    `other_titles` are tried in order where its title is read as another movie.
    """

    title: str
    year: int | None
    secondary_year: int | None = None
    other_titles: tuple[str, ...] = ()


@dataclass(frozen=True)
class OfferedEpisodes:
    """Describe the episodes of a file.

    `scene` are the numbers by which the instance parses releases, where they differ.
    """

    series: str
    numbers: Numbers
    scene: Numbers | None = None
    air_date: str | None = None  # ISO date
    series_type: str = "standard"  # standard | daily | anime
    year: int | None = None
    other_titles: tuple[str, ...] = ()


@dataclass(frozen=True)
class EntryReading:
    """Hold a parsed entry: its name, quality words and languages (subtitles as `sub:fr`)."""

    name: str
    resolution: int | None
    source: str | None
    languages: tuple[str, ...]


def offer_traits(entry: EntryReading, original_language: str | None) -> FileTraits:
    """Return the traits for a title: languages only where they differ from the work's own, and no guesses."""
    spoken = tuple(dict.fromkeys(filter(None, map(language_code, audio_of(entry.languages)))))
    original = language_code(original_language or "")
    shown = () if spoken == (original,) else spoken
    source = source_word(entry.name) if entry.source == CINEMA else SOURCE
    return FileTraits(entry.resolution, None, shown, source)


def audio_of(languages: Sequence[str]) -> tuple[str, ...]:
    return tuple(code for code in languages if not code.startswith(_SUBTITLES))


def source_word(name: str) -> str:
    """Return the source word of a cinema recording: from its name, else CAM."""
    return next((word for word, pattern in _CINEMA_WORDS if pattern.search(name)), "CAM")


def offer_titles(item: OfferedMovie | OfferedEpisodes, traits: FileTraits) -> tuple[str, ...]:
    """Return the titles to try, the plainest first. Empty where no letter of a title is possible in a name."""
    names = _movie_names(item) if isinstance(item, OfferedMovie) else _episode_names(item)
    usable = (name for name in names if dotted(name.title if isinstance(name, MovieName) else name.series))
    return tuple(dict.fromkeys(release_name(name, traits) for name in usable))


def _movie_names(movie: OfferedMovie) -> Iterator[MovieName]:
    titles = (movie.title, *movie.other_titles)
    yield from (MovieName(title, movie.year) for title in titles)
    if movie.secondary_year:
        yield MovieName(movie.title, movie.secondary_year)


def _episode_names(item: OfferedEpisodes) -> Iterator[EpisodeName]:
    is_single = len(item.numbers.episodes) == 1
    for title in (item.series, *item.other_titles):
        if item.series_type == "daily" and item.air_date and is_single and item.numbers.season > 0:
            yield EpisodeName(title, item.numbers.season, item.numbers.episodes, item.air_date)
        yield from _numbered(title, item)
    if item.year:  # without the year, the title may also mean an older series
        for numbers in filter(None, (item.numbers, item.scene)):
            yield EpisodeName(item.series, numbers.season, numbers.episodes, year=item.year)


def _numbered(title: str, item: OfferedEpisodes) -> Iterator[EpisodeName]:
    for numbers in dict.fromkeys(filter(None, (item.scene, item.numbers))):
        yield EpisodeName(title, numbers.season, numbers.episodes)
    absolute = (item.scene or item.numbers).absolute
    if item.series_type == "anime" and absolute is not None:
        yield EpisodeName(title, item.numbers.season, item.numbers.episodes, absolute=absolute)


def episodes_of_file(wanted: Collection[int], first: int | None, last: int | None) -> tuple[int, ...] | None:
    """Return every episode that a file holds, by the numbers of its wanted ones and of its entry.

    Return None where the entry's numbers differ from the instance's, because the other episodes in the file are then
    unknown.
    """
    own = tuple(sorted(wanted))
    if first is None or last is None or last <= first:
        return own if len(own) == 1 else None
    held = tuple(range(first, last + 1))
    if len(own) == len(held):
        return own if own == tuple(range(own[0], own[-1] + 1)) else None
    return held if set(own) <= set(held) else None


# the resolutions in the names of releases, the sharpest first
RESOLUTION_WORDS = tuple(f".{lines}p." for lines in sorted(KNOWN_RESOLUTIONS, reverse=True))


def named_resolution(release: str) -> int | None:
    """Return the resolution in the name of an offered release; None without one."""
    return next((lines for lines in sorted(KNOWN_RESOLUTIONS, reverse=True) if f".{lines}p." in release), None)


def movie_key(tmdb_id: int | None, imdb_id: str | None, arr_id: int) -> str:
    """Return an identifier of a movie that stays when its id in the instance changes."""
    if tmdb_id:
        return f"movie:tmdb:{tmdb_id}"
    return f"movie:imdb:{imdb_id}" if imdb_id else f"movie:{arr_id}"


def episodes_key(tvdb_id: int | None, arr_id: int, numbers: Numbers) -> str:
    series = f"series:tvdb:{tvdb_id}" if tvdb_id else f"series:{arr_id}"
    return f"{series}:{numbers.season}:{'+'.join(map(str, numbers.episodes))}"
