"""Parse an HLS playlist (RFC 8216): its variants, or the segments of the film. Sends no requests."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from stalkeer.adapters.net.addresses import join_address, whole_number

ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"]*"|[^,]*)')


@dataclass(frozen=True)
class StreamVariant:
    url: str
    bandwidth: int
    lines: int  # lines of the picture; 0 if unknown
    has_own_sound: bool


@dataclass(frozen=True)
class Segment:
    url: str
    start: int | None = None  # start of the byte range of the file at `url`, if any
    length: int | None = None
    seconds: float | None = None  # its playing time
    is_header: bool = False
    is_restart: bool = False  # its clock does not continue that of the segment before it
    is_gap: bool = False  # the server reports that the segment is missing


@dataclass(frozen=True)
class Master:
    variants: tuple[StreamVariant, ...]
    is_encrypted: bool


@dataclass(frozen=True)
class MediaPlaylist:
    segments: tuple[Segment, ...]  # with an initialisation section first, if any
    has_header: bool  # fragmented MP4
    is_ended: bool
    encryption: str | None

    def fingerprint(self) -> str:
        """Return a fingerprint that is the same for the same film, whatever the tokens in its addresses."""
        names = (f"{urlsplit(segment.url).path.rpartition('/')[2]}@{segment.start}" for segment in self.segments)
        return hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]


def parse_playlist(text: str, url: str) -> Master | MediaPlaylist:
    """Parse a playlist. `url` is its address, because addresses in it may be relative."""
    lines = [line.strip() for line in text.lstrip("\ufeff").splitlines() if line.strip()]
    if any(line.startswith("#EXT-X-STREAM-INF") for line in lines):
        return _master(lines, url)
    return _media(lines, url)


def best_variant(master: Master) -> StreamVariant | None:
    """Return the variant with the largest picture, then the highest rate. Variants with separate audio are left out."""
    usable = [variant for variant in master.variants if variant.has_own_sound]
    return max(usable, key=lambda variant: (variant.lines, variant.bandwidth), default=None)


def _master(lines: list[str], url: str) -> Master:
    apart = set()
    for line in lines:
        fields = _attributes(line) if line.startswith("#EXT-X-MEDIA:") else {}
        if fields.get("TYPE") == "AUDIO" and "URI" in fields:
            apart.add(fields.get("GROUP-ID", ""))
    variants = []
    for line, following in zip(lines, lines[1:], strict=False):
        if line.startswith("#EXT-X-STREAM-INF:") and not following.startswith("#"):
            fields = _attributes(line)
            height = fields.get("RESOLUTION", "0x0").lower().partition("x")[2]
            variants.append(
                StreamVariant(
                    join_address(url, following),
                    _number(fields.get("BANDWIDTH", "")),
                    _number(height),
                    fields.get("AUDIO") not in apart,
                )
            )
    return Master(tuple(variants), any(line.startswith("#EXT-X-SESSION-KEY") for line in lines))


def _media(lines: list[str], url: str) -> MediaPlaylist:
    segments: list[Segment] = []
    header: Segment | None = None
    encryption, pending, ends = None, None, dict[str, int]()
    seconds: float | None = None
    marks: set[str] = set()
    for line in lines:
        name, _, value = line.partition(":")
        if name == "#EXT-X-KEY" and _attributes(line).get("METHOD", "NONE") != "NONE":
            encryption = _attributes(line)["METHOD"]
        elif name == "#EXT-X-MAP":
            fields = _attributes(line)
            section = _segment(join_address(url, fields.get("URI", "")), fields.get("BYTERANGE"), ends)
            header = replace(section, is_header=True)
            segments.append(header)
        elif name == "#EXT-X-BYTERANGE":
            pending = value
        elif name == "#EXTINF":
            seconds = _seconds(value)
        elif line in ("#EXT-X-DISCONTINUITY", "#EXT-X-GAP"):
            marks.add(line)
        elif not line.startswith("#"):
            segment = _segment(join_address(url, line), pending, ends)
            is_restart, is_gap = "#EXT-X-DISCONTINUITY" in marks, "#EXT-X-GAP" in marks
            segments.append(replace(segment, seconds=seconds, is_restart=is_restart, is_gap=is_gap))
            pending, seconds = None, None
            marks.clear()
    return MediaPlaylist(tuple(segments), header is not None, "#EXT-X-ENDLIST" in lines, encryption)


def _segment(url: str, byte_range: str | None, ends: dict[str, int]) -> Segment:
    """Return the segment with its byte range `length[@start]`.

    Without a start, it follows the last range of the same file.
    """
    if not byte_range:
        return Segment(url)
    length, _, start = byte_range.partition("@")
    begins = _number(start) if start else ends.get(url, 0)
    ends[url] = begins + _number(length)
    return Segment(url, begins, _number(length))


def _attributes(line: str) -> dict[str, str]:
    return {name: value.strip('"') for name, value in ATTRIBUTE.findall(line.partition(":")[2])}


def _seconds(text: str) -> float | None:
    found = re.match(r"\d{1,6}(?:\.\d{1,9})?", text.strip())
    return float(found[0]) if found is not None else None


def _number(text: str) -> int:
    return whole_number(text) or 0
