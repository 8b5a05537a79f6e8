"""Decide the kind and the key of an entry: by its URL, then by its name, group and duration."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote

from stalkeer.core.catalogue.learned import TOKEN_NAMES
from stalkeer.model import EntryKind

MOVIE = EntryKind.MOVIE.value
EPISODE = EntryKind.EPISODE.value
LIVE = EntryKind.LIVE.value
OTHER = EntryKind.OTHER.value
FILE_EXTENSIONS = frozenset(
    {"mp4", "mkv", "avi", "mov", "m4v", "wmv", "flv", "webm", "mpg", "mpeg", "divx", "ogm", "ogv", "3gp", "m2ts", "mts"}
    | {"vob", "asf", "rm", "rmvb", "iso", "f4v"}
)
LIVE_EXTENSIONS = frozenset(("ts", "m3u8", "mpd"))
LIVE_SCHEMES = ("rtmp", "rtsp", "rtp", "udp", "mms", "srt", "rist")
SHORTEST_MOVIE_S = 60

# a season and episode as most names write it; the title parser knows more forms and decides
EPISODE_NAME = re.compile(
    r"(?<![a-z0-9])(?:s\s?\d{1,4}[\s._-]{0,3}e(?:p(?:isode)?)?[\s._]?\d{1,4}|\d{1,2}x\d{2,4}(?![0-9])"
    r"|(?:season|saison|staffel|temporada|stagione|sezon)\s?\d{1,3}\b.{0,12}?\d{1,4}"
    r"|\d{1,3}\.\s?(?:sezon|staffel).{0,6}\d{1,4}\.?\s?(?:b[öo]l[üu]m|folge)|odcinek\s\d+|episode\s\d+)",
    re.IGNORECASE,
)
_MOVIE_GROUP = re.compile(r"\b(?:vod|films?|movies?|pel[ií]culas|cin[eé]ma|filme|filmes|kino)\b", re.IGNORECASE)
_SERIES_GROUP = re.compile(r"\b(?:srs|s[eé]ries?|serien|shows?|diziler?|novelas?)\b", re.IGNORECASE)


class Nature(NamedTuple):
    """Hold an entry's kind, the reason for it, and the key that identifies the entry within its source."""

    kind: str
    reason: str
    key: str


class UrlParts(NamedTuple):
    scheme: str
    host: str  # empty for the source's own base
    path: str
    query: str
    base: str  # the placeholder's number; "" for the first base or none

    @property
    def extension(self) -> str:
        """Return the extension of the file in the path, or of a media file that the query names: `play.php?f=7.mkv`."""
        in_path = _extension_of(self.path.rpartition("/")[2])
        if not self.query or in_path in FILE_EXTENSIONS or in_path in LIVE_EXTENSIONS:
            return in_path
        in_query = (_extension_of(pair.rpartition("=")[2]) for pair in self.query.split("&"))
        return next((found for found in in_query if found in FILE_EXTENSIONS), in_path)


def _extension_of(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""


def split_url(url: str) -> UrlParts:
    """Split a URL template. Never raises."""
    head, _, query = url.partition("#")[0].partition("?")
    if head.startswith("{base"):
        base, _, path = head.partition("/")
        return UrlParts("http", "", "/" + path, query, base[5:-1])
    scheme, mark, rest = head.partition("://")
    if not mark:
        return UrlParts("", "", head, query, "")
    host, _, path = rest.partition("/")
    return UrlParts(scheme.lower(), host.rpartition("@")[2].lower(), "/" + path, query, "")


_NUMBERS = re.compile(r"\d+(?:\.\d+)*")
_ACCOUNT_PATH = re.compile(r"(?:/(movie|series|live))?/\{username(\d*)\}/\{password\d*\}/(\d+)(?:\.\w+)?")
_SECTIONS = {"movie": MOVIE, "series": EPISODE, "live": LIVE}


def nature_of(url: str, name: str, group: str, duration_s: int | None) -> Nature:
    """Return kind and key of the entry with the URL template `url`."""
    parts = split_url(url)
    account = _ACCOUNT_PATH.fullmatch(parts.path)
    if account is None:
        kind, reason = kind_of_file(parts, name, group, duration_s)
        return Nature(kind, reason, file_key(parts))
    section, number, stream = account.groups()
    prefix = f"{number}:" if number else ""
    if section:
        return Nature(_SECTIONS[section], "url", f"{prefix}{section}:{stream}")
    if parts.extension in LIVE_EXTENSIONS or not parts.extension:
        return Nature(LIVE, "url", f"{prefix}live:{stream}")
    kind, reason = kind_of_file(parts, name, group, duration_s)
    return Nature(kind, reason, f"{prefix}file:{stream}")


def kind_of_file(parts: UrlParts, name: str, group: str, duration_s: int | None) -> tuple[str, str]:
    """Return the kind and its reason for a URL that is not a panel's: by extension, name, duration and group."""
    if parts.scheme.startswith(LIVE_SCHEMES):
        return LIVE, "url"
    extension = parts.extension
    is_file = extension in FILE_EXTENSIONS
    is_long = duration_s is not None and duration_s >= SHORTEST_MOVIE_S
    says_series = bool(_SERIES_GROUP.search(group))
    if EPISODE_NAME.search(name) and (is_file or is_long or says_series or extension not in LIVE_EXTENSIONS):
        return EPISODE, "name"
    if is_file:
        return MOVIE, "url"
    if is_long:
        return MOVIE, "duration"
    if extension in LIVE_EXTENSIONS:
        return (MOVIE, "group") if _MOVIE_GROUP.search(group) and extension != "ts" else (LIVE, "url")
    if _MOVIE_GROUP.search(group):
        return MOVIE, "group"
    if says_series:
        return OTHER, "group"
    return (LIVE, "duration") if duration_s is None else (OTHER, "duration")


def file_key(parts: UrlParts) -> str:
    """Return path and query without tokens. A media file keeps its key on any of the source's hosts.

    A host that is not one of the source's is written without its numbers: `s1.example` and `s2.example` are siblings.

    >>> file_key(split_url("{base2}/films/7.mkv?token=abc&part=2"))
    '/films/7.mkv?part=2'
    >>> file_key(split_url("http://s12.example:8080/films/7.mkv"))
    '//s#.example/films/7.mkv'
    """
    query = ""
    if parts.query:
        kept = [pair for pair in parts.query.split("&") if pair.partition("=")[0].lower() not in TOKEN_NAMES]
        query = "?" + "&".join(kept) if kept else ""
    is_file = parts.extension in FILE_EXTENSIONS
    if parts.host:
        host = f"//{_NUMBERS.sub('#', parts.host.partition(':')[0])}" if is_file else f"//{parts.host}"
    else:
        host = f"{parts.base}:" if parts.base and not is_file else ""
    return f"{host}{parts.path}{query}"


def name_from_url(url: str) -> str:
    """Return the file's name for an entry without a name.

    >>> name_from_url("{base}/films/The%20Film%20(2001).mkv")
    'The Film (2001)'
    """
    name = unquote(split_url(url).path.rstrip("/").rpartition("/")[2])
    stem, dot, extension = name.rpartition(".")
    return stem if dot and extension.lower() in FILE_EXTENSIONS | LIVE_EXTENSIONS else name
