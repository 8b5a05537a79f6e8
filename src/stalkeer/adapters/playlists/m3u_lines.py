"""Read a block that no regular expression fits: piece by piece, counting every oddity, raising nothing."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import parse_qsl

from stalkeer.adapters.net.addresses import whole_number
from stalkeer.core.catalogue.kinds import name_from_url, nature_of
from stalkeer.model import Entry

_DURATION = re.compile(r"\s*(-?\d+(?:[.,]\d+)?)?")
_NEXT_ATTRIBUTE = re.compile(r"\s*[,;]?\s*([A-Za-z][\w-]*)\s*=\s*")
_KNOWN_ATTRIBUTE = re.compile(
    r"[\s;](?:tvg-[\w-]+|group-title|channel-?id|tmdb[\w-]*|user-agent|catchup[\w-]*|timeshift|audio-track|aspect-ratio"
    r"|xui-id|cn-id|parent-code|radio)\s*=",
    re.IGNORECASE,
)
_LATER_ATTRIBUTE = re.compile(rf"[\s,;](?={_KNOWN_ATTRIBUTE.pattern[5:]}\s*[\"'])", re.IGNORECASE)
_QUOTE_END = {
    quote: re.compile(rf"{quote}(?=\s*[,;]|\s+[A-Za-z][\w-]*\s*=|{_KNOWN_ATTRIBUTE.pattern[5:]}|\s*$)", re.IGNORECASE)
    for quote in "\"'"
}
# the quotes that a word processor puts in place of plain ones
_TYPOGRAPHIC = re.compile(r"=(\s*)[“”„″]([^“”„″\"]*)[“”″]")
_UNQUOTED_END = re.compile(r"(?=[\s;]+[A-Za-z][\w-]*\s*=|,|$)")
_EXTINF = re.compile(r"#\s*EXTINF\b\s*:?", re.IGNORECASE)
_UNSEEN = "\u200b\u200c\u200d\u2060\ufeff \t"  # around a line, where no writing system needs them
_URL = re.compile(r"(?:https?|rtmp[a-z]*|rtsp|rtp|udp|mmsh?|srt|rist)://\S|\{base\d*\}/", re.IGNORECASE)
_OPTION = re.compile(r"#EXTVLCOPT\s*:\s*http-(user-agent|referrer|referer|origin|cookie)\s*=\s*(.*)", re.IGNORECASE)
_HEADER_NAMES = {
    "user-agent": "User-Agent",
    "http-user-agent": "User-Agent",
    "referer": "Referer",
    "referrer": "Referer",
    "http-referrer": "Referer",
    "http-referer": "Referer",
    "origin": "Origin",
    "http-origin": "Origin",
    "cookie": "Cookie",
}
GROUP_NAMES = ("group-title", "tvg-group", "group", "category")  # of several in a line, the first counts
LOGO_NAMES = ("tvg-logo", "logo", "tvg-poster", "poster", "cover")
LONGEST_LOGO = 2_000
LONGEST_NAME = 1_000


@dataclass
class _Draft:
    """Hold the values of an entry before its URL is met."""

    name: str = ""
    group: str = ""
    logo: str = ""
    duration_s: int | None = None
    tmdb_id: int | None = None
    protected: bool = False
    headers: dict[str, str] = field(default_factory=dict)


def read_odd_block(text: str, oddities: Counter[str]) -> list[Entry]:
    """Return the entries of a block: none if the URL is missing, several if URLs lack their #EXTINF."""
    entries: list[Entry] = []
    lines = text.split("\n")
    draft = _read_extinf(lines[0], oddities) if lines[0].strip() else None
    for line in lines[1:]:
        line = line.strip(_UNSEEN)
        if extinf := _EXTINF.match(line):
            oddities["missing-url"] += draft is not None
            draft = _read_extinf(line[extinf.end() :], oddities)
        elif line.startswith("#"):
            draft = _read_directive(line, draft, oddities)
        elif _URL.match(line):
            if draft is None or (not draft.name and not lines[0].strip() and not draft.group):
                oddities["no-extinf"] += 1
            entries.append(_finish(draft or _Draft(), line, oddities))
            draft = None
        elif line:
            oddities["not-a-url"] += 1
    oddities["missing-url"] += draft is not None
    return entries


