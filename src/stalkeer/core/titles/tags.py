"""Recognise texts that consist of known words, and merge the tags of these words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from stalkeer.core.titles.marks import QUALITY
from stalkeer.core.titles.vocabulary import PHRASES, RELEASE_WORDS, TAGS, Tag


class TagSet(NamedTuple):
    """Hold the merged tags of a name."""

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
        """Merge the tags of several parts. The first part with a value decides; languages are added up."""
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
    """Collect single tags. The first of each kind counts."""
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


_SPLIT = re.compile(r"[\s|,;/\[\](){}]+")
_INNER = re.compile(r"[\-/.:&,]+")
_BRACKETED = re.compile(r"[\[(]([^\])]*)[\])]")
_EDGES = "-.:~*+"
_LETTER = re.compile(r"[^\W_]")
LANGUAGE_FIELDS = ("language", "region", "platform")


def tag_of(word: str) -> Tag | None:
    """Return the tag of a lower-case word, with or without punctuation at its ends."""
    return TAGS.get(word) or TAGS.get(word.strip(_EDGES))


def tags_in(content: str) -> list[Tag] | None:
    """Return the tags of a text that consists of nothing else, or None."""
    folded = content.lower()
    whole = TAGS.get(folded)
    if whole is not None:
        return [whole]
    tags: list[Tag] = []
    for word in _SPLIT.split(_joined(folded)):
        if not word or _LETTER.search(word) is None:
            continue
        tag = tag_of(word)
        if tag is not None:
            tags.append(tag)
            continue
        parts = [tag_of(part) for part in _INNER.split(word) if part]
        if not parts or None in parts:
            return None
        tags += [part for part in parts if part is not None]
    return tags


def sure_tags(text: str) -> list[Tag]:
    """Return the tags of the words that can only be tags. Of `x265-GROUP`, the first half counts."""
    words = (word.strip(_EDGES) for word in _SPLIT.split(_joined(text.lower())))
    return [tag for word in words for tag in _parts_of_word(word) if tag.sure]


def _parts_of_word(word: str) -> list[Tag]:
    """Return the tags of a word: of `x265-GROUP` those of the first half, of `WEBDL-1080p` those of both halves."""
    whole = TAGS.get(word)
    if whole is not None:
        return [whole]
    first, _, second = word.partition("-")
    tags = [tag for tag in (TAGS.get(first), TAGS.get(second)) if tag is not None]
    return [tag for tag in tags if tag is not TAGS.get(second) or tag.field == "resolution"]


def read_tags(text: str) -> TagSet:
    """Return the tags anywhere in the text behind an episode's marker. The title of the episode is ignored."""
    if _LETTER.search(text) is None:
        return NO_TAGS
    folded = _joined(text.lower())
    bracketed = {word for inner in _BRACKETED.findall(folded) for word in _SPLIT.split(inner)}
    tags: list[Tag] = []
    words = [word.strip(_EDGES) for word in _SPLIT.split(folded) if word]
    for word in words:
        for tag in _parts_of_word(word):
            if word in bracketed or (tag.sure and tag.field not in LANGUAGE_FIELDS):
                tags.append(tag)
    tags += [tag for tag in _languages_before_quality(text) if tag not in tags]
    last = TAGS.get(words[-1]) if words else None
    if last is not None and last not in tags and text.rstrip().split()[-1].isupper():
        tags.append(last)
    return tag_set(tags)


_QUALITY = re.compile(rf"(?<!\w){QUALITY}(?!\w)", re.I)


def _languages_before_quality(text: str) -> list[Tag]:
    """Return the languages before the quality of a release name: `German DL 1080p`, `iTA HDTV`.

    English releases are not marked with the full word, so `English` belongs to the title.
    """
    quality = _QUALITY.search(text)
    tags: list[Tag] = []
    for word in reversed(text[: quality.start()].split() if quality is not None else []):
        folded = word.lower().strip(_EDGES)
        tag = TAGS.get(folded)
        if tag is None and folded not in RELEASE_WORDS:
            break
        is_shouted = word.replace("i", "I").isupper()
        is_name = len(word) > len("ger") and tag is not None and tag.value != "en"
        if tag is not None and tag.field in ("language", "subtitles", "dubbed") and (is_shouted or is_name):
            tags.insert(0, tag)
    return tags


def _joined(folded: str) -> str:
    """Write tags of two words as one word."""
    return _PHRASE.sub(_join, folded) if " " in folded else folded


def _join(found: re.Match[str]) -> str:
    return _JOINED[found[0]]


_JOINED = dict(PHRASES)
_PHRASE = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(_JOINED, key=len, reverse=True)))})(?!\w)")
