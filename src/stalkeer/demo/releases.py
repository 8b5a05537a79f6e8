"""Parse release names as Radarr and Sonarr do, and define their qualities."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

VIDEO_EXTENSIONS = frozenset(
    (".mkv", ".mp4", ".m4v", ".avi", ".mov", ".wmv", ".mpg", ".mpeg", ".ts", ".m2ts", ".flv", ".webm", ".strm", ".ogm")
)


@dataclass(frozen=True)
class Quality:
    """Describe a quality, with its number in both programs.

    `radarr_source` and `sonarr_source` are their words for it.
    """

    id: int
    name: str
    radarr_source: str
    sonarr_source: str
    resolution: int
    weight: int

    def resource(self, program: str) -> dict[str, Any]:
        if program == "Radarr":
            source = self.radarr_source
            return {
                "id": self.id,
                "name": self.name,
                "source": source,
                "resolution": self.resolution,
                "modifier": "none",
            }
        return {"id": self.id, "name": self.name, "source": self.sonarr_source, "resolution": self.resolution}

    def model(self, program: str) -> dict[str, Any]:
        revision = {"version": 1, "real": 0, "isRepack": False}
        return {"quality": self.resource(program), "revision": revision}


QUALITIES = (
    Quality(0, "Unknown", "unknown", "unknown", 0, 1),
    Quality(1, "SDTV", "tv", "television", 480, 2),
    Quality(2, "DVD", "dvd", "dvd", 480, 3),
    Quality(8, "WEBDL-480p", "webdl", "web", 480, 4),
    Quality(12, "WEBRip-480p", "webrip", "webRip", 480, 4),
    Quality(4, "HDTV-720p", "tv", "television", 720, 5),
    Quality(5, "WEBDL-720p", "webdl", "web", 720, 6),
    Quality(14, "WEBRip-720p", "webrip", "webRip", 720, 6),
    Quality(6, "Bluray-720p", "bluray", "bluray", 720, 7),
    Quality(9, "HDTV-1080p", "tv", "television", 1080, 8),
    Quality(3, "WEBDL-1080p", "webdl", "web", 1080, 9),
    Quality(15, "WEBRip-1080p", "webrip", "webRip", 1080, 9),
    Quality(7, "Bluray-1080p", "bluray", "bluray", 1080, 10),
    Quality(16, "HDTV-2160p", "tv", "television", 2160, 11),
    Quality(18, "WEBDL-2160p", "webdl", "web", 2160, 12),
    Quality(17, "WEBRip-2160p", "webrip", "webRip", 2160, 12),
    Quality(19, "Bluray-2160p", "bluray", "bluray", 2160, 13),
)
BY_ID = {quality.id: quality for quality in QUALITIES}
BY_NAME = {quality.name: quality for quality in QUALITIES}
LANGUAGES = {"english": 1, "french": 2, "spanish": 3, "german": 4, "italian": 5, "polish": 12, "turkish": 17}

_SOURCES = (
    ("WEBRip", re.compile(r"\bweb[-. ]?rip\b", re.I)),
    ("WEBDL", re.compile(r"\bweb(?:[-. ]?dl)?\b", re.I)),
    ("Bluray", re.compile(r"\b(?:blu-?ray|bdrip|brrip)\b", re.I)),
    ("HDTV", re.compile(r"\bhdtv\b", re.I)),
    ("DVD", re.compile(r"\bdvd(?:rip)?\b", re.I)),
)
_RESOLUTION = re.compile(r"\b(2160|1080|720|480)[pi]\b", re.I)
_YEAR = re.compile(r"^(?P<title>.+?)[\W_]+(?P<year>(?:19|20)\d\d)(?![\dpi])(?!.*[\W_](?:19|20)\d\d(?![\dpi]))", re.I)
_EPISODE = re.compile(r"^(?P<title>.*?)[\W_]*\bS(?P<season>\d{1,4})(?P<episodes>(?:[-. ]?E\d{1,4})+)(?!\d)", re.I)
_CROSS = re.compile(r"^(?P<title>.*?)[\W_]+(?P<season>\d{1,2})x(?P<episode>\d{2,3})\b", re.I)
_DAILY = re.compile(r"^(?P<title>.*?)[\W_]+(?P<date>(?:19|20)\d\d[-. ]\d\d[-. ]\d\d)\b")
_ABSOLUTE = re.compile(r"^(?P<title>.+?)[\W_]+(?P<absolute>\d{2,4})(?=[\W_]|$)")
_GROUP = re.compile(r"-(?P<group>[A-Za-z][A-Za-z0-9]+)$")


@dataclass(frozen=True)
class ReadMovie:
    title: str
    year: int


@dataclass(frozen=True)
class ReadEpisode:
    title: str
    season: int = 0
    episodes: tuple[int, ...] = ()
    air_date: str | None = None
    absolute: tuple[int, ...] = ()


def clean_title(title: str) -> str:
    """Return the programs' comparison form: no accents, punctuation, articles or joining words."""
    folded = unicodedata.normalize("NFKD", title.casefold())
    words = re.findall(r"[^\W_]+", "".join(c for c in folded if not unicodedata.combining(c)).replace("&", " and "))
    kept = [word for word in words if word not in {"a", "an", "the", "and", "or", "of"}]
    return "".join(kept or words)


