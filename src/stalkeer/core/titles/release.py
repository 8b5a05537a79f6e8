"""Remove from a release name what is not its title: sites, checksums, groups, tags in brackets."""

from __future__ import annotations

import re

from stalkeer.core.titles.marks import QUALITY, SEASON
from stalkeer.core.titles.tags import tags_in

_ENDINGS = "com|org|net|tv|info|me|to|cc|co|eu|io|in|nu|ru|xyz|biz|pro|club|link|site|sbs|lol|to"
_SITE = re.compile(
    rf"^\W*(?:www\.[^\s\])]+[\s\])]*[\-:|]*|w{{2,3}}[. ][^\s\])]+(?:\s(?:{_ENDINGS}|tel))?\s+-\s"
    rf"|[\[({{]\s*[^\s\])}}]*\.(?:{_ENDINGS})\s*[\])}}][\s_]*[\-:|.]*)|[\[(]\s*www\.[^\])]*[\])]|\s(?:\w+ )?www\.\S+$",
    re.I,
)
_CHECKSUM = re.compile(r"[\s._]*[\[(](?=[A-F]*\d)[0-9A-F]{8}[\])]")
_GROUP = re.compile(r"^[\s\d]{0,4}(?:\w+\.)?[\[\u3010][^\]\u3011]+[\]\u3011][\s._\-]*(?=\S)")
_BRACKETS = str.maketrans({"\u3010": "[", "\u3011": "]"})
_STARRED = re.compile("\u2605([^\u2605\\[\\]]*)\u2605?")
_ALL_BRACKETS = re.compile(r"\s*(?:\[[^\[\]]*\][\s._\-]*){3,}(?:\.\w{2,4})?")
_BRACKET = re.compile(r"\[([^\[\]]*)\]")
_NUMBER = re.compile(
    r"(\d{1,4})(?:v\d)?(?:\s?[-~]\s?\d{1,4})?\s?(?:[\uff08(]?(?:end|fin|final|\u5b8c)[\uff09)]?)?", re.I
)
_LETTER = re.compile(r"[^\W\d_]")


def without_sites(text: str) -> str:
    """Remove the addresses of sites that pass on a release."""
    return _SITE.sub(" ", text) or text


def without_group(text: str) -> str:
    """Remove checksum and group where a name has both: `[Group] Title - 05 [1A2B3C4D]`. Only releases do."""
    found = _CHECKSUM.search(text)
    if found is None:
        return text
    rest = _CHECKSUM.sub(" ", text)
    bare = _GROUP.sub("", rest)
    return bare if _LETTER.search(bare.partition("[")[0]) else rest


def out_of_brackets(text: str) -> str:
    """Write `[Group][Title][05][1080p]` as `Title - 05 [1080p]`. Other texts stay."""
    plain = _STARRED.sub(r"[\1]", text.translate(_BRACKETS)) if not text.isascii() else text
    if _ALL_BRACKETS.fullmatch(plain) is None:
        return text
    parts = [part.strip() for part in _BRACKET.findall(plain)]
    numbered = next((place for place, part in enumerate(parts) if place and _NUMBER.fullmatch(part)), None)
    if numbered is not None:
        return _named(parts[numbered - 1], parts[numbered], parts[numbered + 1 :])
    named = [place for place, part in enumerate(parts[:3]) if _LETTER.search(part) and tags_in(part) is None]
    if not named:
        return text
    place = named[1] if len(named) > 1 and named[1] == 1 else named[0]
    return _named(parts[place], "", parts[place + 1 :])


def _named(title: str, number: str, tags: list[str]) -> str:
    title = title.replace("\uff0f", " / ").replace("/", " / ")
    found = _NUMBER.fullmatch(number)
    counted = f" - {found[1].zfill(2)}" if found is not None else ""
    return f"{title}{counted} {' '.join(f'[{tag}]' for tag in tags)}".strip()


# a number in a form that titles of films do not have: `- 51`, `051`, `#51`, `[51]`; but Area 51
_PLAINLY_COUNTED = re.compile(
    r"[\s._]-[\s._]*(?:ep?\.?\s?)?\d{1,4}(?!\d)|[\s._\-(](?:ep?\.?\s?)?0\d{1,3}(?!\d)|(?:#|ep\.?\s?|episode\s)\d|[\[\u3010]\d{2,4}(?:v\d)?\s?(?:[(\uff08]?end[)\uff09]?)?[\]\u3011]"
    r"|(?<![\d-])\d{1,2}-\d{2}(?![\d-])|\s\d{2,4}\s(?:vostfr|vf|multi)(?![a-z])"
    r"|(?<![a-z])(?:s\d\d?|season\s\d|\d(?:st|nd|rd|th)\sseason)",
    re.I,
)
_NUMBERED_MOVIE = re.compile(r"(?<![\d-])[\s._]\d{1,4}[\s._]*[\[(](?:19|20)\d\d[\])]")  # Precinct 9 (2009)
_COUNTED = re.compile(r"(?i)[\s._\-#\[](?:ep?\.?)?\d{1,4}(?:v\d)?(?=[\s._\-\[\])]|$)")
_QUALITY = re.compile(rf"(?<![^\W_])(?:{QUALITY}|complete|completa)(?![^\W_])", re.I)
_OF_EPISODES = re.compile(
    rf"(?<![^\W_])(?:s\d\d(?![^\W_x])|(?:{SEASON})[\s._]?\d{{1,2}}(?![^\W_]))"  # Title.S02.1080p
    r"|[\s_]-[\s_]\d{2,4}(?:v\d)?[\s_]*[\[(](?!(?:19|20)\d\d[\])])"  # Title - 05 [1080p]
    r"|[._ ](?:e|ep|episode|episodio|capitulo|cap|folge|aflevering)[._ ]?(?!(?:19|20)\d\d[._ ])\d{2,4}[._ \[]"
    rf"|\[cap[._ ]\d|\d\s?[\u00aa\u00ba\u00b0]\s?(?:{SEASON})(?!\w)",
    re.I,
)
_SAID_OUTRIGHT = re.compile(  # Title [1x02], Title.1x02.avi, Title.E05.Its.Own.avi, Title.3of8.avi, Title.S0201.avi
    r"\[\d{1,2}x\d{1,3}\]|(?<=\.)(?:\d{1,2}x\d{1,3}|e\d{2,3}|ep[._]?\d{1,3}|\d{1,3}[ _]?of[ _]?\d{1,3}|s\d{4})(?=\.)"
    r"|\[\d{1,3}[ _]of[ _]\d{1,3}\]",
    re.I,
)
_LONGEST = 300  # of a name; longer names are no release names


def names_episodes(name: str) -> bool:
    """Return whether a name without a known kind can only be that of an episode or a season.

    Examples are `[Group] Title - 05` and `Title.S02.1080p`.
    """
    if len(name) > _LONGEST:
        return False
    group = _GROUP.match(name)
    if group is not None and tags_in(group[0].strip(" .-_[]")) is not None:
        return False
    start = 0 if group is None else group.end()
    if _CHECKSUM.search(name):
        return _COUNTED.search(name, start) is not None
    if group is not None:
        return _PLAINLY_COUNTED.search(name, start) is not None and _NUMBERED_MOVIE.search(name) is None
    if _SAID_OUTRIGHT.search(name):
        return True
    found = _OF_EPISODES.search(name) if _QUALITY.search(name) else None
    return found is not None and any(map(str.isalnum, name[: found.start()]))  # Series 7: Its Title is a film
