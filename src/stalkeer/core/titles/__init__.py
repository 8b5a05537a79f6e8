"""Read a provider's name. Pure: text in, values out."""

from stalkeer.core.titles.alike import Alike, AlikeReader
from stalkeer.core.titles.frames import Reading
from stalkeer.core.titles.normalise import title_key, title_words
from stalkeer.core.titles.parse import (
    PARSER_VERSION,
    READINGS_SIGN,
    Hypothesis,
    ParsedTitle,
    parse_title,
    title_readings,
)
from stalkeer.core.titles.reader import TitleReader

__all__ = [
    "Alike",
    "AlikeReader",
    "PARSER_VERSION",
    "Hypothesis",
    "ParsedTitle",
    "READINGS_SIGN",
    "Reading",
    "TitleReader",
    "parse_title",
    "title_key",
    "title_readings",
    "title_words",
]
