"""Read chunks into entries: with a regular expression for the usual lines of a list, and a tolerant reader for all
others.

The expression is made from a well-formed line of the same list, because providers write all lines alike. It finds every
block of a chunk in a single call. A block that it does not fit is read piece by piece, and its oddities are counted. No
block is fatal.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import repeat
from operator import itemgetter

from stalkeer.adapters.playlists.m3u import ByteStream, Chunks
from stalkeer.adapters.playlists.m3u_lines import (
    GROUP_NAMES,
    LOGO_NAMES,
    clean_logo,
    first_of,
    read_odd_block,
    unescaped,
)
from stalkeer.adapters.playlists.relative import absolute_lines
from stalkeer.core.catalogue.access import Templates
from stalkeer.core.catalogue.kinds import EPISODE, LIVE, MOVIE, nature_of, split_url
from stalkeer.core.security.plain_text import clean_lines, may_be_harmful
from stalkeer.model import Entry

MOST_SHAPES = 6
MOST_NAMED = 300_000  # paths that are kept to distinguish the files of several hosts
_REGULAR_LINE = re.compile(r'(-?\d+)((?:[ \t,]+[\w-]+="[^"\n]*")*)[ \t]*,')
_ATTRIBUTE = re.compile(r'([ \t,]+)([\w-]+)="[^"\n]*"')
# attributes with further details: such a line is read piece by piece
_TELLING = re.compile(r"user-agent|referr?er|tmdb|imdb|drm|licen[cs]e|headers?|duration|origin", re.IGNORECASE)
# possessive where the following part cannot begin within, which avoids backtracking
_NAME = r"[^\n]*[^\s]"  # the fastest pattern; names with `=` are checked again
_PLAIN_NAME = r'[^\n"=]*[^\s"=]'  # with `=` an attribute may stand behind the comma
_END = r"[ \t]*+(?=\n#EXTINF:|\n*\Z|\n+#EXTINF:)"
_ODD = r"((?:(?!\n#EXTINF:)[\s\S])*)"
_SECTIONS = {
    "movie/": (MOVIE, "movie:", "{base}/movie/{username}/{password}/"),
    "series/": (EPISODE, "series:", "{base}/series/{username}/{password}/"),
    "live/": (LIVE, "live:", "{base}/live/{username}/{password}/"),
}
_KINDS = {section: kind for section, (kind, _, _) in _SECTIONS.items()}
_PREFIXES = {section: prefix for section, (_, prefix, _) in _SECTIONS.items()}
_STARTS = {section: start for section, (_, _, start) in _SECTIONS.items()}
_logo_of, _name_of, _section_of = itemgetter(0), itemgetter(2), itemgetter(3)
_ENTITY = re.compile(r"&#?\w+;")
_Groups = tuple[str, str, str, str, str, str, str]  # logo, group, name, section, stream, extension, url


class Shape:
    """Match a form of blocks: return the groups of `_Groups`, and other blocks as a whole."""

    def __init__(self, line: str, url: str, *, group_first: bool) -> None:
        self._find_all = re.compile(rf"(?:\A|\n)#EXTINF:(?:{line % _NAME}\n{url}{_END}|{_ODD})").findall
        self._match = re.compile(rf"{line % _PLAIN_NAME}\n{url}\s*").fullmatch
        self._group_first = group_first
        self.hits = 0

    def find_all(self, text: str) -> list[tuple[str, ...]]:
        found: list[tuple[str, ...]] = self._find_all(text)
        if self._group_first:
            return [(logo, group, *others) for group, logo, *others in found]
        return found

    def match(self, block: str) -> _Groups | None:
        found = self._match(block)
        if found is None:
            return None
        first, second, name, section, stream, extension, url = found.groups()
        return (second, first, name, section, stream, extension, url) if self._group_first else found.groups()  # type: ignore[return-value]


def learn_shape(block: str, account_url: str) -> Shape | None:
    """Return the shape of a well-formed block; None for other blocks, and for details that a shape would overlook."""
    line, newline, url = block.strip().partition("\n")
    regular = _REGULAR_LINE.match(line)
    if regular is None or not newline or "\n" in url or url.startswith("#") or int(regular[1]) > 0:
        return None
    pattern = re.escape(regular[1])  # with the place of the name's pattern as %s
    kept: list[str] = []
    found = _ATTRIBUTE.findall(regular[2])
    names = [name.lower() for _, name in found]
    if len(set(names)) < len(names) or any(map(_TELLING.search, names)):
        return None
    group, logo = first_of(GROUP_NAMES, names), first_of(LOGO_NAMES, names)
    for blank, name in found:
        if name.lower() in (group, logo):
            kept.append(name.lower())
            pattern += f'{blank}{name}="([^"]*+)"'
        else:
            pattern += f'{blank}{name}="[^"]*+"'
    group_first = kept[:1] == [group]
    pattern += "()" * (2 - len(kept)) + r"[ \t]*+,[ \t]*+(%s)[ \t]*+"
    if account_url and re.fullmatch(account_url, url.strip()):
        return Shape(pattern, account_url + "()", group_first=group_first)
    return Shape(pattern, r"()()()((?:https?://)[^\n| ]+)", group_first=group_first)


class EntryReader:
    """Read chunks of a playlist, and learn its shapes."""

    def __init__(self, templates: Templates, base: str = "") -> None:
        """Take the address of the list as `base` of relative addresses; empty for a file."""
        self.oddities: Counter[str] = Counter()
        self._templates = templates
        self._base = base
        self._named: dict[str, str] = {}  # key -> name of files, in lists with several hosts
        self._shapes: list[Shape] = []

    def read(self, chunk: bytes) -> tuple[list[Entry], Sequence[int]]:
        """Return the entries of a chunk, and for each of them the place of its block."""
        try:
            text = chunk.decode()
        except UnicodeDecodeError:
            text = self._decode_lines(chunk)
        if may_be_harmful(chunk):
            text = clean_lines(text)
        if not text.startswith("#EXTINF:"):
            odd = self._read_odd(text)
            return odd, [0] * len(odd)
        if not self._shapes:
            self._learn(text[len("#EXTINF:") :].split("\n#EXTINF:", 1)[0])
        found = self._shapes[0].find_all(text) if self._shapes else _blocks_of(text)
        if "=" in "\n".join(map(_name_of, found)):  # an attribute may stand behind the comma
            found = _blocks_of(text)
        result = self._entries(found, is_plain="&" not in text or _ENTITY.search(text) is None)
        if not isinstance(result[1], range) or self._has_secret("\n".join(map(_logo_of, found))):
            result = [self._with_hidden_logo(entry) for entry in result[0]], result[1]
        if self._shapes and self._shapes[-1].hits > len(found) // 2:  # the form of the list's lines has changed
            self._shapes.insert(0, self._shapes.pop())
            self._shapes[0].hits = 0
        return result

    def _entries(self, found: list[tuple[str, ...]], *, is_plain: bool) -> tuple[list[Entry], Sequence[int]]:
        if is_plain and found:
            entries = _plain_entries(found)
            if entries is not None:
                return entries, range(len(entries))
        return self._mixed_entries(found)

    def _mixed_entries(self, found: list[tuple[str, ...]]) -> tuple[list[Entry], list[int]]:
        entries: list[Entry] = []
        origins: list[int] = []
        for origin, (logo, group, name, section, stream, extension, url, odd) in enumerate(found):
            if name:
                read = [self._entry((logo, group, name, section, stream, extension, url))]
            else:
                read = self._read_block(odd)
            entries += read
            origins += [origin] * len(read)
        return entries, origins

    def _entry(self, groups: _Groups) -> Entry:
        logo, group, name, section, stream, extension, url = groups
        if section:
            kind, prefix, start = _SECTIONS[section]
            reason, key, url = "url", prefix + stream, start + stream + extension
        else:
            url = self._template(url) if url else "{base}/{username}/{password}/" + stream + extension
            kind, reason, key = nature_of(url, name, group, None)
            key = self._file_key(key, name, url)
        name, group = unescaped(name, self.oddities), unescaped(group, self.oddities)
        return Entry(key, kind, name, url, group, clean_logo(logo, self.oddities), reason=reason)

    def _has_secret(self, text: str) -> bool:
        return "@" in text or any(secret in text for secret in self._templates.secrets)

    def _with_hidden_logo(self, entry: Entry) -> Entry:
        logo = self._templates.hide(entry.logo)
        if logo == entry.logo:
            return entry
        self.oddities["login-in-logo"] += 1
        return entry._replace(logo=logo)

    def _read_block(self, block: str) -> list[Entry]:
        """Read a block that the first shape does not fit: by another shape, or piece by piece."""
        for shape in self._shapes:
            if groups := shape.match(block):
                shape.hits += 1
                return [self._entry(groups)]
        learned = self._learn(block)
        if learned and (groups := learned.match(block)):
            return [self._entry(groups)]
        return self._read_odd(block)

    def _learn(self, block: str) -> Shape | None:
        if len(self._shapes) >= MOST_SHAPES:
            return None
        learned = learn_shape(block, self._templates.account_pattern)
        if learned is None or learned.match(block) is None:
            return None
        self._shapes.append(learned)
        return learned

    def _read_odd(self, block: str) -> list[Entry]:
        entries = read_odd_block(self._template(absolute_lines(block, self._base)), self.oddities)
        return [entry._replace(key=self._file_key(entry.key, entry.name, entry.url)) for entry in entries]

    def _file_key(self, key: str, name: str, url: str) -> str:
        """Return the key of an entry in this list. Two hosts may have different files under the same path."""
        key = self._templates.key_text(key)
        if not key.startswith("/") or not self._templates.has_several_hosts:
            return key
        if len(self._named) >= MOST_NAMED and key not in self._named:
            return key
        if self._named.setdefault(key, name) == name:
            return key
        parts = split_url(url)
        return f"{parts.base or 1}:{key}" if not parts.host else f"{parts.host}:{key}"

    def _template(self, text: str) -> str:
        return self._templates.apply(text.encode("utf-8", "replace")).decode()

    def _decode_lines(self, chunk: bytes) -> str:
        """Decode line by line, so that a line in latin-1 does not damage its neighbours."""
        lines: list[str] = []
        for line in chunk.split(b"\n"):
            try:
                lines.append(line.decode())
            except UnicodeDecodeError:
                self.oddities["latin-1-line"] += 1
                lines.append(line.decode("cp1252", "replace") if _is_windows(line) else line.decode("latin-1"))
        return "\n".join(lines)


def _blocks_of(text: str) -> list[tuple[str, ...]]:
    """Return the blocks of a chunk as odd blocks, each to be read separately."""
    return [("",) * 7 + (block,) for block in text[len("#EXTINF:") :].split("\n#EXTINF:")]


def _plain_entries(found: list[tuple[str, ...]]) -> list[Entry] | None:
    """Return the entries of a chunk without a single oddity; None for any other chunk."""
    sections = set(map(_section_of, found))
    if not sections <= _SECTIONS.keys():  # an odd block, or a URL without a section
        return None
    entries = repeat(Entry)
    new = tuple.__new__  # Entry's own constructor costs twice as much
    # fmt: off
    if len(sections) == 1:
        kind, prefix, start = _SECTIONS[sections.pop()]
        return list(map(new, entries, [
            (prefix + stream, kind, name, f"{start}{stream}{extension}",
             group, logo, None, None, "", None, None, None, None, "url", False)
            for logo, group, name, _, stream, extension, _, _ in found
        ]))
    return list(map(new, entries, [
        (_PREFIXES[section] + stream, _KINDS[section], name, f"{_STARTS[section]}{stream}{extension}",
         group, logo, None, None, "", None, None, None, None, "url", False)
        for logo, group, name, section, stream, extension, _, _ in found
    ]))
    # fmt: on


def _is_windows(line: bytes) -> bool:
    return any(0x80 <= byte < 0xA0 for byte in line)


def learn_from(sample: bytes, templates: Templates, base: str) -> None:
    """Let the templates learn from the first part of a list, whose relative addresses are resolved against `base`."""
    text = absolute_lines("-\n" + sample.decode("utf-8", "replace").replace("\r", "\n"), base) if base else ""
    templates.learn(text.encode() if text else sample)


def read_entries(stream: ByteStream, base: str = "") -> Iterator[Entry]:
    """Read all entries of a playlist, one after another. For samples and tools; a refresh goes by chunks."""
    chunks = Chunks(stream)
    templates = Templates()
    learn_from(chunks.sample, templates, base)
    reader = EntryReader(templates, base)
    for chunk in chunks:
        yield from reader.read(chunk)[0]
