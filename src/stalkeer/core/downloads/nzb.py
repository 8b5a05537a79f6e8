"""Write and read NZB files for offered releases.

Radarr and Sonarr fetch them and pass them to the download client. A release has no article on Usenet: its NZB is
well-formed, as both programs demand, and contains only a signed name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from xml.parsers.expat import ExpatError, ParserCreate
from xml.sax.saxutils import escape, quoteattr

LARGEST_NZB = 100_000  # bytes; Stalkeer's NZB files have less than 2,000
DEEPEST = 10  # nested elements; Stalkeer's NZB files have four
_TICKET = re.compile(r"[A-Za-z0-9._-]{1,200}")


@dataclass(frozen=True)
class ReleaseFile:
    """Describe the release of an NZB; `size` in bytes, 0 when unknown."""

    ticket: str
    title: str
    size: int
    date: datetime


def write_nzb(release: ReleaseFile) -> str:
    subject = quoteattr(f'"{release.title}.mkv" yEnc (1/1)')
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<nzb xmlns="http://www.newzbin.com/DTD/2003/nzb">'
        f'<head><meta type="x-stalkeer">{escape(release.ticket)}</meta>'
        f'<meta type="title">{escape(release.title)}</meta></head>'
        f'<file poster="stalkeer" date="{int(release.date.timestamp())}" subject={subject}>'
        "<groups><group>alt.binaries.stalkeer</group></groups>"
        f'<segments><segment bytes="{max(1, release.size)}" number="1">{escape(release.ticket)}@stalkeer</segment>'
        "</segments></file></nzb>\n"
    )


def find_ticket(nzb: bytes) -> str | None:
    """Return the signed name in an NZB; None for an NZB of another indexer, or an incomplete one."""
    if len(nzb) >= LARGEST_NZB:
        return None
    reader = _Reader()
    try:
        reader.read(nzb)
    except (_Unfit, ExpatError, ValueError, LookupError):
        return None
    found = _TICKET.fullmatch(reader.ticket)
    return found[0] if found and reader.files else None


class _Unfit(Exception):  # noqa: N818 - not an error
    pass


class _Reader:
    """Read an NZB. Declarations of types and entities are refused, because Stalkeer writes none."""

    def __init__(self) -> None:
        self.ticket, self.files = "", 0
        self._path: list[str] = []
        self._is_ticket = False

    def read(self, nzb: bytes) -> None:
        parser = ParserCreate()
        parser.StartElementHandler, parser.EndElementHandler = self._begin, self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = self._refuse
        parser.Parse(nzb, True)  # noqa: FBT003 - it takes no names

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        self._path.append(name)
        if self._path[0] != "nzb" or len(self._path) > DEEPEST:
            raise _Unfit
        self._is_ticket = self._path == ["nzb", "head", "meta"] and attributes.get("type") == "x-stalkeer"
        self.files += self._path == ["nzb", "file"]

    def _end(self, _name: str) -> None:
        self._path.pop()
        self._is_ticket = False

    def _text(self, text: str) -> None:
        if self._is_ticket:
            self.ticket += text

    def _refuse(self, *_declared: object) -> None:
        raise _Unfit