def read_movie(name: str) -> ReadMovie | None:
    found = _YEAR.match(name)
    return None if found is None else ReadMovie(_spaced(found["title"]), int(found["year"]))


def read_episode(name: str) -> ReadEpisode | None:
    """Read season and episode first, then a date, then an absolute number: the order of trust."""
    if found := _EPISODE.match(name):
        numbers = [int(number) for number in re.findall(r"\d+", found["episodes"])]
        if len(numbers) == 2 and "-" in found["episodes"]:
            numbers = list(range(numbers[0], numbers[1] + 1))
        return ReadEpisode(_spaced(found["title"]), int(found["season"]), tuple(numbers))
    if found := _CROSS.match(name):
        return ReadEpisode(_spaced(found["title"]), int(found["season"]), (int(found["episode"]),))
    if found := _DAILY.match(name):
        return ReadEpisode(_spaced(found["title"]), air_date=re.sub(r"[. ]", "-", found["date"]))
    if found := _ABSOLUTE.match(name):
        return ReadEpisode(_spaced(found["title"]), absolute=(int(found["absolute"]),))
    return None


def read_quality(name: str, extension: str, program: str) -> Quality:
    """Return the last source in the name; without one, the extension decides."""
    resolution = _RESOLUTION.search(name)
    last: tuple[int, str] | None = None
    for source, pattern in _SOURCES:
        for found in pattern.finditer(name):
            if last is None or found.start() > last[0]:
                last = (found.start(), source)
    if last is None and resolution is None:
        return _by_extension(extension, program)
    if last is None:
        height = resolution[1] if resolution else "480"
        return BY_NAME["SDTV" if height == "480" else f"HDTV-{height}p"]
    if last[1] == "DVD":
        return BY_NAME["DVD"]
    height = resolution[1] if resolution else "480"
    return BY_NAME.get(f"{last[1]}-{height}p", BY_NAME["SDTV"])


def corrected(quality: Quality, width: int, height: int) -> Quality:
    """Return the quality with the measured resolution; the source stays as in the name."""
    if width >= 3200 or height >= 2100:
        real = 2160
    elif width >= 1800 or height >= 1000:
        real = 1080
    elif width >= 1200 or height >= 700:
        real = 720
    else:
        real = 480
    source = quality.name.split("-")[0]
    if quality.name in ("SDTV", "Unknown"):
        source = "HDTV"
    return BY_NAME.get(f"{source}-{real}p", BY_NAME["SDTV"])


def read_languages(name: str) -> list[dict[str, Any]]:
    words = set(re.findall(r"[a-z]+", name.casefold()))
    found = [{"id": number, "name": word.capitalize()} for word, number in LANGUAGES.items() if word in words]
    return found or [{"id": 0, "name": "Unknown"}]


def read_group(name: str) -> str | None:
    found = _GROUP.search(name)
    return None if found is None else found["group"]


def _by_extension(extension: str, program: str) -> Quality:
    movie = {".mkv": "WEBDL-720p", ".ts": "SDTV", ".mp4": "SDTV", ".avi": "SDTV"}
    episode = {".mkv": "HDTV-720p", ".ts": "HDTV-720p", ".mp4": "SDTV", ".avi": "SDTV"}
    return BY_NAME[(movie if program == "Radarr" else episode).get(extension.casefold(), "Unknown")]


def _spaced(title: str) -> str:
    return re.sub(r"[\W_]+$", "", re.sub(r"[._]+", " ", title)).strip()
