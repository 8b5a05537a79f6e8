"""Find where a name says which season and episode it is, in whatever language it says so. The last marker wins."""

# ruff: noqa: E501, SIM905 - word lists read best as lines of words

from __future__ import annotations

import re
from typing import NamedTuple


class Mark(NamedTuple):
    """A season/episode marker: what stands before `start` names the series, what follows `end` is the episode's own."""

    start: int
    end: int
    season: int | None = None
    episodes: tuple[int, ...] = ()
    absolute: int | None = None
    air_date: str | None = None


# how languages say season and episode, folded as `str.lower` does
SEASON_WORDS = frozenset(
    """season seasons saison staffel temporada temp tempo stagione sezonul sezona sezonas sezoni sezone sezon sezóna seizoen
    sasong säsong sason sæson sesong kausi évad evad series série serie сезон κύκλος σεζόν الموسم موسم الجزء فصل עונה
    mùa mua phần musim 시즌 シーズン ซีซั่น سيزن бөлүм""".split()
)
EPISODE_WORDS = frozenset(
    """episode épisode ép épi episodes episodio episódio episódios episodul episod epizoda epizóda epizod folge teil capítulo capitulo cap
    bölüm bolum bölum bolüm odcinek odc серия серии эпизод выпуск серія díl dil rész resz avsnitt afsnit aflevering afl jakso
    επεισόδιο ح الحلقة الحلقه حلقة قسمت פרק tập tap ตอนที่ ตอน ep eps e""".split()
)


def _any_of(words: frozenset[str]) -> str:
    return "|".join(sorted(words, key=lambda word: (-len(word), word)))


