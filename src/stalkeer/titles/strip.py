"""Take the provider's words off both ends of a name, keeping every reading in which they might belong to the title."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from stalkeer.titles.normalise import swap_article
from stalkeer.titles.vocabulary import COUNTRIES, LANGUAGES, PHRASES, TAGS, Tag

FIRST_YEAR, LAST_YEAR = 1895, 2035


@dataclass(frozen=True, slots=True)
class TagSet:
    """What the tags of a name say together."""

    resolution: int | None = None
    source: str | None = None
    codec: str | None = None
    hdr: str | None = None
    languages: tuple[str, ...] = ()
    subtitles: tuple[str, ...] = ()
    dubbed: bool = False
    country: str | None = None
    edition: str | None = None

    @staticmethod
    def merged(sets: Iterable[TagSet]) -> TagSet:
        """The first that says something decides; languages add up."""
        known = [s for s in sets if s is not NO_TAGS]
        if len(known) < 2:
            return known[0] if known else NO_TAGS
        return TagSet(
            resolution=next((s.resolution for s in known if s.resolution), None),
            source=next((s.source for s in known if s.source), None),
            codec=next((s.codec for s in known if s.codec), None),
            hdr=next((s.hdr for s in known if s.hdr), None),
            languages=tuple(dict.fromkeys(code for s in known for code in s.languages)),
            subtitles=tuple(dict.fromkeys(code for s in known for code in s.subtitles)),
            dubbed=any(s.dubbed for s in known),
            country=next((s.country for s in known if s.country), None),
            edition=next((s.edition for s in known if s.edition), None),
        )


NO_TAGS = TagSet()


def tag_set(tags: Iterable[Tag], country: str | None = None) -> TagSet:
    """Collect single tags; the first of a kind wins."""
    single: dict[str, str] = {}
    languages: dict[str, None] = {}
    subtitles: dict[str, None] = {}
    dubbed = False
    for tag in tags:
        if tag.field == "language":
            languages[tag.value] = None
        elif tag.field == "subtitles":
            subtitles[tag.value or "unknown"] = None
        elif tag.field == "dubbed":
            dubbed = True
            if tag.value:
                languages[tag.value] = None
        else:
            single.setdefault(tag.field, tag.value)
    if not (single or languages or subtitles or dubbed or country):
        return NO_TAGS
    resolution = single.get("resolution")
    return TagSet(
        int(resolution) if resolution else None, single.get("source"), single.get("codec"), single.get("hdr"),
        tuple(languages), tuple(subtitles), dubbed, country, single.get("edition"),
    )  # fmt: skip


@dataclass(slots=True)
class TitleReading:
    """Title texts with penalty and whether the year found belongs to that reading; the likeliest first."""

    texts: list[tuple[str, float, bool]] = field(default_factory=list)
    year: int | None = None
    tags: TagSet = NO_TAGS


@dataclass(slots=True)
class _Found:
    """What was taken off so far."""

    year: int | None = None
    country: str | None = None
    tags: list[Tag] = field(default_factory=list)
    others: list[tuple[str, float, bool]] = field(default_factory=list)


_SPLIT = re.compile(r"[\s|,;/\[\](){}]+")
_INNER = re.compile(r"[\-/.:&+,]+")
_WORD = re.compile(r"\S+")


def tags_in(content: str) -> list[Tag] | None:
    """The tags of a text that consists of nothing else, or None."""
    whole = TAGS.get(content)
    if whole is not None:
        return [whole]
    folded = content.lower()
    if " " in folded:
        for phrase, word in PHRASES:
            if phrase in folded:
                folded = folded.replace(phrase, word)
    tags: list[Tag] = []
    for word in _SPLIT.split(folded):
        if not word or not any(c.isalnum() for c in word):
            continue
        tag = TAGS.get(word) or TAGS.get(word.strip("-.:+~*"))
        if tag is not None:
            tags.append(tag)
            continue
        parts = [TAGS.get(part) for part in _INNER.split(word) if part]
        if not parts or any(part is None for part in parts):
            return None
        tags += [part for part in parts if part is not None]
    return tags


def read_tags(text: str) -> TagSet:
    """The tags anywhere in what follows an episode's marker; its own title is skipped over."""
    if not text or not any(c.isalnum() for c in text):
        return NO_TAGS
    folded = text.lower()
    for phrase, word in PHRASES:
        if phrase in folded:
            folded = folded.replace(phrase, word)
    words = [w.strip("-.:~*") for w in _SPLIT.split(folded) if w]
    bracketed = {w for inner in re.findall(r"[\[(]([^\])]*)[\])]", folded) for w in _SPLIT.split(inner)}
    tags = [
        t
        for w in words
        for t in [TAGS.get(w)]
        if t and (w in bracketed or (t.sure and t.field not in ("language", "region", "platform")))
    ]
    last = words[-1] if words else ""
    if last in TAGS and TAGS[last] not in tags and text.rstrip().split()[-1].isupper():
        tags.append(TAGS[last])
    return tag_set(tags)


