"""Name episode files and their folders as Sonarr does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from stalkeer.core.naming.clean import (
    ELLIPSIS,
    Characters,
    clean_title,
    first_character,
    title_the,
    title_without_year,
    title_year,
)
from stalkeer.core.naming.facts import NamedFile, file_values
from stalkeer.core.naming.names import LONGEST_NAME_BYTES, in_bytes
from stalkeer.core.naming.tokens import Values, fill, number, pad, plain

# season and episode as one group: `S{season:00}E{episode:00}`, `{season}x{episode:00}`, with separators
_NUMBERING = re.compile(
    r"(?P<before>(?<=\})[- ._]+)?(?P<season>s?\{season(?::(?P<season_form>0+))?\})(?P<mark>[- ._]?[ex])"
    r"\{episode(?::(?P<form>0+))?\}(?P<after>[- ._]+(?=\{))?",
    re.IGNORECASE,
)
_ABSOLUTE = re.compile(
    r"(?P<before>(?<=\})[- ._]+)?\{absolute(?::(?P<form>0+))?\}(?P<after>[- ._]+(?=\{))?", re.IGNORECASE
)
_PART_AT_END = re.compile(r" ?\((?:\d+|[ivx]+)\)$", re.IGNORECASE)
SHORTEST_TITLE = 8


class MultiEpisode(IntEnum):
    """Define the numbering of several episodes in a file, by Sonarr's own numbers."""

    EXTEND = 0  # S01E01-02-03
    DUPLICATE = 1  # S01E01.S01E02
    REPEAT = 2  # S01E01E02E03
    SCENE = 3  # S01E01-E02-E03
    RANGE = 4  # S01E01-03
    PREFIXED_RANGE = 5  # S01E01-E03


@dataclass(frozen=True)
class SeriesNaming:
    """Hold Sonarr's naming settings."""

    renames: bool = False
    standard_format: str = "{Series Title} - S{season:00}E{episode:00} - {Episode Title} {Quality Full}"
    daily_format: str = "{Series Title} - {Air-Date} - {Episode Title} {Quality Full}"
    anime_format: str = "{Series Title} - S{season:00}E{episode:00} - {Episode Title} {Quality Full}"
    series_folder_format: str = "{Series Title}"
    season_folder_format: str = "Season {season}"
    specials_folder_format: str = "Specials"
    multi_episode: MultiEpisode = MultiEpisode.PREFIXED_RANGE
    characters: Characters = Characters()


@dataclass(frozen=True)
class NamedSeries:
    title: str
    year: int | None = None
    kind: str = "standard"  # standard | daily | anime
    tvdb_id: int | None = None
    tmdb_id: int | None = None
    tvmaze_id: int | None = None
    imdb_id: str = ""


@dataclass(frozen=True)
class NamedEpisode:
    season: int
    number: int
    title: str = ""
    absolute: int | None = None
    air_date: str = ""


def episode_file_name(
    naming: SeriesNaming, series: NamedSeries, episodes: Sequence[NamedEpisode], file: NamedFile, extension: str
) -> str:
    """Return the file's name with its extension; its original name without renaming. `episodes` are of one season."""
    if not naming.renames:
        name = fill("{Original Title}", file_values(file, ""), naming.characters)
        return in_bytes(name or "episode", extension)
    ordered = sorted(episodes, key=lambda episode: episode.number)
    pattern = _numbered(_pattern(naming, series, ordered), ordered, naming.multi_episode)
    whole = _joined_titles(ordered)
    for title in (whole, *_shorter(whole)):
        values = {**series_values(series), **episode_values(ordered, title), **file_values(file, "Sonarr")}
        stem = fill(pattern, values, naming.characters)
        if len(f"{stem}{extension}".encode()) <= LONGEST_NAME_BYTES:
            break
    return in_bytes(stem, extension)


def series_folder_name(naming: SeriesNaming, series: NamedSeries) -> str:
    return in_bytes(fill(naming.series_folder_format, series_values(series), naming.characters))


def season_folder_name(naming: SeriesNaming, series: NamedSeries, season: int) -> str:
    pattern = naming.season_folder_format if season else naming.specials_folder_format
    return in_bytes(fill(pattern, {**series_values(series), "season": number(season)}, naming.characters))