_SEASON = _any_of(SEASON_WORDS)
_EPISODE = _any_of(EPISODE_WORDS)
_LETTERS = re.compile(r"[^\W\d_]+")
_SEP = r"[\s.,:|/_\-]*"
_NUMBER = r"\s*[.:#no°º]*\s*(\d{1,4})"  # "No9": the numero sign
_ORDINAL = r"(\d{1,4})\s*([.ªºa]|-?[aяй])?\s*"  # 1. Sezon, 1ª temporada, 1-й сезон
_STANDARD = re.compile(
    r"(?:(?<![^\W_])|(?<=[a-z\u0600-\u06ff])(?=S\d\d))[STج]\s?(\d{1,4})\s*[\s.,:|x\-]*\s*(?:episode|ep|cap|e|ح)[\s.\-#]*(\d{1,5})"
    r"((?:\s*[-&+/,]?\s*(?:ep|e)\.?\s?\d{1,4}(?!\d))*)(-\d{1,4}(?![\dpix]))?(?!\d)",
    re.I,
)
_CROSS = re.compile(  # `DDP5 1 x265` is sound and codec
    r"(?<![\w.])(\d{1,2})(?!\s[xX]26[456](?!\d))\s?[xX\u00d7]\s?(\d{2,4})((?:-\d{1,2}[xX]\d{2,4})*)(-\d{2,4}(?![\dpx]))?(?![\w])"
)
_WORDS_AFTER = re.compile(
    rf"(?<!\w)(?:{_SEASON})\s*(?:[.:#n°º]|no(?=\d))*\s*(\d{{1,4}}|[^\W\d_]+){_SEP}(?:{_EPISODE}){_NUMBER}(?!\w)", re.I
)
_WORDS_BEFORE = re.compile(rf"(?<!\w){_ORDINAL}(?:{_SEASON}){_SEP}{_ORDINAL}(?:{_EPISODE})(?!\w)", re.I)
_WORDS_MIXED = re.compile(rf"(?<!\w){_ORDINAL}(?:{_SEASON}){_SEP}(?:{_EPISODE}){_NUMBER}(?!\w)", re.I)
_WORDS_MIXED_2 = re.compile(rf"(?<!\w)(?:{_SEASON}){_NUMBER}{_SEP}{_ORDINAL}(?:{_EPISODE})(?!\w)", re.I)
_CJK = re.compile(r"(?:第?\s*(\d{1,3})\s*[季期部기]\s*)?第?\s*(\d{1,4})\s*[集話话回화회](?!\d)|第\s*(\d{1,4})")
_EPISODE_ONLY = re.compile(rf"(?<!\w)(?:{_EPISODE}|#)\s*[.:#no°º\-]*\s*(\d{{1,4}})(?![\d\w])", re.I)
_NUMBER_THEN_EPISODE = re.compile(
    r"(?<!\w)(\d{1,4})\s*[.ªº\-]*\s*(?:b[oö]l[uü]m|серия|серія|r[eé]sz|d[ií]l|jakso|epizoda|odcinek|حلقة)(?!\w)", re.I
)
_DATE = re.compile(
    r"(?<!\d)((?:19|20)\d\d)[.\-/ ](0[1-9]|1[0-2])[.\-/ ](0[1-9]|[12]\d|3[01])(?!\d)"
    r"|(?<!\d)(0[1-9]|[12]\d|3[01])[.\-/](0[1-9]|1[0-2])[.\-/]((?:19|20)\d\d)(?!\d)"
)
# what a film's name may have and mean nothing by it: 2x4, Title1x01, 2016x231, 01E06
_CROSS_SHORT = re.compile(r"(?:(?<![\w.])|(?<=[a-z]))(\d{1,2}|20[0-3]\d)[xXeE\u00d7](\d{1,3})(?![\w])")
_OF = re.compile(r"(?<!\w)(\d{1,3}) ?of ?\d{1,3}(?!\w)", re.I)
_BETWEEN = re.compile(
    r"\s-\s(\d{2,4})(?:v\d)?(?=\s-\s|\s*[\[(]|\s+(?:vostfr|vf|vo|multi)\b)|\s(\d{2,4})\s+(?=vostfr\b)", re.I
)
_ABSOLUTE = re.compile(
    r"(?:\s-\s|\s|\s\[|\s\()(\d{2,4})(?:v\d)?[\])]?\s*(?:\[[^\]]*\]|\([^)]*\)|\b(?:vostfr|vf|vo|multi|f?hd|4k|\d{3,4}p)\b|\s)*$",
    re.I,
)
_SEASON_ONLY = re.compile(
    rf"(?<!\w)(?:s(\d{{1,2}})|(?:{_SEASON})\s*[.:#n°]*\s*(\d{{1,2}}|[^\W\d_]+)|(\d{{1,2}})\s*[.ªº]?\s*(?:{_SEASON}))(?!\w)",
    re.I,
)
_DIGIT = re.compile(r"\d")
_NUMBERS_IN = re.compile(r"\d+")
_ORDINALS = {
    word: n
    for n, words in enumerate(
        (
            "one first الاول الأول اول primera prima premiere erste i",
            "two second الثاني الثانى ثاني segunda seconda deuxieme zweite ii",
            "three third الثالث ثالث tercera terza troisieme dritte iii",
            "four fourth الرابع رابع cuarta quarta quatrieme vierte iv",
            "five fifth الخامس خامس quinta cinquieme v",
            "six sixth السادس سادس sexta sesta sixieme vi",
            "seven seventh السابع سابع septima settima septieme vii",
            "eight eighth الثامن ثامن octava ottava huitieme viii",
            "nine ninth التاسع تاسع novena nona neuvieme ix",
            "ten tenth العاشر عاشر decima dixieme x",
        ),
        start=1,
    )
    for word in words.split()
}
_LONGEST_FILE = 12  # episodes in one file; a longer span is something else


def find_mark(text: str, kind: str | None) -> Mark | None:
    """The last season/episode marker of a repaired name, or None.

    A name that the address calls a film is an episode only where it says season and episode both; one that it calls
    an episode may say so weakly (`Episode 3`, `- 012`, `#12`).
    """
    numbers = _NUMBERS_IN.findall(text)
    if not numbers:
        return None
    found = _last(_STANDARD, text)
    if found is not None:
        return _standard(found)
    if kind == "film" and len(numbers) < 2:
        return None
    found = _last(_CROSS, text)
    if found is not None:
        return _cross(found)
    mark = _worded(text)
    if mark is not None or kind == "film":
        return mark
    return _numbered(text) or (_weak(text) if kind == "episode" else None)


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = None
    for found in pattern.finditer(text):  # noqa: B007 - the last one is wanted
        pass
    return found


