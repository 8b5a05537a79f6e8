"""Find numbers that count episodes only in names whose address is that of an episode: `Episode 3`, `- 012`, `105`."""

# ruff: noqa: E501 - patterns are read along one line

from __future__ import annotations

import re

from stalkeer.core.titles.marks import EPISODE, QUALITY, Mark, counts_seasons, last_match, season_before

# forms that also occur in names of films: 2x4, Title1x01, 2016x231, 01E06
_CROSS_SHORT = re.compile(r"(?:(?<![\w.])|(?<=[a-z]))(\d{1,2}|20[0-3]\d)(?:[xXeE\u00d7]| x )(\d{1,3})(?![\w])")
_RUN_TOGETHER = re.compile(r"(?<!\w)S(\d\d)[ .]?(\d\d)(?![\w.]| ?bit)", re.I)  # S0201, S02.01
_DOTTED = re.compile(rf"(?<!\w)(?:{EPISODE})\s(\d{{1,2}})\.(\d{{2}})(?![\w.])", re.I)  # Episode 1.22
_SEASON_DASH = re.compile(r"(?<=[^\W\d]\s)(\d{1,2})-(\d{2})\s*$")  # Title 03-20, where this is no range
_EPISODE_ONLY = re.compile(rf"(?<!\w)(?:{EPISODE}|#)\s*[.:#no°º\-]*\s*(\d{{1,4}})(?:v\d)?(?![\d\w])", re.I)
# Spanish lists write chapter 408 for episode 8 of season 4
_CHAPTER = re.compile(r"(?<!\w)cap(?:[ií]tulo)?\.?\s?(\d{1,2})(\d\d)(?:[\s_\-]\d{3,4})?(?!\d)", re.I)
_SHORT_SEASON = re.compile(r"(?<!\w)(?:t|tem|temporada)\.?\s?(\d{1,2})(?!\w)", re.I)
_NUMBER_THEN_EPISODE = re.compile(
    r"(?<!\w)(\d{1,4})\s*[.ªº\-]*\s*(?:b[oö]l[uü]m|серия|серія|сер|ser[iy]?[jy]a|r[eé]sz|d[ií]l|jakso|epizoda|odcinek|حلقة)(?!\w)",
    re.I,
)
_OF = re.compile(r"(?<!\w)(\d{1,3})(?: ?of ?|/)(\d{1,3})(?![\w/])", re.I)
_PART = re.compile(r"(?<!\w)(?:part|pt|partie|parte)\.?\s?(\d{1,2})(?:\s(?:to|-|&)\s(?:part\s)?\d{1,2})?(?!\w)", re.I)

_VERSION = r"(?:v\d)?"
_RANGE = rf"{_VERSION}(?:\s?[\-~&]\s?\d{{2,4}}{_VERSION})?"  # `01v2-04`
_ENDS = rf"(?:\s?\(?(?:end|final|fin|raw)\)?)?(?=\s*$|\s*[\[(]|[\s.\-]+(?:{QUALITY}|vostfr|vf|vo|multi|f?hd|4k|dvd|bd|web)(?!\w))"
_BETWEEN = re.compile(
    r"\s-\s(\d{2,4})[a-c]?(?:v\d)?(?=\s-\s|\s*[\[(]|\s+(?:vostfr|vf|vo|multi)\b)|\s(\d{2,4})\s+(?=vostfr\b)", re.I
)
_ABSOLUTE = re.compile(
    r"(?:\s-\s|\s|\s\[|\s\()(\d{2,4})(?:v\d)?[\])]?\s*(?:\[[^\]]*\]|\([^)]*\)|\b(?:vostfr|vf|vo|multi|f?hd|4k|\d{3,4}p)\b|\s)*$",
    re.I,
)
_AFTER_DASH = re.compile(
    rf"\s-\s(?:#\s?)?(\d{{1,4}}){_RANGE}{_ENDS}|(?<=[^\W\d])-(?:#\s?)?(\d{{2,4}}){_RANGE}{_ENDS}", re.I
)
_IN_BRACKETS = re.compile(rf"[\[(]((?!(?:19|20)\d\d[\])])\d{{2,4}}){_RANGE}[\])](?=\s*[\[(]|\s*$)", re.I)
_BEFORE_QUALITY = re.compile(rf"\s(?:#\s?)?(\d{{2,4}}){_RANGE}{_ENDS}|\s(\d{{1,4}})-\d{{2,4}}{_ENDS}", re.I)
_BEFORE_DASH = re.compile(r"(?<=[^\W\d]\s)(\d{2,4})(?:v\d)?\s-\s", re.I)  # Title 34 - Its Own Title
_LEADING = re.compile(r"\s*(\d{1,3})(?:-\d{1,3})?(?:\.\s|\s-\s|\.\s-\s)(?=[^\W\d])")
_GROUP = re.compile(r"\s*\[[^\]]*\]\s*")
# 105 is episode 5 of season 1; a number with a leading zero is absolute
_SCENE_NUMBER = re.compile(rf"(?<![xh])\s(?!(?:720|576|540|480|360)\s)(\d{{2,4}})(?=\s+{QUALITY}(?!\w))", re.I)
_ANY_NUMBER = re.compile(
    r"(?<=[^\W\d]\s)(?!(?:26[45]|720|576|540|480|360)\b)(0\d|[1-9]\d\d|0\d{3}|[1-9]\d{3})(?=\s[^\W\d]|$)"
)
MOST_IN_FILE = 12  # episodes; a longer span is something else
_MOST_EPISODES = 60  # of a season whose number is joined with that of the episode