def series_values(series: NamedSeries) -> Values:
    cleaned = clean_title(series.title)
    return {
        "seriestitle": plain(series.title),
        "seriescleantitle": plain(cleaned),
        "seriestitleyear": plain(title_year(series.title, series.year)),
        "seriescleantitleyear": plain(clean_title(title_year(series.title, series.year))),
        "seriestitlewithoutyear": plain(title_without_year(series.title)),
        "seriescleantitlewithoutyear": plain(clean_title(title_without_year(series.title))),
        "seriestitlethe": plain(title_the(series.title)),
        "seriescleantitlethe": plain(clean_title(title_the(series.title)).rstrip(",")),
        "seriestitletheyear": plain(title_year(title_the(series.title), series.year)),
        "seriescleantitletheyear": plain(clean_title(title_year(title_the(series.title), series.year))),
        "seriestitlethewithoutyear": plain(title_the(title_without_year(series.title))),
        "seriescleantitlethewithoutyear": plain(clean_title(title_the(title_without_year(series.title)))),
        "seriestitlefirstcharacter": plain(first_character(series.title)),
        "seriesyear": number(series.year),
        "imdbid": plain(series.imdb_id),
        "tvdbid": plain(series.tvdb_id),
        "tvmazeid": plain(series.tvmaze_id),
        "tmdbid": plain(series.tmdb_id),
    }


def episode_values(episodes: Sequence[NamedEpisode], title: str) -> Values:
    first = episodes[0]
    return {
        "episodetitle": plain(title),
        "episodecleantitle": plain(clean_title(title)),
        "airdate": plain(first.air_date.replace("-", " ") or "Unknown"),
        "season": number(first.season),
        "episode": number(first.number),
        "absolute": number(first.absolute),
    }


def _pattern(naming: SeriesNaming, series: NamedSeries, episodes: Sequence[NamedEpisode]) -> str:
    """Choose the format: daily series by date, anime by absolute number if all have it, otherwise the standard."""
    if series.kind == "daily" and episodes[0].season > 0:
        return naming.daily_format
    if series.kind == "anime" and all(episode.absolute is not None for episode in episodes):
        return naming.anime_format
    return naming.standard_format


def _numbered(pattern: str, episodes: Sequence[NamedEpisode], style: MultiEpisode) -> str:
    """Write the numbers of all episodes into the pattern."""
    pattern = _NUMBERING.sub(lambda found: _season_and_episodes(found, episodes, style), pattern)
    return _ABSOLUTE.sub(lambda found: _absolutes(found, episodes, style), pattern)


def _season_and_episodes(found: re.Match[str], episodes: Sequence[NamedEpisode], style: MultiEpisode) -> str:
    prefix = "s" if found["season"].startswith("s") else "S" if found["season"].startswith("S") else ""
    season = f"{prefix}{pad(episodes[0].season, found['season_form'] or '')}"
    mark = found["mark"]
    numbers = [pad(episode.number, found["form"] or "") for episode in episodes]
    between = found["after"] or found["before"] or "."
    more = {
        MultiEpisode.EXTEND: "".join(f"-{n}" for n in numbers[1:]),
        MultiEpisode.DUPLICATE: "".join(f"{between}{season}{mark}{n}" for n in numbers[1:]),
        MultiEpisode.REPEAT: "".join(f"{mark}{n}" for n in numbers[1:]),
        MultiEpisode.SCENE: "".join(f"-{mark}{n}" for n in numbers[1:]),
        MultiEpisode.RANGE: f"-{numbers[-1]}" if numbers[1:] else "",
        MultiEpisode.PREFIXED_RANGE: f"-{mark}{numbers[-1]}" if numbers[1:] else "",
    }[style]
    return f"{found['before'] or ''}{season}{mark}{numbers[0]}{more}{found['after'] or ''}"


def _absolutes(found: re.Match[str], episodes: Sequence[NamedEpisode], style: MultiEpisode) -> str:
    numbers = [pad(episode.absolute, found["form"] or "") for episode in episodes if episode.absolute is not None]
    if not numbers:
        return found["before"] or ""
    between = found["after"] or found["before"] or " "
    if style is MultiEpisode.DUPLICATE:
        text = between.join(numbers)
    elif style in (MultiEpisode.RANGE, MultiEpisode.PREFIXED_RANGE):
        text = numbers[0] if len(numbers) == 1 else f"{numbers[0]}-{numbers[-1]}"
    elif style is MultiEpisode.REPEAT:
        text = " ".join(numbers)
    else:
        text = "-".join(numbers)
    return f"{found['before'] or ''}{text}{found['after'] or ''}"


def _joined_titles(episodes: Sequence[NamedEpisode]) -> str:
    """Join the titles of all episodes. A title with several parts appears once."""
    if len(episodes) == 1:
        return episodes[0].title
    titles = [_PART_AT_END.sub("", episode.title) for episode in episodes if episode.title]
    return " + ".join(dict.fromkeys(titles))


def _shorter(title: str) -> list[str]:
    """List ever shorter forms: first drop whole titles, then words, then letters."""
    titles = title.split(" + ")
    fewer = [" + ".join(titles[:count]) + ELLIPSIS for count in range(len(titles) - 1, 0, -1)]
    first = titles[0]
    cut = [first[:length].rstrip(" .") + ELLIPSIS for length in range(len(first) - 1, SHORTEST_TITLE, -4)]
    return [*fewer, *cut, ""]