_FRAMED = re.compile(r"^\s*(?:\|([^|]{1,30})\||\[([^\]]{1,30})\]|\(([^)]{1,30})\)|\{([^}]{1,30})\})\s*[-:|]?\s*")
_BARE = re.compile(r"^\s*([^|:()\[\]]{1,24}?)\s*(\||:(?=\s)|\s-\s|-\s|\s:|:(?=[^\x00-\x7f])|\s-(?=\S))\s*")
_GLUED = re.compile(r"^([A-Z0-9]{2,5}(?:-[A-Z0-9]{2,5})?)-(?=[A-Z][a-z])")
_AGE = re.compile(r"^(?:\+\s?\d{1,2}|\d{1,2}\s?\+)\s+(?=\S)")
_CODE = re.compile(r"^([A-Z]{2,3}|[a-z]{2}(?=\s[A-Z]))\s+(?=\S)")
_PLUS = re.compile(r"^([A-Z]{1,5}\+)\s+(?=\S)")
_ORDER = re.compile(r"^(?:\d{1,3}\s?[.)\-]\s+|\d{1,2}(?=[A-Z][a-z]|[^\W\d_a-zA-Z]))(?=\S)")
_UNKNOWN_CODE = re.compile(r"^[A-Z0-9+]{2,6}$")


def read_title(text: str) -> TitleReading:
    """All readings of a title region: no season/episode marker in it any more."""
    found = _Found()
    rest, wholes = _strip_prefixes(text.strip(), found)
    for start, penalty in [(rest, 0.0), *wholes]:
        _strip_suffixes(start, penalty, found)
    texts = [item for item in _expand(found.others) if item[0]]
    return TitleReading(texts, found.year, tag_set(found.tags, found.country))


def _strip_prefixes(text: str, found: _Found) -> tuple[str, list[tuple[str, float]]]:
    """What is left after the prefixes, and the longer readings in which a doubtful one is part of the title."""
    wholes: list[tuple[str, float]] = []
    for _ in range(5):
        taken = _take_prefix(text)
        if taken is None:
            break
        rest, tags, doubt = taken
        if _is_only_year(rest):
            wholes.append((rest, 0.05))
            break
        if doubt < 0:  # more likely part of the title
            wholes.append((rest, -doubt))
            break
        if doubt:
            wholes.append((text, doubt))
        found.tags += tags
        text = rest
    return text, wholes


def _take_prefix(text: str) -> tuple[str, list[Tag], float] | None:
    """(rest, tags, doubt): doubt 0 is a sure prefix, above 0 a likely one, below 0 an unlikely one."""
    framed = _FRAMED.match(text)
    if framed is not None:
        return _take_framed(text, framed)
    bare = _BARE.match(text)
    if bare is not None:
        taken = _take_bare(text, bare)
        if taken is not None:
            return taken
    if not text[:1].isalpha():
        age = _AGE.match(text)
        if age is not None:
            return text[age.end() :], [], 0.05
        order = _ORDER.match(text)
        return None if order is None else (text[order.end() :], [], -0.04)
    glued = _GLUED.match(text)
    if glued is not None:
        tags = tags_in(glued[1])
        return None if tags is None else (text[glued.end() :], tags, 0.02 if any(t.sure for t in tags) else -0.03)
    plus = _PLUS.match(text)
    if plus is not None and plus[1].lower() in TAGS:
        return text[plus.end() :], [TAGS[plus[1].lower()]], 0.03
    code = _CODE.match(text)
    if code is not None and code[1].lower() in LANGUAGES:
        return text[code.end() :], [TAGS[code[1].lower()]], -0.05
    return None


