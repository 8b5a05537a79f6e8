"""Remove the provider's words before a title: `FR - `, `|EN|`, `4K-NF - `, `+16 `, `AR:`, `(DE-) `.

A doubtful prefix is kept in one reading and removed in another. A prefix stays where nothing would be left.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from stalkeer.core.titles.ages import AGE, is_age
from stalkeer.core.titles.marks import QUALITY
from stalkeer.core.titles.penalties import DOUBTFUL, EVEN, LIKELY, NEARLY_SURE, RARE, SECOND, UNLIKELY
from stalkeer.core.titles.tags import LANGUAGE_FIELDS, tags_in
from stalkeer.core.titles.vocabulary import AMBIGUOUS, LANGUAGES, TAGS, Tag


class TitleStart(NamedTuple):
    """Hold a place where the title may begin."""

    text: str
    penalty: float
    year: int | None = None


class _Taken(NamedTuple):
    """Hold a name without its prefix, the tags of the prefix, and the penalties of both readings: removed and kept.

    `kept` is None where the prefix cannot be part of the title.
    """

    rest: str
    tags: list[Tag]
    gone: float = 0.0
    kept: float | None = None
    year: int | None = None
    half: str | None = None  # the text without the known half of a prefix: the other half may begin the title


_MAYBE = re.compile(
    r"\s*[\[({|+#№\d]|(?i:fsk|usk|pegi)[\s\-:]?\d|.{1,25}?[|:\-]|[A-Z][A-Z0-9]*\+?\s|[a-z]{2}\s[^\W\d_]|(?i:film|movie|pel[ií]cula|s[eé]rie|фильм|сериал)[es:]{0,2}\s|[\u0623-\u064a]{4,6}\s"
)
_FRAMED = re.compile(r"\s*(?:\|([^|]{1,30})\||\[([^\]]{1,30})\]|\(([^)]{1,30})\)|\{([^}]{1,30})\})\s*[-:|]*\s*")
_BARE = re.compile(r"\s*([^|:()\[\]]{1,24}?)\s*(\||:(?=\s)|\s-\s|-\s|\s:|:(?=[^\x00-\x7f])|\s-(?=\S))\s*")
_GLUED = re.compile(r"([A-Z0-9]{2,5}(?:-[A-Z0-9]{2,5})?)-(?=\S)")
_GLUED_CODE = re.compile(r"([a-z]{2,3}|[A-Z]{2,3}):(?=\S)")
_AGE = re.compile(rf"{AGE}\s+(?:-\s+)?(?=\S)", re.I)
_PLUS = re.compile(r"([A-Z]{1,5}\+)\s+(?=\S)")
_ORDER = re.compile(
    r"(?:[#№]\s?\d{1,4}\s?[.):\-]?\s+|\d{1,3}\s?[.)\-]+\s+|\d{1,2}(?=[A-Z][^\W\d_A-Z]|[^\W\d_a-zA-Z]))(?=\S)"
)
_UNKNOWN_CODE = re.compile(r"[A-Z0-9+]*[A-Z][A-Z0-9+]*(?:-[A-Z0-9+]+)*")
_DATED = re.compile(r"\s*(?:[(\[|]\s*)?(19\d\d|20[0-3]\d)\s*(?:[)\]|]\s*[-|]?|\s-\s)\s*(?=\S)")
_ANY_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_YEAR_FIRST = re.compile(r"(?:19|20)\d\d(?!\d)")
_WHAT_IT_IS = frozenset(("مسلسل", "فيلم", "برنامج", "انمي", "أنمي"))  # series, film, programme, anime
_MAYBE_WHAT_IT_IS = frozenset("film filme movie pelicula película serie série series сериал фильм film:".split())  # noqa: SIM905
_YEAR_ONLY = re.compile(r"\W*(?:18|19|20)\d\d\W*")
_QUALITY = re.compile(rf"[\s.(\[]{QUALITY}(?!\w)", re.I)
_NAME = re.compile(r"[^\W\d_]{2}")
_MOST = 5
_LETTER = re.compile(r"[^\W_]")


def find_starts(text: str, *, is_series: bool) -> tuple[list[TitleStart], list[Tag]]:
    """Return the places where the title may begin, the likeliest first, and the tags before it."""
    if _MAYBE.match(text) is None:
        return [TitleStart(text, 0.0)], []
    kept: list[TitleStart] = []
    tags: list[Tag] = []
    penalty = 0.0
    year: int | None = None
    for _ in range(_MOST):
        taken = _take(text, is_series=is_series) if _MAYBE.match(text) else None
        if taken is None or _LETTER.search(taken.rest) is None:
            break
        if not is_series and taken.kept is not None and _YEAR_ONLY.fullmatch(taken.rest):
            # MA - 2019 is a film of 2019, FR - 1917 more likely the film 1917
            kept.append(TitleStart(taken.rest.strip(), penalty + DOUBTFUL))
            break
        if taken.kept is not None:
            kept.append(TitleStart(text, penalty + taken.kept, year))
        if taken.half is not None:
            kept.append(TitleStart(taken.half, penalty + LIKELY, year))
        tags += taken.tags
        penalty += taken.gone
        year = taken.year or year
        text = taken.rest
    return sorted([TitleStart(text, penalty, year), *kept], key=lambda start: start.penalty), tags


def _take(text: str, *, is_series: bool) -> _Taken | None:
    dated = _DATED.match(text)
    if dated is not None:
        # 2019 - Title, (2019) Title; but 2001: A Space Odyssey
        rest = text[dated.end() :]
        is_bracketed = text.lstrip()[0] in "([|"
        is_only_year = is_bracketed or _ANY_YEAR.search(rest) is None
        gone, kept = (0.0, DOUBTFUL if is_bracketed else LIKELY) if is_only_year else (LIKELY, 0.0)
        return _Taken(rest, [], gone, kept, int(dated[1]))
    framed = _FRAMED.match(text)
    if framed is not None:
        return _take_framed(text, framed, is_series=is_series)
    bare = _BARE.match(text)
    if bare is not None:
        taken = _take_bare(bare[1].strip(), bare[2].strip(), text[bare.end() :])
        if taken is not None:
            return taken._replace(half=_without_known_half(bare[1].strip(), text))
    return _take_unmarked(text)


def _take_framed(text: str, framed: re.Match[str], *, is_series: bool) -> _Taken | None:
    content = next(group for group in framed.groups() if group is not None).strip()
    rest = text[framed.end() :]
    if is_age(content):
        return _Taken(rest, [], 0.0, DOUBTFUL)
    tags = tags_in(content)
    if tags is not None:
        return _Taken(rest, tags)
    if framed[1] is not None:
        return _Taken(rest, [], 0.0, DOUBTFUL)
    if framed[2] is not None and (is_series or _is_release(rest)):
        return _Taken(rest, [], 0.0, SECOND)
    # [Group] Title, (Group) Title; but [REC] 2, [REC] 3: Genesis and (Un)Known
    is_apart = framed[2] is not None or (is_series and text[framed.end() - 1].isspace())
    if not is_apart or not any(c.isalpha() for c in rest):
        return None
    return _Taken(rest, [], DOUBTFUL, 0.0) if rest[0].isdecimal() else _Taken(rest, [], EVEN, EVEN)


def _is_release(rest: str) -> bool:
    """Return whether a title and the quality of a release follow. The brackets before them then name the group."""
    quality = _QUALITY.search(rest)
    return quality is not None and _NAME.search(rest, 0, quality.start()) is not None


def _take_bare(content: str, separator: str, rest: str) -> _Taken | None:
    if not content or not rest:
        return None
    tags = tags_in(content)
    shouted = content == content.upper()
    if not tags:
        if separator == "|":
            return _Taken(rest, [], 0.0, SECOND)
        return _take_unknown_code(content, separator, rest) if shouted else None
    if (shouted or separator == "|") and any(tag.sure for tag in tags):
        return _Taken(rest, tags, 0.0, None if len(content) > 3 or content.lower() not in AMBIGUOUS else SECOND)
    if content[-1] == "+" and all(tag.sure for tag in tags):  # Disney+ - Title
        return _Taken(rest, tags, 0.0, EVEN)
    if separator == "|" or (shouted and (separator != ":" or tags[0].field in ("language", "region"))):
        return _Taken(rest, tags, 0.0, EVEN)
    # MAX: Title may begin with the platform or with the name Max
    return _Taken(rest, tags, EVEN, EVEN) if shouted else _Taken(rest, tags, DOUBTFUL, 0.0)


def _take_unknown_code(content: str, separator: str, rest: str) -> _Taken | None:
    """Remove `XYZ - `, or a pair with one known half: `4K-XYZ - `. Titles begin in this way too: `CSI: Miami`."""
    if len(content) > 12 or _UNKNOWN_CODE.fullmatch(content) is None:
        return None
    known = [tag for part in content.lower().split("-") for tag in [TAGS.get(part)] if tag is not None]
    if known and "-" in content:
        return _Taken(rest, known, 0.0, SECOND)
    if len(content) > 6 or rest.isdecimal():
        return None
    if rest == rest.upper():  # capitals mean nothing in a name that is all capitals
        return _Taken(rest, [], RARE, 0.0)
    return _Taken(rest, [], LIKELY if separator == "-" else DOUBTFUL, 0.0)


def _without_known_half(content: str, text: str) -> str | None:
    """Return `XYZ - Title` for `4K-XYZ - Title`, or None where the prefix has another form."""
    first, _, other = content.lower().partition("-")
    is_half_known = bool(other) and "-" not in other and first in TAGS and other not in TAGS
    return text.lstrip()[len(first) + 1 :] if is_half_known else None


def _take_unmarked(text: str) -> _Taken | None:
    age = _AGE.match(text)
    if age is not None:
        return _Taken(text[age.end() :], [], 0.0, DOUBTFUL)
    if not text[:1].isalpha():
        order = _ORDER.match(text)
        if order is not None:
            is_sure = order[0][0] in "0#№"  # 7. Koğuştaki Mucize is a title
            return _Taken(text[order.end() :], [], *((0.0, SECOND) if is_sure else (UNLIKELY, 0.0)))
    code = _GLUED_CODE.match(text)
    if code is not None and code[1].lower() in LANGUAGES:  # fr:Title, AR:Title
        is_doubtful = code[1].isupper() and code[1].lower() in AMBIGUOUS
        return _Taken(text[code.end() :], [TAGS[code[1].lower()]], *((DOUBTFUL, 0.0) if is_doubtful else (0.0, LIKELY)))
    glued = _GLUED.match(text)
    if glued is not None and tags_in(text.partition(" ")[0]) is None:
        tags = tags_in(glued[1])
        is_sure = tags is not None and all(tag.sure for tag in tags)
        rest = text[glued.end() :]
        if is_sure and _YEAR_FIRST.match(rest):  # EN-2012 (2009)
            return _Taken(rest, tags or [], 0.0, SECOND)
        return _Taken(rest, tags or [], SECOND, 0.0) if is_sure else None
    plus = _PLUS.match(text)
    if plus is not None:
        tags = tags_in(plus[1])
        return None if tags is None else _Taken(text[plus.end() :], tags, 0.0, SECOND)
    return _take_first_word(text)


def _take_first_word(text: str) -> _Taken | None:
    """Remove a code or quality that only a space separates: `RO Title`, `AR-SUBS Title`, `4K Title`."""
    first, _, rest = text.partition(" ")
    rest = rest.lstrip()
    folded = first.lower()
    if first in _WHAT_IT_IS and rest:
        return _Taken(rest, [], 0.0, SECOND)
    if folded in _MAYBE_WHAT_IT_IS and rest:
        return _Taken(rest, [], DOUBTFUL, 0.0)
    if not rest or first != first.upper() and not (len(first) == 2 and first.islower() and rest[0].isupper()):
        return None
    tag = TAGS.get(folded)
    if tag is None:
        tags = tags_in(first) if "-" in first else None
        return _Taken(rest, tags, 0.0, SECOND) if tags and any(tag.sure for tag in tags) else None
    if tag.field not in LANGUAGE_FIELDS:
        is_quality = tag.sure or tag.field == "hdr"
        return _Taken(rest, [tag], LIKELY, LIKELY) if is_quality and first.isupper() else None
    if tag.field == "platform" or len(first) > 3:
        return None
    if _begins_with_quality(rest):  # FR HDR10+ Title
        return _Taken(rest, [tag], 0.0, LIKELY)
    return _Taken(rest, [tag], UNLIKELY if folded in AMBIGUOUS else NEARLY_SURE, 0.0)


def _begins_with_quality(text: str) -> bool:
    """Return whether the first of several words is a quality in capitals."""
    first, _, rest = text.partition(" ")
    tag = TAGS.get(first.lower()) if first.isupper() and rest else None
    return tag is not None and tag.field in ("resolution", "hdr", "codec")
