"""Read JSON as panels write it: numbers as strings, `[]` for `{}`, lists as maps, null for anything.

Long lists are read item by item, so that a catalogue of a hundred megabytes is never in memory.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from stalkeer.adapters.playlists.m3u import ByteStream
from stalkeer.core.security.plain_text import clean_line
from stalkeer.errors import NotAPlaylist, SourceUnreachable

PIECE = 1 << 18
LARGEST_ITEM = 8 << 20
_BLANK = re.compile(r"[\s,\ufeff]*")
_PHP_NOISE = re.compile(
    r"(?:<br\s*/?>|<b>|\s)*(?:PHP\s+)?(?:Warning|Notice|Deprecated|Strict Standards)\b", re.IGNORECASE
)
_JSON_START = re.compile(r'(?:\[\s*(?:\{\s*"|\])|\{\s*(?:"|\}))')
_DECODER = json.JSONDecoder(strict=False)  # raw newlines within strings are common


def as_int(value: object) -> int | None:
    """Return a whole number in any notation; None for anything else.

    >>> as_int("42"), as_int(42.0), as_int(""), as_int(None), as_int("n/a")
    (42, 42, None, None, None)
    """
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value == value and abs(value) < 1e18 else None
    if isinstance(value, str):
        text = value.strip()
        if text.lstrip("-").isdecimal() and len(text) < 19:
            return int(text)
        if re.fullmatch(r"-?\d{1,15}\.\d+", text):
            return int(float(text))
    return None


def as_text(value: object) -> str:
    """Return text without harmful characters. Numbers become text, everything else becomes empty."""
    if isinstance(value, str):
        return clean_line(value).strip()
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def as_map(value: object) -> Mapping[str, Any]:
    """Return an object. `[]`, null and other substitutes for an empty object become one."""
    return value if isinstance(value, dict) else {}


def as_items(value: object) -> list[Mapping[str, Any]]:
    """Return the objects of a list, or of a map that stands for a list."""
    values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [item for item in values if isinstance(item, dict)]


def first_document(text: str) -> object:
    """Return the JSON object or list that a text begins with, whatever follows it. Raises ValueError for other text.

    Warnings that PHP prints in front of it are skipped.
    """
    start = json_start(text)
    document: object = _DECODER.raw_decode(text, start)[0]
    if not isinstance(document, dict | list | None) and text[start:].strip() != json.dumps(document):
        raise ValueError("a word, not a document")
    return document


def json_start(text: str) -> int:
    """Return where the JSON of an answer begins: at its first character, or behind PHP's warnings."""
    blank = _BLANK.match(text)
    start = blank.end() if blank else 0
    if text[start : start + 1] in ("{", "["):
        return start
    noise = _PHP_NOISE.match(text, start)
    behind = _JSON_START.search(text, noise.end()) if noise else None
    return behind.start() if behind else start


class ItemStream:
    """Yield the objects of a JSON list, of a map of objects, or of the lists in a map: `{"data": [...], "total": 6}`.

    `odd` counts items that are no objects.
    """

    def __init__(self, stream: ByteStream, subject: str) -> None:
        self._stream = stream
        self._subject = subject
        self._decode = codecs.getincrementaldecoder("utf-8")("replace")
        self._text = ""
        self._place = 0
        self._is_over = False
        self.odd = 0

    def check(self) -> None:
        """Raise NotAPlaylist if the stream begins with something else than a list."""
        self._opening()

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        opening = self._opening()
        if opening == "[":
            yield from self._list()
        elif opening == "{":
            yield from self._map()

    def _opening(self) -> str:
        """Return the first character; empty for a substitute of an empty list. Raises NotAPlaylist for other text."""
        self._read_more()
        self._place = json_start(self._text)
        self._skip_blanks()
        rest = self._text[self._place : self._place + 200]
        if rest[:1] in ("[", "{"):
            self._place += 1
            return rest[0]
        if rest.strip().lower() in ("", "null", "false", '""'):
            return ""
        said = re.sub(r"<[^>]*>", " ", rest)
        raise NotAPlaylist(
            f"{self._subject} answers with text instead of a list: {' '.join(said.split())[:80]!r}. "
            "The catalogue stays as it was; check the account with its provider"
        )

    def _list(self) -> Iterator[Mapping[str, Any]]:
        while not self._is_at("]"):
            item = self._value()
            if isinstance(item, dict):
                yield item
            else:
                self.odd += 1

    def _map(self) -> Iterator[Mapping[str, Any]]:
        while not self._is_at("}"):
            key = self._value()
            if not self._is_at(":"):
                raise self._damaged()
            if self._is_at("["):
                yield from self._list()
                continue
            item = self._value()
            if isinstance(item, dict):
                yield {"#": key, **item}
            else:
                self.odd += 1

    def _is_at(self, sign: str) -> bool:
        """Return True and skip the next character if it is `sign`."""
        self._skip_blanks()
        if self._place >= len(self._text):
            raise self._cut_off()
        if self._text[self._place] != sign:
            return False
        self._place += 1
        return True

    def _skip_blanks(self) -> None:
        while True:
            found = _BLANK.match(self._text, self._place)
            self._place = found.end() if found else self._place
            if self._place < len(self._text) or self._is_over:
                return
            self._read_more()

    def _value(self) -> object:
        self._skip_blanks()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._place)
            except (ValueError, RecursionError):
                if self._is_over:
                    raise self._cut_off() from None
                if len(self._text) - self._place > LARGEST_ITEM:
                    raise self._damaged() from None
                self._read_more()
                continue
            if end == len(self._text) and not self._is_over:  # a number may continue in the next piece
                self._read_more()
                continue
            self._place = end
            return value

    def _read_more(self) -> None:
        waiting = len(self._text) - self._place
        # twice as much each time, so that a long item is not parsed again and again
        piece = self._stream.read(max(PIECE, waiting))
        self._is_over = not piece
        self._text = self._text[self._place :] + self._decode.decode(piece, final=self._is_over)
        self._place = 0

    def _cut_off(self) -> SourceUnreachable:
        return SourceUnreachable(f"{self._subject} was cut off in the middle. The catalogue stays as it was")

    def _damaged(self) -> NotAPlaylist:
        return NotAPlaylist(f"{self._subject} is damaged: it is not JSON all through. The catalogue stays as it was")