def _read_extinf(line: str, oddities: Counter[str]) -> _Draft:
    match = _DURATION.match(line)
    assert match is not None  # every part is optional
    draft = _Draft(duration_s=_seconds(match[1], oddities))
    line, found = _TYPOGRAPHIC.subn(r'=\1"\2"', line)
    oddities["typographic-quotes"] += found
    attributes, name = split_attributes(line[match.end() :], oddities)
    name = unescaped(name.strip(), oddities)
    if not name:
        oddities["no-name"] += 1
        name = unescaped(attributes.get("tvg-name", "").strip(), oddities)
    draft.name = name[:LONGEST_NAME]
    draft.group = unescaped(_value_of(GROUP_NAMES, attributes), oddities)[:LONGEST_NAME]
    draft.logo = clean_logo(_value_of(LOGO_NAMES, attributes), oddities)
    for key, value in attributes.items():
        if key in _HEADER_NAMES and value:
            draft.headers[_HEADER_NAMES[key]] = value
        elif key in ("tmdb", "tmdb-id", "tmdb_id", "tvg-tmdb", "tvg-tmdb-id"):
            draft.tmdb_id = whole_number(value) or draft.tmdb_id
        elif key in ("drm", "license-type", "licence-type") and value:
            draft.protected = True
    return draft


def first_of(names: Sequence[str], present: Collection[str]) -> str:
    """Return the first of `names` that is present; empty without one."""
    return next((name for name in names if name in present), "")


def _value_of(names: Sequence[str], attributes: Mapping[str, str]) -> str:
    return attributes.get(first_of(names, attributes), "").strip()


def split_attributes(line: str, oddities: Counter[str]) -> tuple[dict[str, str], str]:
    """Return the attributes of an #EXTINF line, wherever they stand in it, and the name behind their comma.

    Quotes may be double, single or absent. Text in front of a later attribute is dropped if a comma and a name follow
    the attribute; otherwise the text is the name.
    """
    attributes: dict[str, str] = {}
    position = _read_attributes(line, 0, attributes, oddities)
    name = _behind_comma(line, position)
    while later := _LATER_ATTRIBUTE.search(line, position):
        held = name or line[position : later.start()].strip(" \t,")
        position = _read_attributes(line, later.end(), attributes, oddities)
        name = _behind_comma(line, position) or _cut_at_attribute(held)
        oddities["late-attribute"] += 1
    return attributes, name


def _behind_comma(line: str, position: int) -> str:
    return line[position:].partition(",")[2]


def _cut_at_attribute(text: str) -> str:
    later = _LATER_ATTRIBUTE.search(" " + text)
    return text if later is None else text[: later.start()].rstrip(" \t,")


def _read_attributes(line: str, position: int, attributes: dict[str, str], oddities: Counter[str]) -> int:
    """Read attributes that follow one another; return the place behind the last of them."""
    while match := _NEXT_ATTRIBUTE.match(line, position):
        start = match.end()
        quote = line[start : start + 1]
        is_quoted = quote in ("'", '"') and bool(quote)
        if "," in match[0] and not _may_follow_comma(line, match, is_quoted=is_quoted):
            break  # `-1,a=b`: the name itself
        if is_quoted:
            value, position = _quoted(line, start + 1, quote, oddities)
        else:
            found = _UNQUOTED_END.search(line, start)
            position = found.start() if found else len(line)
            value = line[start:position]
            oddities["unquoted-attribute"] += bool(value)
        attributes.setdefault(match[1].lower(), value)
    return position


def _may_follow_comma(line: str, match: re.Match[str], *, is_quoted: bool) -> bool:
    """Tell if `key=` behind a comma is an attribute: a known one, or any with a quoted value and a further comma."""
    if _KNOWN_ATTRIBUTE.match(" " + match[0].lstrip(" ,\t")):
        return True
    return is_quoted and "," in line[_quote_end(line, match.end() + 1, line[match.end()]) :]


def _quoted(line: str, start: int, quote: str, oddities: Counter[str]) -> tuple[str, int]:
    """Return a quoted value from `start`, and the place behind it.

    An unclosed value ends at the next attribute, or at the last comma of the line.
    """
    end = _quote_end(line, start, quote)
    value = line[start:end]
    nested = _LATER_ATTRIBUTE.search(value + line[end : end + 1])
    if end < len(line) and nested is None:
        oddities["single-quotes"] += quote == "'"
        oddities["inner-quotes"] += quote in value
        return value, end + 1
    oddities["unclosed-quote"] += 1
    if nested is not None:
        return value[: nested.start()], start + nested.start()
    comma = line.rfind(",", start)
    end = len(line) if comma < 0 else comma
    return line[start:end], end


