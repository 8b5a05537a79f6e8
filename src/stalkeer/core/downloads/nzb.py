"""NZB files that stand for a release of ours: Radarr and Sonarr fetch them and hand them to the download client.

A release has no article on Usenet. Its NZB is well-formed, as both programs demand, and carries a signed name only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import escape, quoteattr

LARGEST_NZB = 100_000  # bytes; ours have less than 2,000
_TICKET = re.compile(rb'<meta type="x-stalkeer">([A-Za-z0-9._-]{1,200})</meta>')


@dataclass(frozen=True)
class ReleaseFile:
    """The release of an NZB; `size` in bytes, 0 when unknown."""

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
    """Return the signed name in an NZB; None for an NZB of another indexer. The file is searched, never parsed."""
    found = _TICKET.search(nzb[:LARGEST_NZB])
    return found[1].decode("ascii") if found else None