def _standard(found: re.Match[str]) -> Mark:
    first = int(found[2])
    more = [int(n) for n in _NUMBERS_IN.findall(found[3] or "")]
    end = found.end()
    if found[4]:
        last = int(found[4][1:])
        if first < last <= first + _LONGEST_FILE:
            more.append(last)
        else:
            end = found.start(4)
    return Mark(found.start(), end, int(found[1]), _span(first, more))


def _span(first: int, more: list[int]) -> tuple[int, ...]:
    if len(more) == 1 and first < more[0] <= first + _LONGEST_FILE:
        return tuple(range(first, more[0] + 1))
    return (first, *(n for n in more if n != first))


def _cross(found: re.Match[str]) -> Mark:
    more = [int(_NUMBERS_IN.findall(part)[1]) for part in (found[3] or "").split("-") if part]
    if found[4]:
        more.append(int(found[4][1:]))
    return Mark(found.start(), found.end(), int(found[1]), _span(int(found[2]), more))


def _says_season(text: str) -> bool:
    return not SEASON_WORDS.isdisjoint(_LETTERS.findall(text.lower()))


def _worded(text: str) -> Mark | None:
    if not _says_season(text):
        return None
    before, after = _last(_WORDS_BEFORE, text), _last(_WORDS_AFTER, text)
    if before is not None and (after is None or before[2]):  # `Title 9 Season 1 Episode 2` has a number of its own
        return Mark(before.start(), before.end(), int(before[1]), (int(before[3]),))
    season = _number(after[1]) if after is not None else None
    if after is not None and season is not None:
        return Mark(after.start(), after.end(), season, (int(after[2]),))
    mixed = _last(_WORDS_MIXED, text)
    if mixed is not None:
        return Mark(mixed.start(), mixed.end(), int(mixed[1]), (int(mixed[3]),))
    mixed = _last(_WORDS_MIXED_2, text)
    return None if mixed is None else Mark(mixed.start(), mixed.end(), int(mixed[1]), (int(mixed[2]),))


def _numbered(text: str) -> Mark | None:
    """Forms that no film's name has, but that say no season or no number at all."""
    found = _last(_CJK, text) if not text.isascii() else None
    if found is not None and found[2]:
        return Mark(found.start(), found.end(), int(found[1]) if found[1] else None, (int(found[2]),))
    found = _last(_DATE, text)
    if found is not None:
        year, month, day = (found[1], found[2], found[3]) if found[1] else (found[6], found[5], found[4])
        return Mark(found.start(), found.end(), air_date=f"{year}-{month}-{day}")
    return None


def _weak(text: str) -> Mark | None:
    found = _last(_CROSS_SHORT, text)
    if found is not None:
        return Mark(found.start(), found.end(), int(found[1]), (int(found[2]),))
    for pattern in (_EPISODE_ONLY, _NUMBER_THEN_EPISODE, _OF):
        found = _last(pattern, text)
        if found is not None:
            season, start = _season_before(text, found.start())
            return Mark(
                start, found.end(), season, (int(found[1]),), absolute=int(found[1]) if season is None else None
            )
    found = _ABSOLUTE.search(text)
    if found is None or _is_a_year(found[1]):
        found = _BETWEEN.search(text)
    number = (found[1] or found[2]) if found is not None and found.lastindex else None
    if found is None or number is None or _is_a_year(number) or found.start() == 0:
        return None
    return Mark(found.start(), found.end(), absolute=int(number))


def _is_a_year(number: str) -> bool:
    return 1900 <= int(number) <= 2039


def _season_before(text: str, end: int) -> tuple[int | None, int]:
    """A season named somewhere before the episode's number, and where the series' name ends."""
    found = None
    for found in _SEASON_ONLY.finditer(text, 0, end):  # noqa: B007
        pass
    if found is None:
        return None, end
    season = _number(found[1] or found[2] or found[3])
    return (season, found.start()) if season is not None else (None, end)


def find_season(text: str) -> tuple[int, int, int] | None:
    """(start, end, season) of the last marker that names a season alone: `S02`, `Season 2`, `2. Staffel`."""
    if not _DIGIT.search(text) and not _says_season(text):
        return None
    found = _last(_SEASON_ONLY, text)
    if found is None:
        return None
    season = _number(found[1] or found[2] or found[3])
    return None if season is None else (found.start(), found.end(), season)


def _number(word: str) -> int | None:
    return int(word) if word.isdecimal() else _ORDINALS.get(word.casefold())