def _quote_end(line: str, start: int, quote: str) -> int:
    """Return the end of a quoted value: a quote that something fitting follows, or the end of the line. A comma fits
    only where no attribute comes after it: `tvg-name="The "A", B" group-title="x",...` has inner quotes in front of a
    comma."""
    for match in _QUOTE_END[quote].finditer(line, start):
        if not line[match.end() :].lstrip().startswith(",") or not _KNOWN_ATTRIBUTE.search(line, match.end()):
            return match.start()
    end = line.find(quote, start)
    return end if end >= 0 else len(line)


def _read_directive(line: str, draft: _Draft | None, oddities: Counter[str]) -> _Draft | None:
    """Read a line such as #EXTGRP or #EXTVLCOPT into the entry whose URL follows."""
    keyword, _, value = line.partition(":")
    keyword, value = keyword.upper(), value.strip()
    if keyword not in ("#EXTGRP", "#EXTVLCOPT", "#KODIPROP", "#EXTHTTP", "#EXTIMG"):
        oddities["unknown-directive"] += keyword.startswith("#EXT") and keyword not in ("#EXTM3U", "#EXTALB", "#EXTART")
        return draft
    draft = draft or _Draft()
    if keyword == "#EXTGRP":
        draft.group = draft.group or unescaped(value, oddities)[:LONGEST_NAME]
    elif keyword == "#EXTIMG":
        draft.logo = draft.logo or clean_logo(value, oddities)
    elif keyword == "#EXTVLCOPT":
        option = _OPTION.match(line)
        if option and option[2].strip():
            draft.headers[_HEADER_NAMES[option[1].lower()]] = option[2].strip()
    elif keyword == "#EXTHTTP":
        draft.headers.update(_json_headers(value, oddities))
    else:
        _read_kodi(value, draft)
    return draft


def _read_kodi(value: str, draft: _Draft) -> None:
    name, _, setting = value.partition("=")
    name = name.strip().lower()
    if name.endswith((".license_type", ".license_key", ".drm_legacy", ".drm")) and setting.strip():
        draft.protected = True
    elif name.endswith((".stream_headers", ".manifest_headers", ".common_headers")):
        draft.headers.update(_pairs(setting))


def _json_headers(value: str, oddities: Counter[str]) -> dict[str, str]:
    try:
        found = json.loads(value)
    except ValueError:
        oddities["bad-exthttp"] += 1
        return {}
    if not isinstance(found, dict):
        oddities["bad-exthttp"] += 1
        return {}
    return {_header_name(str(key)): str(item) for key, item in found.items() if isinstance(item, str | int)}


def _pairs(text: str) -> dict[str, str]:
    return {_header_name(key.lstrip("!")): value for key, value in parse_qsl(text) if key}


def _header_name(name: str) -> str:
    return _HEADER_NAMES.get(name.lower(), name)


def _finish(draft: _Draft, line: str, oddities: Counter[str]) -> Entry:
    url, pipe, options = line.partition("|")
    headers = draft.headers
    if pipe:
        oddities["pipe-headers"] += 1
        headers = {**headers, **_pairs(options)}
    url = url.strip()
    oddities["space-in-url"] += " " in url
    name = draft.name or name_from_url(url) or url
    nature = nature_of(url, name, draft.group, draft.duration_s)
    clean = {key: value for key, value in headers.items() if not any(sign in key + value for sign in "\r\n\0")}
    return Entry(
        key=nature.key,
        kind=nature.kind,
        name=name,
        url=url.replace(" ", "%20"),
        group=draft.group,
        logo=draft.logo,
        duration_s=draft.duration_s,
        tmdb_id=draft.tmdb_id,
        headers=json.dumps(clean, sort_keys=True) if clean else "",
        reason=nature.reason,
        protected=draft.protected,
    )


def _seconds(duration: str | None, oddities: Counter[str]) -> int | None:
    if duration is None:
        oddities["no-duration"] += 1
        return None
    oddities["decimal-duration"] += "." in duration or "," in duration
    seconds = int(float(duration.replace(",", "."))) if len(duration) < 12 else 0
    return seconds if 0 < seconds < 1_000_000 else None


def clean_logo(value: str, oddities: Counter[str]) -> str:
    value = value.strip()
    if value[:5].lower() == "data:" or len(value) > LONGEST_LOGO:
        oddities["inline-logo"] += 1
        return ""
    return value


def unescaped(text: str, oddities: Counter[str]) -> str:
    if "&" not in text or ";" not in text:
        return text
    plain = unescape(text)
    oddities["html-entity"] += plain != text
    return plain
