"""Read a provider's name: titles, year, season and episode, quality, languages, country, junk.

A doubtful name has several readings, each with a penalty. The matcher checks them against the library.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from stalkeer.core.titles.episode import find_mark
from stalkeer.core.titles.marks import Mark, find_season
from stalkeer.core.titles.normalise import title_key
from stalkeer.core.titles.penalties import GUESSED, NEARLY_SURE, OF_A_HALF
from stalkeer.core.titles.plain import read_plain
from stalkeer.core.titles.release import names_episodes
from stalkeer.core.titles.repair import repair
from stalkeer.core.titles.strip import read_title
from stalkeer.core.titles.tags import NO_TAGS, TagSet, read_tags
from stalkeer.core.titles.title_text import TitleReading

PARSER_VERSION = 9
READINGS_SIGN = " / "  # separates the titles that a name can mean


class Hypothesis(NamedTuple):
    """Hold a reading of a title. `penalty` is 0 for the plain reading. `year` is the year that is not in its text."""

    text: str
    key: str
    penalty: float
    year: int | None = None


def is_half(hypothesis: Hypothesis, all_readings: Collection[Hypothesis]) -> bool:
    """Return whether a reading is a half of another reading: `Original` of `Foreign - Original`."""
    if hypothesis.penalty < OF_A_HALF:
        return False
    before, behind = f"{hypothesis.text} - ", f" - {hypothesis.text}"
    others = (other.text.removeprefix(before).removesuffix(behind) for other in all_readings)
    texts = (other.text for other in all_readings)
    return any(rest != text and _SPELLED.search(rest) for rest, text in zip(others, texts, strict=True))


class ParsedTitle(NamedTuple):
    """Hold the facts in a name. Languages are ISO 639-1 codes or `multi`. `series_name` has all readings."""

    hypotheses: tuple[Hypothesis, ...]
    series_name: str
    year: int | None = None
    season: int | None = None
    episodes: tuple[int, ...] = ()
    absolute: int | None = None
    air_date: str | None = None
    resolution: int | None = None
    source: str | None = None
    codec: str | None = None
    hdr: str | None = None
    languages: tuple[str, ...] = ()
    subtitles: tuple[str, ...] = ()
    dubbed: bool = False
    country: str | None = None
    edition: str | None = None
    is_junk: bool = False


class NameHead(NamedTuple):
    """Hold the part of a name that the episodes of a series share: readings, year and tags. Kept between episodes."""

    text: str
    hypotheses: tuple[Hypothesis, ...]
    year: int | None
    season: int | None
    tags: TagSet = NO_TAGS


_SEPARATOR = re.compile(r"^\W*$|^([#*=~_\-+|•.<>])\1+.*\1$")
# words for things beside a film; those of the second group are also titles, and count only behind a separator
_EXTRAS = (
    r"(?:trailers?|teasers?|bande[ -]annonce|fragman[iı]?|tr[aá]iler|zwiastun|featurettes?|making[ -]of"
    r"|behind the scenes|deleted scenes?|bloopers|gag reel|b-roll|sneak peek|detr[aá]s de (?:c[aá]maras|escena)"
    r"|dietro le quinte|kamera arkası|за кадром|трейлер)\s*\d*[\])]?"
)
_EXTRA = re.compile(rf"[\s\[(|\-:]{_EXTRAS}$", re.I)
_DATED_EXTRA = re.compile(rf"\s*[\[(|\-:]\s*{_EXTRAS}\s*[\[(]?(?:19|20)\d\d[\])]?$", re.I)
_MAYBE_EXTRA = re.compile(
    r"\s*[\[(|\-:]\s*(?:samples?|promos?|interviews?|bonus(?: (?:features?|scenes?))?|extras|first look|coulisses|clip"
    r"|bastidores|c[oó]mo se hizo)\s*\d*[\])]?$",
    re.I,
)
_LETTER = re.compile(r"[^\W_]")
_SPELLED = re.compile(r"[^\W\d_]{3}")
_LONGEST_EXTRA = 30
EXTRA_WORDS = frozenset(
    """trailer trailers teaser teasers annonce bande-annonce fragman fragmanı fragmani tráiler zwiastun featurette of
    featurettes making-of scenes scene bloopers reel b-roll peek camaras cámaras escena quinte arkası кадром трейлер
    sample samples promo promos interview interviews bonus feature features extras look coulisses clip bastidores
    hizo""".split()  # noqa: SIM905
)
_MOST = 8
# Title COMPLETE S01-S03, Title - The Complete Season 2, Title Intégrale Saison 1
_WHOLE_SERIES = re.compile(
    r"[\s\-(\[]+(?:the\s+)?(?:complete|completa|completo|full|int[eé]grale?)(?:\s+(?:tv\s+)?(?:series|seasons?))?"
    r"[\s\-(\[]*$",
    re.I,
)
_NAMED_SERIES = re.compile(r"the series \d{1,2}\s*$", re.I)
_LONGEST_WORD = 14
_EPISODE_AT_END = re.compile(r"(?<=\w)\s+(?:ep|episode|épisode|capitulo|capítulo)\.?\s*$", re.I)  # Title Ep 1x02
_NOT_A_TITLE = re.compile(r"^(?:season|saison|series?|s[eé]ries?|staffel|temporada|episodes?|الموسم)?[\s\W\d]*$", re.I)


def parse_title(name: str, kind: str | None = None, group: str = "") -> ParsedTitle:
    """Read a name.

    `kind` comes from the address: film, episode, series or None. `group` is used as the name of the series where the
    name has none. Never raises.
    """
    text = repair(name)
    kind = kind_of(name, kind)
    mark = find_mark(text, kind)
    if mark is None:
        return assemble(read_head(text, kind=kind, is_episode=False), None, NO_TAGS, is_junk=is_junk(name))
    head = read_head(text[: mark.start], kind=kind, is_episode=True)
    after = text[mark.end :].strip()
    if not head.hypotheses:
        head = head_from_outside(after, group) or head
    return assemble(head, mark, read_tags(after), is_junk=is_junk(name))


def title_readings(name: str, kind: str | None = None, group: str = "") -> tuple[str, ...]:
    """Return the titles that a name can mean, the most likely first. Return the name itself where none is found."""
    readings = sorted(parse_title(name, kind, group).hypotheses, key=lambda reading: reading.penalty)
    return tuple(dict.fromkeys(reading.text for reading in readings)) or (name,)


def kind_of(name: str, kind: str | None) -> str | None:
    """Return the kind from the address, or else the only kind that a release name allows."""
    return "episode" if kind is None and names_episodes(name) else kind


def read_head(text: str, *, kind: str | None, is_episode: bool) -> NameHead:
    """Read the text before a marker, or a whole name without a marker."""
    season, pieces = _apart_from_season(text, is_episode=is_episode, kind=kind)
    is_series = is_episode or kind in ("episode", "series")
    plain = read_plain(pieces[0]) if len(pieces) == 1 else None
    if plain is not None:
        (title, _, year), said = plain
        return NameHead(title, (Hypothesis(title, title_key(title), 0.0, year),), year, season, said)
    readings = _read_all(pieces, is_series=is_series) or _read_all([text], is_series=is_series)
    if season is not None and _NAMED_SERIES.search(text):  # Some Club The Series 8 may be a title
        readings = _read_all([text], is_series=is_series) + list(map(_less_likely, readings))
    if not readings:
        return NameHead("", (), None, season)
    tags = TagSet.merged(reading.tags for reading in readings)
    year = next((reading.year for reading in readings if reading.year is not None), None)
    hypotheses = _hypotheses(readings)
    # equal texts must have equal readings, because the catalogue stores the keys of a text once
    return NameHead(READINGS_SIGN.join(hypothesis.text for hypothesis in hypotheses), hypotheses, year, season, tags)


def _apart_from_season(text: str, *, is_episode: bool, kind: str | None) -> tuple[int | None, list[str]]:
    """Return the season in the name of a series, and the rest of the name."""
    if not (is_episode or kind in ("episode", "series")):
        return None, [text]
    found = find_season(text)
    if found is not None and (found.start > 0 or found.end < len(text)):
        return found.number, [_WHOLE_SERIES.sub("", text[: found.start]), text[found.end :]]
    ended = _EPISODE_AT_END.search(text, max(0, len(text) - _LONGEST_WORD)) if is_episode else None
    return None, [text if ended is None else text[: ended.start()]]


def _less_likely(reading: TitleReading) -> TitleReading:
    texts = [text._replace(penalty=text.penalty + NEARLY_SURE) for text in reading.texts]
    return TitleReading(texts, reading.year)


def _read_all(pieces: list[str], *, is_series: bool) -> list[TitleReading]:
    readings = (read_title(piece, is_series=is_series) for piece in pieces if _LETTER.search(piece))
    return [reading for reading in readings if reading.texts]


def _hypotheses(readings: list[TitleReading]) -> tuple[Hypothesis, ...]:
    if len(readings) == 1 and len(readings[0].texts) == 1:
        text, penalty, year = readings[0].texts[0]
        key = title_key(text)
        return (Hypothesis(text, key, round(penalty, 3), year),) if key else ()
    best: dict[str, Hypothesis] = {}
    for reading in readings:
        for text, penalty, year in reading.texts:
            key = title_key(text)
            known = best.get(key)
            if key and (known is None or penalty < known.penalty):
                best[key] = Hypothesis(text, key, round(penalty, 3), year)
    return tuple(sorted(best.values(), key=lambda hypothesis: hypothesis.penalty)[:_MOST])


def head_from_outside(after: str, group: str) -> NameHead | None:
    """Read the title of a name that begins with its marker: it follows the marker, or is the group's name."""
    for outside in (group, after):
        cleaned = re.sub(r"^(?:series?|s[eé]ries?|مسلسل)\s+", "", repair(outside).strip(" |-"), flags=re.I)
        if not cleaned or _NOT_A_TITLE.match(cleaned):
            continue
        head = read_head(cleaned, kind="series", is_episode=True)
        if head.hypotheses:
            guessed = tuple(Hypothesis(h.text, h.key, h.penalty + GUESSED, h.year) for h in head.hypotheses)
            return NameHead(head.text, guessed, head.year, head.season, head.tags)
    return None


