"""Read the names without doubt, which are most names, in a short way."""

from __future__ import annotations

import re

from stalkeer.core.titles.ages import AGE_WORDS
from stalkeer.core.titles.editions import EDITION_ENDS, without_edition
from stalkeer.core.titles.endings import (
    AKA_WORD,
    BARE_YEAR,
    DIGIT,
    GLUED_END,
    GROUP_YEAR,
    PHRASES_BY_END,
    SCENE,
    SCENE_WORDS,
    is_signed,
)
from stalkeer.core.titles.halves import dashed_halves
from stalkeer.core.titles.tags import NO_TAGS, TagSet, tag_of, tag_set
from stalkeer.core.titles.title_text import TRIM, TitleText, year_of
from stalkeer.core.titles.vocabulary import AMBIGUOUS, LANGUAGES, TAGS

_LANGUAGE_SETS = {code: tag_set([TAGS[code]]) for code in LANGUAGES}
_PLAIN_ENDS = {
    word: tag_set([tag]) for word, tag in TAGS.items() if tag.field == "resolution" and not SCENE.search(f"[{word}]")
}


# the form of most names: [FR - ] Title [(2020) or - 2020]; of a frame around the code, only the end is left
_PLAIN = re.compile(
    r"(?:([A-Z]{2,3})(?: - |: |\| ?))?([^\W\d_][^|()\[\]{}/+]*[^|()\[\]{}/+\s:;,\-])",
)
_JOINT = re.compile(r"[:\-]")


def read_plain(text: str) -> tuple[TitleText, TagSet] | None:
    """Return the only reading of a name without doubt, and its tags. Return None for any other name."""
    text, end = _without_resolution(text.strip(TRIM))
    text, year = _without_year(text)
    found = _PLAIN.fullmatch(text)
    if found is None:
        return None
    code, title = found.groups()
    code = code.lower() if code else ""
    if code and (code in AMBIGUOUS or code not in LANGUAGES):
        return None
    if not _is_plain_title(title) or (year is not None and year_of(year) is None):
        return None
    number = int(year) if year is not None else None
    said = _LANGUAGE_SETS[code] if code else NO_TAGS
    return TitleText(title, 0.0, number), said if end is NO_TAGS else TagSet.merged((said, end))


def _without_resolution(text: str) -> tuple[str, TagSet]:
    """Remove `[4K]` from `Title (2020) [4K]`. Words of release names stay and are read the whole way."""
    if text[-1:] != "]":
        return text, NO_TAGS
    title, _, word = text[:-1].rpartition(" [")
    end = _PLAIN_ENDS.get(word.lower(), NO_TAGS)
    return (title, end) if title and end is not NO_TAGS else (text, NO_TAGS)


def _without_year(text: str) -> tuple[str, str | None]:
    """Split `Title (2020)` and `Title - 2020` by the positions of characters, because every name is read here."""
    if text[-1:] == ")" and text[-7:-5] == " (":
        title, year = text[:-7], text[-5:-1]
    elif text[-7:-4] == " - ":
        title, year = text[:-7], text[-4:]
    else:
        return text, None
    return (title, year) if year.isdecimal() and year[:2] in ("19", "20") else (text, None)


def _is_plain_title(title: str) -> bool:
    """Return whether neither end of a title may be a provider's word, and the title is not repeated."""
    folded = title.lower()
    first, _, rest = folded.partition(" ")
    last = rest.rpartition(" ")[2] if rest else ""
    if last and (tag_of(last) is not None or last in PHRASES_BY_END):
        return False
    is_before = first.rstrip(":") in TAGS or first in AGE_WORDS
    if is_before or title[-1:] == "+" or title[-2:].isdecimal() or is_signed(title):
        return False
    head = _JOINT.split(title, maxsplit=1)[0]
    if len(head) < len(title) and head.strip() == head.strip().upper():
        return False
    if ":" in title and title.partition(":")[0].strip().lower() in TAGS:  # fr:Title, Netflix: Title
        return False
    if " - " in title and dashed_halves(title):
        return False
    if (" - " in title or ": " in title or last in EDITION_ENDS) and without_edition(title) is not None:
        return False
    if ", " in title or not title.isascii() and max(title) > "\u024f":
        return False
    if "-" in title or DIGIT.search(title) is not None or not SCENE_WORDS.isdisjoint(folded.split()):
        return not any(sign.search(title) for sign in (SCENE, AKA_WORD, GROUP_YEAR, BARE_YEAR, GLUED_END))
    return ("ka" not in folded and "k.a" not in folded) or AKA_WORD.search(title) is None
