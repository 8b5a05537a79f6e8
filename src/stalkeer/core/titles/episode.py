"""Find the season and episode in a name, in any language. Of several markers, the last one counts."""

# ruff: noqa: E501 - patterns are read along one line

from __future__ import annotations

import re

from stalkeer.core.titles.marks import EPISODE, MONTHS, NUMBERS_IN, SEASON, Mark, last_match, number_of, says_season
from stalkeer.core.titles.weak_marks import MOST_IN_FILE, find_weak_mark

_SEP = r"[\s.,:|/_\-]*"
_NUMBER = r"\s*[.:#no°º]*\s*(?:\((?=\d{1,3}\D))?(\d{1,4})"  # "No9": the numero sign; Ep(01-10)
_ORDINAL = r"(\d{1,4})\s*([.ªºa]|-?[aяй]|ος|η)?\s*"  # 1. Sezon, 1ª temporada, 1-й сезон
_STANDARD = re.compile(  # the pattern begins with its letter, because the search then skips quickly
    r"[SsTtجم](?:(?<![^\W_].)|(?<=[A-Za-z\u0600-\u06ff][Ss])(?=\d\d))(?:[EeOo](?=\d))?\s?(\d{1,4})\s*[\s.,:|xX\-]*\s*(?i:episode|ep|cap|e|ح|[bf](?=\d\d))[\s.\-#]*(\d{1,5})"
    r"((?:\s*[-&+/,]?\s*(?i:ep|e)\.?\s?\d{1,4}(?!\d))*)(-\d{1,4}(?![\dpPiIxX]))?(?!\d)"
)
_CROSS = re.compile(  # `DDP5 1 x265` is sound and codec, no marker
    r"(?<![\w.])[ST]?(\d{1,2})(?!\s[xX]26[456](?!\d))\s?[xX\u00d7]\s?(\d{2,4})((?:(?:-\d{1,2})?[xX]\d{2,4})*)(-\d{2,4}(?![\dpx]))?(?![\w])"
)
_CROSS_MORE = re.compile(r"[xX](\d{2,4})")
# `S01E02 - S01E03`, `1x02 & 1x03`: one marker, written in full for each episode
_JOINTS = " .,&+/-"
_JOINT = re.compile(r"[\s.,&+/\-]*")
_WORDS_AFTER = re.compile(
    rf"(?<!\w)(?:{SEASON})\s*(?:[.:#n°º]|no(?=\d))*\s*(\d{{1,4}}|[^\W\d_]+){_SEP}(?:{EPISODE})(?:{_NUMBER}|\s([^\W\d_]+))(?!\w)",
    re.I,
)
_WORDS_BEFORE = re.compile(rf"(?<!\w){_ORDINAL}(?:{SEASON}){_SEP}{_ORDINAL}(?:{EPISODE})(?!\w)", re.I)
_WORDS_MIXED = re.compile(rf"(?<!\w){_ORDINAL}(?:{SEASON}){_SEP}(?:{EPISODE}){_NUMBER}(?!\w)", re.I)
_WORDS_MIXED_2 = re.compile(rf"(?<!\w)(?:{SEASON}){_NUMBER}{_SEP}{_ORDINAL}(?:{EPISODE})(?!\w)", re.I)
_HAN = r"\d{1,4}|[〇零一二两三四五六七八九十]{1,3}"
_HAN_EPISODE = re.compile(r"[一二三四五六七八九十]\s*[集話话回]")
_CJK = re.compile(rf"(?:第?\s*({_HAN})\s*[季期部기]\s*)?第?\s*({_HAN})\s*[集話话回화회](?!\d)|第\s*(\d{{1,4}})")
_DATE = re.compile(
    r"(?<!\d)(?P<y>(?:19|20)\d\d)(?P<s>[.\-/ ]?)(?P<m>0[1-9]|1[0-2])(?P=s)(?P<d>0[1-9]|[12]\d|3[01])(?!\d)"
    r"|(?<![\dSs])(?P<d2>0[1-9]|[12]\d|3[01])(?P<s2>[.\-/ ])(?P<m2>0[1-9]|1[0-2])(?P=s2)(?P<y2>(?:19|20)\d\d)(?!\d)"
    # America's
    r"|(?<![\dSs])(?P<m3>0[1-9]|1[0-2])(?P<s3>[.\-/ ])(?P<d3>1[3-9]|2\d|3[01])(?P=s3)(?P<y3>(?:19|20)\d\d)(?!\d)"
)
# heute-show vom 23.02.2024, Jornal do dia 23/02/2024
_BEFORE_DATE = re.compile(
    r"(?<=\w)\s+(?:-\s+)?(?:vom|am|du|del(?: d[ií]a)?|do dia|del giorno|van|z dnia|ze dne|fr[aå]n?|din|от|за|від|from|aired)\s*$",
    re.I,
)
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_WORDED_DATE = re.compile(
    rf"(?<!\w)(?:(\d{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?({_MONTH})|({_MONTH})\s(\d{{1,2}})(?:st|nd|rd|th)?),?"
    r"\s((?:19|20)\d\d)(?!\w)",
    re.I,
)
_HASHED = re.compile(r"(?<!\w)(?:(?:episode|ep)\.?\s*)?#\s?(\d{1,2})\.(\d{1,3})(?![\w.])", re.I)  # Episode #1.2