def assemble(head: NameHead, mark: Mark | None, tail: TagSet, *, is_junk: bool) -> ParsedTitle:
    """Put the parts of a name together. A name without a title is junk."""
    hypotheses, text = head.hypotheses, head.text
    tags = head.tags if tail is NO_TAGS else TagSet.merged((head.tags, tail))
    is_junk = is_junk or not hypotheses
    # in the order of the fields, not by `__new__`, which takes as long as reading a name; there are a million
    if mark is None:
        return ParsedTitle._make((hypotheses, text, head.year, head.season, (), None, None, *tags, is_junk))
    season, episodes = mark.season, mark.episodes
    if season is None and head.season is not None:
        season = head.season
        if mark.absolute is not None:  # Title S2 - 05
            episodes = (mark.absolute,)
    return ParsedTitle._make(
        (hypotheses, text, head.year, season, episodes, mark.absolute, mark.air_date, *tags, is_junk)
    )


def is_junk(name: str) -> bool:
    """Return whether nobody wants an entry of this name: a separator between groups, a trailer or another extra."""
    name = name.strip()
    if _SEPARATOR.match(name):
        return True
    if name.rstrip(" 0123456789)][(").rpartition(" ")[2].lower().lstrip("([-:|") not in EXTRA_WORDS:
        return False
    start = max(0, len(name) - _LONGEST_EXTRA)
    found = _EXTRA.search(name, start)
    if found is not None and any(c.isalnum() for c in name[: found.start()]):
        return True
    found = _MAYBE_EXTRA.search(name, start) or _DATED_EXTRA.search(name, start)
    return found is not None and len(name[: found.start()].split()) > 1