def _take_framed(text: str, framed: re.Match[str]) -> tuple[str, list[Tag], float] | None:
    content = next(g for g in framed.groups() if g is not None).strip()
    rest = text[framed.end() :]
    if not rest:
        return None
    tags = tags_in(content)
    if tags is not None:
        return rest, tags, 0.0
    if framed[1] is not None:
        return rest, [], 0.03
    # [Group] Title; but [REC] 2
    return (rest, [], -0.03) if framed[2] is not None and any(c.isalpha() for c in rest) else None


def _take_bare(text: str, bare: re.Match[str]) -> tuple[str, list[Tag], float] | None:
    content, separator, rest = bare[1].strip(), bare[2].strip(), text[bare.end() :]
    if not content or not rest:
        return None
    tags = tags_in(content)
    if not tags:
        known_form = _UNKNOWN_CODE.match(content) is not None and not content.isdecimal()
        if separator == "|":
            return rest, [], 0.03
        return (rest, [], -0.03) if known_form and not rest.isdecimal() else None
    shouted = content == content.upper()
    if any(t.sure for t in tags) and (shouted or separator == "|"):
        return rest, tags, 0.0
    if separator == "|" or (shouted and any(t.field in ("language", "region") for t in tags)):
        return rest, tags, 0.02
    return rest, tags, (-0.03 if not shouted or separator == ":" else 0.02)


_YEAR_ONLY = re.compile(r"^\W*(\d{4})\W*$")
_BRACKET_YEAR = re.compile(
    r"[\[({]\s*(?:[^\[\](){}\d]{0,12}\s)?((?:18|19|20)\d\d)(?:\s*[-/]\s*(?:(?:19|20)\d\d)?)?"
    r"(\s[^\[\](){}]{1,12})?\s*[\])}]"
)
_END_YEAR = re.compile(r"^(?P<title>.*?\S)(?P<sep>\s*[-|,]\s*|\s+)(?P<year>(?:18|19|20)\d\d)$")
_END_BRACKET = re.compile(r"^(?P<title>.*?)\s*[\[({](?P<inner>[^\[\](){}]*)[\])}]$")
_SCENE = re.compile(
    r"[\s.(\[-](?:2160p|1080[pi]|720p|576p|480p|web-?dl|web-?rip|blu-?ray|b[dr]rip|hdtv|dvd-?rip|[xh][. ]?26[45]|hevc)"
    r"(?![\w])",
    re.I,
)
_TRIM = " -|:,;/~"


def _is_only_year(text: str) -> bool:
    return _YEAR_ONLY.match(text) is not None


def _year(text: str) -> int | None:
    year = int(text)
    return year if FIRST_YEAR <= year <= LAST_YEAR else None


def _strip_suffixes(text: str, penalty: float, found: _Found) -> None:
    """Add the readings of `text` without what providers append."""
    scene = _SCENE.search(text, 1)
    if scene is not None:
        found.tags += _known_tags(text[scene.start() :])
        text = text[: scene.start()]
    for _ in range(10):
        text = text.strip(_TRIM)
        shorter = (
            _take_end_bracket(text, penalty, found)
            or _take_end_tag(text, penalty, found)
            or _take_end_year(text, penalty, found)
        )
        if shorter is None:
            break
        text = shorter
    if found.year is None:
        text = _take_inner_year(text, penalty, found)
    found.others.append((text.strip(_TRIM), penalty, True))


def _take_end_year(text: str, penalty: float, found: _Found) -> str | None:
    ended = _END_YEAR.match(text)
    year = _year(ended["year"]) if ended is not None else None
    if ended is None or year is None or (found.year is not None and found.year != year):
        return None
    if not any(c.isalnum() for c in ended["title"]):
        return None
    if not ended["sep"].strip():
        found.others.append((text, penalty + 0.02, found.year is not None))
    found.year = year
    return ended["title"]


def _take_inner_year(text: str, penalty: float, found: _Found) -> str:
    """`Title (2019) something`: what follows a year in brackets is rarely part of the title."""
    last = None
    for last in _BRACKET_YEAR.finditer(text):  # noqa: B007
        pass
    year = _year(last[1]) if last is not None else None
    if last is None or year is None or not text[: last.start()].strip(_TRIM):
        return text
    before, after = text[: last.start()].strip(_TRIM), text[last.end() :].strip(_TRIM)
    found.year = year
    found.others.append((f"{before} {after}", penalty + 0.03, True))
    found.tags += _known_tags(after)
    return before


