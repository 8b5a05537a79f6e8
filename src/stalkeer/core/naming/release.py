"""Build release names that Radarr and Sonarr map back to the same item.

A name holds title and year as the instance writes them, then verified facts about the file. An unknown resolution is
left out; the instance then measures it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from stalkeer.core.naming.languages import language_code
from stalkeer.core.naming.names import without_device

GROUP = "STALKEER"
LONGEST_BYTES = 230  # 255 bytes of a file name, less the extension and an instance's suffixes

# the words that both programs read as languages, by ISO 639-1 code
LANGUAGE_WORDS = {
    "ar": "ARABIC",
    "bg": "BULGARIAN",
    "cs": "CZECH",
    "da": "DANISH",
    "de": "GERMAN",
    "el": "GREEK",
    "en": "ENGLISH",
    "es": "SPANISH",
    "fi": "FINNISH",
    "fr": "FRENCH",
    "he": "HEBREW",
    "hi": "HINDI",
    "hu": "HUNGARIAN",
    "it": "ITALIAN",
    "ja": "JAPANESE",
    "ko": "KOREAN",
    "nl": "DUTCH",
    "no": "NORWEGIAN",
    "pl": "POLISH",
    "pt": "PORTUGUESE",
    "ro": "ROMANIAN",
    "ru": "RUSSIAN",
    "sv": "SWEDISH",
    "th": "THAI",
    "tr": "TURKISH",
    "uk": "UKRAINIAN",
    "vi": "VIETNAMESE",
    "zh": "CHINESE",
}
# without a source word, both programs guess television from the resolution or the extension
SOURCE = "WEB-DL"
CODEC_WORDS = {"h264": "x264", "avc": "x264", "x264": "x264", "h265": "x265", "hevc": "x265", "x265": "x265"}
KNOWN_RESOLUTIONS = (480, 576, 720, 1080, 2160)
_APOSTROPHES = re.compile(r"['’‘`´]")
_NOT_IN_NAMES = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class MovieName:
    """Name a movie's title and year in its instance."""

    title: str
    year: int | None


@dataclass(frozen=True)
class EpisodeName:
    """Name episodes of one season, or an episode of a daily series, as in their instance."""

    series: str
    season: int
    episodes: tuple[int, ...]
    air_date: str | None = None  # for a daily series: ISO date, instead of the numbers
    absolute: int | None = None  # for an anime: instead of season and episode
    year: int | None = None  # year of the series, where another series has the same title


@dataclass(frozen=True)
class FileTraits:
    """Hold known facts of the file: lines, the container's codec name, audio languages as ISO 639 codes.

    `source` is the release source in the name: SOURCE, or the word for a cinema recording.
    """

    resolution: int | None = None
    codec: str | None = None
    languages: tuple[str, ...] = ()
    source: str = SOURCE


def release_name(item: MovieName | EpisodeName, traits: FileTraits) -> str:
    """Build a name such as `Dune.2021.FRENCH.1080p.WEB-DL.x264-STALKEER`; safe for folders and files."""
    tail = ".".join([*_language_words(traits), *_resolution_words(traits), traits.source, *_codec_words(traits)])
    middle = _numbering(item)
    room = LONGEST_BYTES - len(f"..{middle}.{tail}-{GROUP}".encode())
    title = _cut(dotted(item.title if isinstance(item, MovieName) else item.series), room)
    return without_device(".".join(filter(None, (title, middle, tail))) + f"-{GROUP}")


def dotted(title: str) -> str:
    """Join words by dots. Both programs ignore the removed characters when they compare titles."""
    return _NOT_IN_NAMES.sub(".", _APOSTROPHES.sub("", title)).strip(".")


def _numbering(item: MovieName | EpisodeName) -> str:
    if isinstance(item, MovieName):
        return str(item.year) if item.year else ""
    year = f"{item.year}." if item.year else ""
    if item.air_date:
        return year + item.air_date.replace("-", ".")
    if item.absolute is not None:
        return f"{year}-.{item.absolute:02}"  # the hyphen keeps the number out of the title
    numbers = "".join(f"E{number:02}" for number in item.episodes)
    return f"{year}S{item.season:02}{numbers}"


def _language_words(traits: FileTraits) -> list[str]:
    words = (LANGUAGE_WORDS.get(language_code(code)) for code in traits.languages)
    return list(dict.fromkeys(word for word in words if word))


def _resolution_words(traits: FileTraits) -> list[str]:
    return [f"{traits.resolution}p"] if traits.resolution in KNOWN_RESOLUTIONS else []


def _codec_words(traits: FileTraits) -> list[str]:
    word = CODEC_WORDS.get((traits.codec or "").lower())
    return [word] if word else []


def _cut(text: str, room: int) -> str:
    """Cut the text to `room` bytes, between words if possible."""
    encoded = text.encode()
    if len(encoded) <= room:
        return text
    cut = encoded[:room].decode(errors="ignore")
    return (cut.rpartition(".")[0] or cut).strip(".")
