"""Find the script of a text, and compare the sound of texts in different scripts."""

from __future__ import annotations

import re

from anyascii import anyascii
from rapidfuzz.distance import OSA

from stalkeer.core.titles.normalise import ARTICLES

_SCRIPTS = (
    (0x370, 0x3FF, "greek"),
    (0x1F00, 0x1FFF, "greek"),
    (0x400, 0x52F, "cyrillic"),
    (0x530, 0x58F, "armenian"),
    (0x590, 0x5FF, "hebrew"),
    (0x600, 0x77F, "arabic"),
    (0x8A0, 0x8FF, "arabic"),
    (0x900, 0x97F, "devanagari"),
    (0x980, 0x9FF, "bengali"),
    (0xB80, 0xBFF, "tamil"),
    (0xC00, 0xC7F, "telugu"),
    (0xC80, 0xCFF, "kannada"),
    (0xD00, 0xD7F, "malayalam"),
    (0xE00, 0xE7F, "thai"),
    (0x10A0, 0x10FF, "georgian"),
    (0x3040, 0x9FFF, "han"),
    (0xAC00, 0xD7AF, "hangul"),
)
_LATIN_END = "\u024f"
_LATIN_VIETNAMESE = ("\u1e00", "\u1eff")

# letters that scripts use for the same sound, in order; the consonants are left
_SOUNDS = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"dzh|tch|sch|ch|sh|zh|ts|tz|dj|ti(?=[oa])|c(?=[eiy])|j|z", "s"),
        (r"x", "ks"),
        (r"ph|[vfbp]", "p"),
        (r"[gkqc]", "k"),
        (r"[dt]", "t"),
        (r"[lr]", "r"),
        (r"[aeiouywh'\W_]", ""),
        (r"(.)\1+", r"\1"),
    )
)
_LEAST_OF_SLIP = 4  # with fewer consonants, all must be equal
_MOST_APART = 2  # consonants
_LONGEST_OF_SHORT = 3  # letters by which texts with few consonants may differ


def script_of(text: str) -> str | None:
    """Return the script of a text, or None where it has no letters or those of several scripts."""
    if text.isascii():
        return "latin" if any(map(str.isalpha, text)) else None
    scripts = {_script_of_letter(letter) for letter in text if letter.isalpha()}
    return next(iter(scripts)) if len(scripts) == 1 else None


def writing_of(text: str) -> str:
    """Return the letters that no Latin alphabet has. They distinguish two spellings with the same sound."""
    if text.isascii():
        return ""
    return "".join([letter for letter in text.casefold() if letter.isalpha() and _script_of_letter(letter) != "latin"])


def _script_of_letter(letter: str) -> str:
    if letter <= _LATIN_END or _LATIN_VIETNAMESE[0] <= letter <= _LATIN_VIETNAMESE[1]:
        return "latin"
    code = ord(letter)
    return next((name for first, last, name in _SCRIPTS if first <= code <= last), "other")


def are_of_two_scripts(text: str, other: str) -> bool:
    """Return whether each of two texts has a single script, and the scripts differ."""
    if text.isascii() and other.isascii():
        return False
    scripts = (script_of(text), script_of(other))
    return None not in scripts and scripts[0] != scripts[1]


def sound_alike(text: str, other: str) -> bool:
    """Return whether one text may be the other in another script, because their consonants agree."""
    own, others = _spoken(text), _spoken(other)
    sounds, other_sounds = _consonants(own), _consonants(others)
    shorter = min(len(sounds), len(other_sounds))
    if shorter < 2:
        return False
    if shorter < _LEAST_OF_SLIP:
        return sounds == other_sounds and abs(len(own) - len(others)) <= _LONGEST_OF_SHORT
    allowed = min(_MOST_APART, shorter // _LEAST_OF_SLIP)
    return OSA.distance(sounds, other_sounds, score_cutoff=allowed) <= allowed


def _spoken(text: str) -> str:
    """Return a text in Latin letters, without the articles that other scripts do not write."""
    words = anyascii(text).lower().split()
    return " ".join([word for word in words if word not in ARTICLES] or words)


def _consonants(text: str) -> str:
    for pattern, sound in _SOUNDS:
        text = pattern.sub(sound, text)
    return text