def find_mark(text: str, kind: str | None) -> Mark | None:
    """Find the last season/episode marker of a repaired name, or None.

    With the kind "film", a name needs both season and episode to be an episode. With the kind "episode", a weak marker
    is enough: `Episode 3`, `- 012`, `#12`.
    """
    numbers = NUMBERS_IN.findall(text)
    if not numbers and not _may_say_numbers(text, kind):
        return None
    found = last_match(_STANDARD, text)
    if found is not None:
        last = _standard(found)
        is_alone = not may_go_on(text[: last.start]) and text.count(text[last.start : last.end]) == 1
        return last if is_alone else _joined(_STANDARD, text, last)
    if kind == "film" and len(numbers) < 2:
        return None
    found = last_match(_CROSS, text)
    if found is not None:
        return _joined(_CROSS, text, _cross(found))
    mark = _worded(text)
    if mark is not None or kind == "film":
        return mark
    return _numbered(text) or (find_weak_mark(text) if kind == "episode" else None)


def _may_say_numbers(text: str, kind: str | None) -> bool:
    """Return whether a name without digits may still have a number, in words or in Chinese figures."""
    if kind == "film":
        return False
    return (kind == "episode" and says_season(text)) or (not text.isascii() and _HAN_EPISODE.search(text) is not None)


def may_go_on(before: str) -> bool:
    """Return whether the text before a marker may end in another marker that belongs to it."""
    return before.rstrip(_JOINTS)[-1:].isdecimal()


def says_episode(before: str) -> bool:
    """Return whether the text before a marker has another marker."""
    return _STANDARD.search(before) is not None


def _joined(pattern: re.Pattern[str], text: str, last: Mark) -> Mark:
    """Join the last marker with the markers just before it that name further episodes of the season."""
    read = _standard if pattern is _STANDARD else _cross
    marks = [read(found) for found in pattern.finditer(text, 0, last.start)]
    said_before = next((mark for mark in marks if mark[2:] == last[2:]), None)
    if said_before is not None:  # the name repeated: Title - S01E01 - EN - Title - S01E01
        return last._replace(start=said_before.start)
    for mark in reversed(marks):
        gap = text[mark.end : last.start]
        if mark.season != last.season or _JOINT.fullmatch(gap) is None:
            break
        episodes = mark.episodes + tuple(n for n in last.episodes if n not in mark.episodes)
        if "-" in gap and len(episodes) > 1:
            episodes = _span(episodes[0], [episodes[-1]])
        last = last._replace(start=mark.start, episodes=episodes)
    return last


def _standard(found: re.Match[str]) -> Mark:
    first = int(found[2])
    more = [int(n) for n in NUMBERS_IN.findall(found[3] or "")]
    end = found.end()
    if found[4]:
        last = int(found[4][1:])
        if first < last <= first + MOST_IN_FILE:
            more.append(last)
        else:
            end = found.start(4)
    return Mark(found.start(), end, int(found[1]), _span(first, more))


def _span(first: int, more: list[int]) -> tuple[int, ...]:
    if len(more) == 1 and first < more[0] <= first + MOST_IN_FILE:
        return tuple(range(first, more[0] + 1))
    return (first, *(n for n in more if n != first))


def _cross(found: re.Match[str]) -> Mark:
    more = [int(number) for number in _CROSS_MORE.findall(found[3] or "")]
    if found[4]:
        more.append(int(found[4][1:]))
    return Mark(found.start(), found.end(), int(found[1]), _span(int(found[2]), more))


def _worded(text: str) -> Mark | None:
    if not says_season(text):
        return None
    before, after = last_match(_WORDS_BEFORE, text), last_match(_WORDS_AFTER, text)
    # `Title 9 Season 1 Episode 2`: the title has a number. `2 Sezon 7 Bölüm 2021`: a year follows
    if before is not None and (after is None or before[2] or not after[2] or is_a_year(after[2])):
        return Mark(before.start(), before.end(), int(before[1]), (int(before[3]),))
    season, episode = (number_of(after[1]), number_of(after[2] or after[3])) if after is not None else (None, None)
    if after is not None and season is not None and episode is not None:
        return Mark(after.start(), after.end(), season, (episode,))
    mixed = last_match(_WORDS_MIXED, text)
    if mixed is not None:
        return Mark(mixed.start(), mixed.end(), int(mixed[1]), (int(mixed[3]),))
    mixed = last_match(_WORDS_MIXED_2, text)
    return None if mixed is None else Mark(mixed.start(), mixed.end(), int(mixed[1]), (int(mixed[2]),))


def is_a_year(number: str) -> bool:
    return 1900 <= int(number) <= 2039


def _numbered(text: str) -> Mark | None:
    """Return the markers of forms that no film name has, though they name no season, or no number."""
    found = last_match(_CJK, text) if not text.isascii() else None
    if found is not None and found[2]:
        season, number = number_of(found[1] or ""), number_of(found[2])
        if number is not None:
            return Mark(found.start(), found.end(), season, (number,))
    found = last_match(_HASHED, text) if "#" in text else None
    if found is not None:
        return Mark(found.start(), found.end(), int(found[1]), (int(found[2]),))
    return _dated(text)


def _dated(text: str) -> Mark | None:
    found = last_match(_DATE, text)
    if found is not None:
        year, month, day = next(
            (found[f"y{n}"], found[f"m{n}"], found[f"d{n}"]) for n in ("", "2", "3") if found[f"y{n}"]
        )
        return Mark(_start_of_date(text, found.start()), found.end(), air_date=f"{year}-{month}-{day}")
    found = last_match(_WORDED_DATE, text)
    if found is None:
        return None
    month_name, number = (found[2], found[1]) if found[2] else (found[3], found[4])
    month_number = MONTHS[month_name.lower()]
    return Mark(
        _start_of_date(text, found.start()), found.end(), air_date=f"{found[5]}-{month_number:02}-{int(number):02}"
    )


def _start_of_date(text: str, start: int) -> int:
    """Return the start of a date, including the word that leads to it."""
    found = _BEFORE_DATE.search(text, 0, start)
    return start if found is None else found.start()