def _known_tags(text: str) -> list[Tag]:
    words = (w.strip("-.:") for w in _SPLIT.split(text.lower()))
    return [tag for w in words for tag in [TAGS.get(w)] if tag and tag.sure]


def _take_end_bracket(text: str, penalty: float, found: _Found) -> str | None:
    """The text without its last bracket where that holds a tag or a country; None to leave it."""
    if not text or text[-1] not in ")]}":
        return None
    ended = _END_BRACKET.match(text)
    if ended is None or not ended["title"].strip(_TRIM):
        return None
    inner = ended["inner"].strip()
    year = _BRACKET_YEAR.fullmatch(f"({inner})")
    if year is not None and _year(year[1]) is not None:
        if found.year is not None and found.year != int(year[1]):
            return None
        found.year = int(year[1])
        found.tags += _known_tags(inner)
        return ended["title"]
    country = COUNTRIES.get(inner.lower()) if inner.isupper() else None
    if country is not None:
        found.country = found.country or country
        return ended["title"]
    tags = tags_in(inner)
    if tags is not None:
        found.tags += tags
        return ended["title"]
    if not any(known[0] == ended["title"] for known in found.others):
        found.others.append((ended["title"], penalty + 0.03, True))
        found.others.append((inner, penalty + 0.06, True))
    return None


def _take_end_tag(text: str, penalty: float, found: _Found) -> str | None:
    head, _, word = text.rpartition(" ")
    head = head.strip(_TRIM)
    if not head or not any(c.isalnum() for c in head):
        return None
    folded = word.lower()
    before, _, previous = head.rpartition(" ")
    for phrase, joined in PHRASES:
        if phrase.endswith(folded) and f"{previous} {word}".lower() == phrase and before.strip(_TRIM):
            found.tags.append(TAGS[joined])
            return before
    tag = TAGS.get(folded) or TAGS.get(folded.strip("-.:*"))
    if tag is None:
        return None
    spoken = TAGS.get(previous.lower())
    if spoken is not None and tag.field == "language" and spoken.field in ("subtitles", "dubbed"):
        found.tags += [spoken, Tag(spoken.field, tag.value, True)]  # noqa: FBT003
        return before or None
    follows_year = previous.strip("()[]-").isdecimal() and _YEAR_ONLY.match(previous) is not None and before
    if follows_year or (tag.sure and tag.field not in ("language", "region", "platform")):
        found.tags.append(tag)
        return head
    if word.isupper() and not any(known[0] == head for known in found.others):
        found.others.append((head, penalty + 0.03, True))
    return None


_AKA = re.compile(r"\s+(?:/|\||a\.?k\.?a\.?)\s+", re.I)
_LATIN_RUN = re.compile(r"[A-Za-z\u00c0-\u024f][\w\s'.:,!?&\-\u00c0-\u024f]*")


def _expand(texts: list[tuple[str, float, bool]]) -> list[tuple[str, float, bool]]:
    """Add the halves of names that say the title twice: `A / B`, two scripts, `A aka B`."""
    ordered = sorted(texts, key=lambda item: item[1])
    result: list[tuple[str, float, bool]] = []
    for text, penalty, keeps_year in ordered:
        result.append((swap_article(text.strip(_TRIM)), penalty, keeps_year))
        halves = _AKA.split(text) if "/" in text or "|" in text or "a" in text else [text]
        if len(halves) > 1:
            result += [(half.strip(_TRIM), penalty + 0.03, keeps_year) for half in halves if len(half) > 1]
        if not text.isascii():
            result += [(part, penalty + 0.03, keeps_year) for part in _scripts(text)]
    return result


def _scripts(text: str) -> list[str]:
    """The Latin and the other part of a name written in two scripts."""
    words = text.split()
    latin = [any("A" <= c <= "\u024f" and c.isalpha() for c in word) for word in words]
    if all(latin) or not any(latin) or sum(a != b for a, b in pairwise(latin)) > 1:
        return []
    return [
        " ".join(w for w, is_latin in zip(words, latin, strict=True) if is_latin is side).strip(_TRIM)
        for side in (True, False)
    ]
