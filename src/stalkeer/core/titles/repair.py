"""Undo damage to names: entities, mojibake, look-alike characters, frames, underscores and dots instead of spaces."""

from __future__ import annotations

import html
import re
import unicodedata

import ftfy

from stalkeer.core.titles.paths import EXTENSION, name_in_path
from stalkeer.core.titles.release import out_of_brackets, without_group, without_sites
from stalkeer.core.titles.vocabulary import LANGUAGES

# UTF-8 read as Latin-1 or Windows-1252 leaves these pairs behind
_MOJIBAKE = re.compile(
    "[\u00c2\u00c3\u00c4\u00c5\u00d0\u00d1\u00d8\u00d9\u00e2][\u0080-\u00bf\u2013-\u203a\u20ac\u2122\u0152-\u0192]"
)
_FRAMES: dict[int, str | None] = dict.fromkeys(
    map(ord, "┃│║▎▌▍▏❘❙❚╎┆┇┊┋∣∥｜ǀ▪●•◉◦★☆✪✦✧✩✭✰⭐➤►▶▷▸➜➝➞→➾❖◆◇■□▐«»《》【】〖〗「」『』▁▂▃▄▅▆▇█☀☾⚡✅🔴🎬"), "|"
)
_FRAMES |= {ord(c): "'" for c in "\u2019\u2018\u201b`\u00b4\u02bc\u02b9\u2032"}
_FRAMES |= {ord(c): '"' for c in "\u201c\u201d\u201e\u201f\u2033"}
_FRAMES |= {ord(c): "-" for c in "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\u30fb\u00b7"}
_FRAMES |= {ord("\u2026"): "...", ord("\u2044"): "/", ord("\u2215"): "/", ord("\u0640"): None, ord("_"): " "}
_FRAMES |= dict.fromkeys(map(ord, "\u2122\u00ae\u00a9"))
_FRAMES |= dict.fromkeys(range(0x1F1E6, 0x1F200))  # flags
_FRAMES |= dict.fromkeys(range(0xFE00, 0xFE10))  # variation selectors
_DIGITS = {ord(zero) + n: str(n) for zero in "\u0660\u06f0\u0966\u09e6\u0e50" for n in range(10)}
_TABLE = _FRAMES | _DIGITS
_IN_TABLE = re.compile("[" + re.escape("".join(map(chr, _TABLE))) + "]")
# direction marks, joiners, controls, surrogates, private use: no part of a name
_UNSEEN = re.compile(
    "[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20dd-\u20e0\ufeff\ue000-\uf8ff\ud800-\udfff]"
)
_PIPES = re.compile(r"\|(?:\s*\|)+")
_DOTTED = re.compile(r"(?<=[^\W_]|[,)\]!?'+~*])\.(?=[^\W_]|[\[(~])")
_DOTTED_DASH = re.compile(r"\.-\.+(?=\S)")
_ANY_DOTS = re.compile(r"\.+(?=\S)")
_DECIMALS = re.compile(r"(?<=\b[257])\.(?=[01]\b)")  # 5.1, 7.1: sound, not a word break
_STARRED_YEAR = re.compile(r"\*((?:19|20)\d\d)\*")
_OPEN_YEAR = re.compile(r"[(\[](?=(?:19|20)\d\d$)")
_GLUED_LANGUAGE = re.compile(
    r"(?:(?<=\w)(?:(?:_|--)([A-Za-z]{2,3})|-(eng|esp|spa|fra|fre|ger|deu|ita|por|pol|rus|tur))|(?<=[a-z])-([A-Z]{2}))"
    r"(?=$|\s+(?:-\s+)?[Ss]\d|\s*[(\[])"
)
# the pattern begins with its sign, because the search is then fast
_GLUED_BY_HYPHEN = re.compile(r"-(?<=\w-)[A-Za-z]{2,3}(?=$|[ ([])")
_SHOWS_COUNTRIES = frozenset(("US", "UK", "AU", "NZ"))
_RUSSIAN_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)\s?г(?:\.|ода?)?(?!\w)")


def repair(name: str) -> str:
    """Return a name as its author meant it, in NFKC, on one line. Frames and arrows become `|`.

    Of a path or a release name, return the part that names the video.
    """
    if is_sound(name):
        return name
    text = name_in_path(name)
    if "&" in text and ";" in text:
        text = html.unescape(text)
    if "[" in text or "\u3010" in text:
        text = out_of_brackets(without_group(text))
    if text[-4:].isdecimal():
        text = _OPEN_YEAR.sub("(", text) + (")" if _OPEN_YEAR.search(text) else "")  # Title (2011
    if text[-1:] == "." and text[-5:-1].isdecimal() and text[-6:-5] in " -":
        text = text[:-1]  # Title 2011.
    spaces = text.strip().count(" ")
    text = _GLUED_LANGUAGE.sub(_in_brackets, text)
    if "*" in text:
        text = _STARRED_YEAR.sub(r"(\1)", text)
    if not text.isascii():
        text = _RUSSIAN_YEAR.sub(r"(\1)", _repair_unicode(text))
    elif "_" in text:
        text = text.replace("_", " ")
    if "." in text or text[:2].lower() == "ww":
        text = _undot(EXTENSION.sub("", without_sites(text)), spaces)
    return " ".join(text.split())


def _in_brackets(found: re.Match[str]) -> str:
    """Write `Title_eng`, `Title--esp`, `Title-eng` as `Title [eng]`."""
    code = found[1] or found[2] or found[3]
    if code.lower() not in LANGUAGES:
        return found[0]
    return f" [{code if code in _SHOWS_COUNTRIES else code.lower()}]"  # in capitals, brackets hold countries


def is_sound(name: str) -> bool:
    """Return whether a name certainly needs no repair."""
    return (
        name.isascii()
        and name.isprintable()
        and "_" not in name
        and "." not in name
        and "&" not in name
        and "*" not in name
        and "/" not in name
        and "\\" not in name
        and "  " not in name
        and "--" not in name
        and ("-" not in name or _GLUED_BY_HYPHEN.search(name) is None)
        and not (name[-4:].isdecimal() and name[-5:-4] in "([")
        and name[:1] not in (" ", "[")
        and name[-1:] != " "
    )


def _repair_unicode(text: str) -> str:
    if _MOJIBAKE.search(text):
        text = ftfy.fix_encoding(text)
    if _IN_TABLE.search(text):
        text = text.translate(_TABLE)
    if not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text).translate(_TABLE)
    return _PIPES.sub("|", _UNSEEN.sub("", text))


def _undot(text: str, spaces: int) -> str:
    """Replace the dots of `Some.Film.2019.1080p` by spaces. `Mr. Robot` and `Vol.2 (2017)` keep theirs.

    `spaces` is the number of spaces in the name.
    """
    dots = len(_DOTTED.findall(text))
    if not dots or (spaces and (dots < 2 or dots <= spaces)):
        return text
    text = _DOTTED_DASH.sub(" - ", _DECIMALS.sub("\ue000", text))
    text = text.rstrip(".") if text[-5:-1].isdecimal() else text
    text = _DOTTED.sub(" ", text) if spaces else _ANY_DOTS.sub(" ", text)
    return text.replace("\ue000", ".")
