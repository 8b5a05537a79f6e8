"""Take the provider's words off the front of a name: `FR - `, `|EN|`, `4K-NF - `, `+16 `, `AR:`, `(DE-) `.

A doubtful prefix stays in one reading and goes in another. What would leave nothing stays.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from stalkeer.titles.tags import tags_in
from stalkeer.titles.vocabulary import AMBIGUOUS, LANGUAGES, TAGS, Tag


class Start(NamedTuple):
    """A place at which the title may begin."""

    text: str
    penalty: float


class _Taken(NamedTuple):
    """What is left, what the prefix says, and how much worse each reading is: with it gone, and with it kept.

    `kept` None: it cannot be part of the title.
    """

    rest: str
    tags: list[Tag]
    gone: float = 0.0
    kept: float | None = None


_MAYBE = re.compile(r"\s*[\[({|+\d]|.{1,25}?[|:\-]|[A-Z]{1,3}\+?\s|[A-Z]{4,5}\+\s|[a-z]{2}\s[A-Z]")
_FRAMED = re.compile(r"\s*(?:\|([^|]{1,30})\||\[([^\]]{1,30})\]|\(([^)]{1,30})\)|\{([^}]{1,30})\})\s*[-:|]*\s*")
_BARE = re.compile(r"\s*([^|:()\[\]]{1,24}?)\s*(\||:(?=\s)|\s-\s|-\s|\s:|:(?=[^\x00-\x7f])|\s-(?=\S))\s*")
_GLUED = re.compile(r"([A-Z0-9]{2,5}(?:-[A-Z0-9]{2,5})?)-(?=[A-Z][a-z])")
_AGE = re.compile(r"(?:\+\s?\d{1,2}|\d{1,2}\s?\+)\s+(?=\S)")
_CODE = re.compile(r"([A-Z]{2,3}|[a-z]{2}(?=\s[A-Z]))\s+(?=\S)")
_PLUS = re.compile(r"([A-Z]{1,5}\+)\s+(?=\S)")
_ORDER = re.compile(r"(?:\d{1,3}\s?[.)\-]\s+|\d{1,2}(?=[A-Z][a-z]|[^\W\d_a-zA-Z]))(?=\S)")
_UNKNOWN_CODE = re.compile(r"[A-Z0-9+]*[A-Z][A-Z0-9+]*(?:-[A-Z0-9+]+)*")
_YEAR_ONLY = re.compile(r"\W*(?:18|19|20)\d\d\W*")
_MOST = 5


def find_starts(text: str, *, is_series: bool) -> tuple[list[Start], list[Tag]]:
    """Where the title may begin, the likeliest first, and the tags before it."""
    kept: list[Start] = []
    tags: list[Tag] = []
    penalty = 0.0
    for _ in range(_MOST):
        taken = _take(text) if _MAYBE.match(text) else None
        if taken is None or not any(c.isalnum() for c in taken.rest):
            break
        if not is_series and taken.kept is not None and _YEAR_ONLY.fullmatch(taken.rest):
            # MA - 2019 is a film of that year, FR - 1917 more likely one of that name
            kept.append(Start(taken.rest.strip(), penalty + 0.03))
            break
        if taken.kept is not None:
            kept.append(Start(text, penalty + taken.kept))
        tags += taken.tags
        penalty += taken.gone
        text = taken.rest
    return sorted([Start(text, penalty), *kept], key=lambda start: start.penalty), tags


def _take(text: str) -> _Taken | None:
    framed = _FRAMED.match(text)
    if framed is not None:
        return _take_framed(text, framed)
    bare = _BARE.match(text)
    if bare is not None:
        taken = _take_bare(bare[1].strip(), bare[2].strip(), text[bare.end() :])
        if taken is not None:
            return taken
    return _take_unmarked(text)


def _take_framed(text: str, framed: re.Match[str]) -> _Taken | None:
    content = next(group for group in framed.groups() if group is not None).strip()
    rest = text[framed.end() :]
    tags = tags_in(content)
    if tags is not None:
        return _Taken(rest, tags)
    if framed[1] is not None:
        return _Taken(rest, [], 0.0, 0.03)
    # [Group] Title; but [REC] 2
    return _Taken(rest, [], 0.03, 0.0) if framed[2] is not None and any(c.isalpha() for c in rest) else None


def _take_bare(content: str, separator: str, rest: str) -> _Taken | None:
    if not content or not rest:
        return None
    tags = tags_in(content)
    shouted = content == content.upper()
    if not tags:
        if separator == "|":
            return _Taken(rest, [], 0.0, 0.02)
        return _take_unknown_code(content, separator, rest) if shouted else None
    if (shouted or separator == "|") and any(tag.sure for tag in tags):
        return _Taken(rest, tags, 0.0, None if len(content) > 3 or content.lower() not in AMBIGUOUS else 0.02)
    if separator == "|" or (shouted and (separator != ":" or tags[0].field in ("language", "region"))):
        return _Taken(rest, tags, 0.0, 0.01)
    return _Taken(rest, tags, 0.03, 0.0)


def _take_unknown_code(content: str, separator: str, rest: str) -> _Taken | None:
    """`XYZ - Title`, or a pair of which one half is known: `4K-XYZ - Title`. Also `CSI: Miami`."""
    if len(content) > 12 or _UNKNOWN_CODE.fullmatch(content) is None:
        return None
    known = [tag for part in content.lower().split("-") for tag in [TAGS.get(part)] if tag is not None]
    if known and "-" in content:
        return _Taken(rest, known, 0.0, 0.02)
    if len(content) > 6 or rest.isdecimal():
        return None
    return _Taken(rest, [], 0.01 if separator == "-" else 0.03, 0.0)


def _take_unmarked(text: str) -> _Taken | None:
    if not text[:1].isalpha():
        age = _AGE.match(text)
        if age is not None:
            return _Taken(text[age.end() :], [], 0.0, 0.03)
        order = _ORDER.match(text)
        return None if order is None else _Taken(text[order.end() :], [], 0.04, 0.0)
    glued = _GLUED.match(text)
    if glued is not None:
        tags = tags_in(glued[1])
        return None if tags is None else _Taken(text[glued.end() :], tags, 0.02, 0.0)
    plus = _PLUS.match(text)
    if plus is not None:
        tags = tags_in(plus[1])
        return None if tags is None else _Taken(text[plus.end() :], tags, 0.0, 0.02)
    code = _CODE.match(text)
    if code is None:
        return None
    folded = code[1].lower()
    if folded not in LANGUAGES and TAGS.get(folded, Tag("", "", sure=False)).field != "region":
        return None
    return _Taken(text[code.end() :], [TAGS[folded]], 0.04 if folded in AMBIGUOUS else 0.005, 0.0)
