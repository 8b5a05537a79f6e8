"""Clean text for file names as both programs do: illegal characters, colons, forms of titles."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from stalkeer.core.naming.names import without_device, without_unseen

# replacements for characters that Windows refuses; without replacement they are removed
_REPLACED = {"\\": "+", "/": "+", "<": "", ">": "", "?": "!", "*": "-", "|": "", '"': ""}
_BRACKETS = str.maketrans("", "", "()[]{}")
_LONE_SIGNS = frozenset(",<>\\;:'\"|`’~!?@$%^*-_=")  # noqa: RUF001 - people write both apostrophes
_ENDING_SIGNS = "':?,"
_ARTICLE = re.compile(r"(?P<article>the|an?) (?P<rest>\S.*?)(?P<tail>(?: \([^()]*\))*)$", re.IGNORECASE)
_YEAR_AT_END = re.compile(r" \((?:18|19|20)\d\d\)$")
_REPEATED_SEPARATOR = re.compile(r"(?P<sign>[- ._])(?P=sign)+")
ELLIPSIS = "\x00"  # placeholder: three dots would count as a repeated separator


class Colon(StrEnum):
    """Define the replacement for a colon."""

    DELETE = "delete"
    DASH = "dash"
    SPACE_DASH = "spaceDash"
    SPACE_DASH_SPACE = "spaceDashSpace"
    SMART = "smart"
    CUSTOM = "custom"


# Sonarr uses the number, Radarr the name
COLONS = (Colon.DELETE, Colon.DASH, Colon.SPACE_DASH, Colon.SPACE_DASH_SPACE, Colon.SMART, Colon.CUSTOM)


@dataclass(frozen=True)
class Characters:
    """Hold an instance's settings for characters that file names must not have."""

    replace_illegal: bool = True
    colon: Colon = Colon.SMART
    custom_colon: str = ""


def clean_value(text: str, characters: Characters) -> str:
    """Remove or replace the illegal characters in a token's value."""
    if characters.replace_illegal:
        text = _replace_colons(text, characters)
        text = "".join(_REPLACED.get(sign, sign) for sign in text)
    else:
        text = "".join(sign for sign in text if sign != ":" and sign not in _REPLACED)
    return text.lstrip(" .").rstrip(" ")


def _replace_colons(text: str, characters: Characters) -> str:
    if characters.colon is Colon.SMART:
        return text.replace(": ", " - ").replace(":", "-")
    signs = {
        Colon.DELETE: "",
        Colon.DASH: "-",
        Colon.SPACE_DASH: " -",
        Colon.SPACE_DASH_SPACE: " - ",
        Colon.CUSTOM: characters.custom_colon,
    }
    return text.replace(":", signs[characters.colon])


def tidy_component(text: str) -> str:
    """Tidy one part of a path: merge repeated separators, remove them at the end, and make the name legal."""
    text = ELLIPSIS.join(map(without_unseen, text.split(ELLIPSIS)))
    text = _REPEATED_SEPARATOR.sub(r"\g<sign>", text)
    return without_device(text.strip(" ").rstrip("- ._").replace(ELLIPSIS, "..."))


def clean_title(title: str) -> str:
    """Reduce a title to plain words: `&` as `and`, no brackets, no signs at the ends of words, no accents."""
    text = title.replace("&", "and").replace("/", " ").translate(_BRACKETS)
    words = [_without_ending_signs(word) for word in text.split(" ") if not (len(word) == 1 and word in _LONE_SIGNS)]
    return without_accents(" ".join(words))


def _without_ending_signs(word: str) -> str:
    for ending in ("'s", "'m"):
        if word.lower().endswith(ending):
            return word[:-2] + word[-1]
    return word[:-1] if word[-1:] in tuple(_ENDING_SIGNS) else word


def without_accents(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(c for c in decomposed if not unicodedata.combining(c)))


def title_the(title: str) -> str:
    """Move the article behind the title, before anything in brackets: `Office, The (US)`."""
    found = _ARTICLE.fullmatch(title)
    return f"{found['rest']}, {found['article']}{found['tail']}" if found else title


def title_year(title: str, year: int | None) -> str:
    """Append the year unless the title ends with a year."""
    if not year or _YEAR_AT_END.search(title):
        return title
    return f"{title} ({year})"


def title_without_year(title: str) -> str:
    return _YEAR_AT_END.sub("", title)


def first_character(title: str) -> str:
    """Return the letter or digit under which a title is sorted; `_` for any other start."""
    filed = title_the(title)
    for character in filed[:2]:
        if character.isalnum():
            return without_accents(character.upper())[:1]
    return "_"


def shorten(text: str, length: int) -> str:
    """Shorten to `length` characters with an ellipsis; a negative length keeps the end."""
    longest = abs(length)
    if length == 0 or len(text) <= longest:
        return text
    room = max(longest - 3, 0)
    if length < 0:
        return ELLIPSIS + text[len(text) - room :].lstrip(" .")
    return text[:room].rstrip(" .") + ELLIPSIS