def find_weak_mark(text: str) -> Mark | None:
    """Find the last weak marker in the name of an episode."""
    counted = _counted(text)
    if counted is not None:
        return counted
    if _GROUP.match(text):  # fansub groups write absolute numbers
        return _absolute(text, _AFTER_DASH, _BETWEEN, _BEFORE_QUALITY, _IN_BRACKETS, _BEFORE_DASH) or _run_together(
            text
        )
    return _absolute(text, _BETWEEN, _ABSOLUTE, _AFTER_DASH) or _run_together(text)


def _counted(text: str) -> Mark | None:
    """Find numbers with the word that they count."""
    found = last_match(_RUN_TOGETHER, text) or last_match(_CROSS_SHORT, text) or last_match(_DOTTED, text)
    found = found or _season_dash(text)
    if found is not None:
        return Mark(found.start(), found.end(), int(found[1]), (int(found[2]),))
    found = last_match(_CHAPTER, text)
    if found is not None:
        season, start = season_before(text, found.start())
        short = last_match(_SHORT_SEASON, text[: found.start()]) if season is None else None
        if short is not None:
            season, start = int(short[1]), short.start()
        if season is None and text[found.start() - 1 : found.start()] == "[":  # only release names have it in brackets
            season, start = int(found[1]), found.start()
        if season == int(found[1]):
            return Mark(start, found.end(), season, (int(found[2]),))
    for pattern in (_EPISODE_ONLY, _NUMBER_THEN_EPISODE, _OF):
        found = last_match(pattern, text)
        if found is not None and (pattern is not _OF or _is_of(text, found)):
            return _of_season_before(text, found, int(found[1]))
    return None


def _season_dash(text: str) -> re.Match[str] | None:
    found = _SEASON_DASH.search(text)
    return found if found is not None and not 0 < int(found[2]) - int(found[1]) <= MOST_IN_FILE else None


def _is_of(text: str, found: re.Match[str]) -> bool:
    """Return whether a number counts episodes, as `3 of 8` and `3/8`, unlike `24/7` and `Season 2 of 5`."""
    return int(found[1]) <= int(found[2]) and not counts_seasons(text, found.start(1))


def _of_season_before(text: str, found: re.Match[str], number: int) -> Mark:
    season, start = season_before(text, found.start())
    return Mark(start, found.end(), season, (number,), absolute=number if season is None else None)


def _absolute(text: str, *patterns: re.Pattern[str]) -> Mark | None:
    """Find absolute numbers at the places where lists write them."""
    for pattern in patterns:
        found = last_match(pattern, text)
        place = found.lastindex if found is not None else None
        if found is None or place is None or found.start() == 0:
            continue
        number = found[place]
        is_run_together = len(number) == len("0105") and number[0] == "0"
        if not (is_run_together or _is_a_year(number) or counts_seasons(text, found.start(place))):
            return Mark(found.start(), found.end(), absolute=int(number))
    return None


def _run_together(text: str) -> Mark | None:
    """Find the number of `Title 105 HDTV`, `Title 07 Its Own Title`, `Title 11-12`, `Title part 2`, `01 - Title`."""
    found = last_match(_SCENE_NUMBER, text)
    mark = _seasoned(text, found) or _absolute(text, _BEFORE_QUALITY) or _seasoned(text, last_match(_ANY_NUMBER, text))
    if mark is not None:
        return mark
    found = last_match(_PART, text)
    return _leading(text) if found is None or found.start() == 0 else _of_season_before(text, found, int(found[1]))


def _seasoned(text: str, found: re.Match[str] | None) -> Mark | None:
    """Read 105 as episode 5 of season 1. A number with a leading zero is absolute."""
    if found is None or _is_a_year(found[1]) or counts_seasons(text, found.start(1)):
        return None
    season, episode = divmod(int(found[1]), 100)
    if season and 0 < episode <= _MOST_EPISODES:
        return Mark(found.start(), found.end(), season, (episode,))
    return Mark(found.start(), found.end(), absolute=int(found[1]))


def _leading(text: str) -> Mark | None:
    """Find the number of `01 - Title`, where the name of the series follows, or is the name of the group."""
    group = _GROUP.match(text)
    found = _LEADING.match(text, group.end() if group is not None else 0)
    return None if found is None else Mark(0, found.end(), absolute=int(found[1]))


def _is_a_year(number: str) -> bool:
    return 1900 <= int(number) <= 2039
