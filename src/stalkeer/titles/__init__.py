"""What a provider's name says. Pure: text in, values out."""

from stalkeer.titles.alike import Alike, AlikeReader
from stalkeer.titles.frames import Reading
from stalkeer.titles.normalise import title_key, title_words
from stalkeer.titles.parse import PARSER_VERSION, Hypothesis, ParsedTitle, parse_title
from stalkeer.titles.reader import TitleReader

__all__ = [
    "Alike",
    "AlikeReader",
    "PARSER_VERSION",
    "Hypothesis",
    "ParsedTitle",
    "Reading",
    "TitleReader",
    "parse_title",
    "title_key",
    "title_words",
]
