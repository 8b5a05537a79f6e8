"""Find the most useful name in the path of a file: of `Films/Some Film (2020)/sf.mkv` it is `Some Film (2020)`."""

from __future__ import annotations

import re

from stalkeer.core.titles.normalise import title_key

EXTENSION = re.compile(
    r"\.(?:mkv|mp4|avi|m4v|mov|wmv|m2ts|ts|flv|webm|mpe?g|ogm|divx|rmvb|vob|iso|asf|3gp|nfo|srt|sub|ass|strm|torrent)"
    r"\s*$",
    re.I,
)
_SEPARATOR = re.compile(r"[\\/]+")
_ROOT = re.compile(r"^(?:/|\\\\|[A-Za-z]:\\)(?=[^\\/\s])")
_BRACKETS = re.compile(r"\[[^\]]*\]|\([^)]*\)|\{[^}]*\}")
_SEASON_FOLDER = re.compile(
    r"(?:season|saison|staffel|temporada|stagione|sezon|series?)[ ._]?\d{1,4}|s\d{1,2}|specials?", re.I
)
_GENERIC = frozenset(
    """media mnt data home video videos movie movies film films filme filmes pelis peliculas series serie tv shows
    tvshows anime animes vod downloads download complete tmp var volume1 season minisodes extras folder""".split()  # noqa: SIM905
)
_EPISODE = re.compile(r"(?<![a-z0-9])(?:s\d{1,4}[ ._-]{0,3}[ex]|\d{1,2}x)\d{1,3}(?!\d)", re.I)
_BEGINS_WITH_NUMBER = re.compile(r"[\W_]*(?:e|ep|episode)?[ ._]?(\d+)", re.I)
_BEGINS_WITH_EPISODE = re.compile(r"[\W_]*(?:e|ep|episode)[ ._]?\d+", re.I)
_DATED = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_QUALITY = re.compile(
    r"(?<![a-z0-9])(?:\d{3,4}[pi]|(?:dvd|b[dr]|hd|web)-?rip|web-?dl|blu-?ray|[xh][ .]?26[45]|xvid)", re.I
)
_LETTER = re.compile(r"[^\W\d_]")


def name_in_path(text: str) -> str:
    """Return the name in a path. Return the text itself where it is no path, as `A / B` and `24/7`."""
    if "/" not in text and "\\" not in text:
        return text
    if not _ROOT.match(text) and not EXTENSION.search(text):
        return text
    parts = [part.strip() for part in _SEPARATOR.split(_ROOT.sub("", text, count=1)) if part.strip()]
    if len(parts) < 2 or " / " in text or any(_is_torn(part) for part in parts):
        return text
    return _of_episode(parts) or _of_movie(parts)


def _is_torn(part: str) -> bool:
    """Return whether a bracket opens here and closes behind the next slash, which then separates no folders."""
    rest = _BRACKETS.sub("", part)
    return rest.count("[") != rest.count("]") or rest.count("(") != rest.count(")")


def _of_episode(parts: list[str]) -> str | None:
    """Return the name of the file, behind the folder of the series where the file does not name it. None for a film."""
    own = parts[-1]
    mark = _EPISODE.search(own)
    if mark is not None and _LETTER.search(own[: mark.start()]):
        return own
    season = next((part for part in reversed(parts[:-1]) if _SEASON_FOLDER.fullmatch(part)), None)
    series = next((part for part in reversed(parts[:-1]) if _names_something(part)), None)
    if mark is not None:
        is_named = series is None or title_key(own[: mark.start()]) == title_key(series)
        return own if is_named else f"{series} {own}"
    if season is None:
        return f"{series} {own}" if series is not None and _BEGINS_WITH_EPISODE.match(own) else None
    numbered = _BEGINS_WITH_NUMBER.match(own)
    if numbered is not None:
        return f"{series or ''} {season} E{numbered[1]} {own[numbered.end() :]}".strip()
    return f"{series} {season}" if series is not None else own


def _of_movie(parts: list[str]) -> str:
    """Return the folder where it has the year or more than the short name of the file, with the quality of the file."""
    own = parts[-1]
    folder = next((part for part in reversed(parts[:-1]) if _names_something(part)), None)
    if folder is None:
        return own
    quality = _QUALITY.search(own)
    if _DATED.search(folder) or (_QUALITY.search(folder) and not _DATED.search(own)):
        return folder if quality is None or _QUALITY.search(folder) else f"{folder} {own[quality.start() :]}"
    return own


def _names_something(part: str) -> bool:
    words = part.lower().split()
    is_generic = all(word in _GENERIC for word in words) or len(part) < 2  # a single letter is an alphabetical folder
    return not is_generic and not _SEASON_FOLDER.fullmatch(part) and title_key(part) != ""
