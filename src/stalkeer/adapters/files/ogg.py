"""Read Ogg files: pages of one stream each (RFC 3533). Sound alone is no video."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple

from stalkeer.adapters.files.facts import Broken, ContainerFacts

PAGE = b"OggS\0"
FIRST, LAST = 2, 4  # flags of a page
HEADER = 27
TAIL = 256 * 1024  # more than the largest page
MOST_STREAMS = 64
NO_POSITION = 2**64 - 1
VIDEO_STARTS = (b"\x80theora", b"\x01video\0\0\0", b"OVP80", b"BBCD\0", b"KW-DIRAC")
AUDIO_STARTS = (b"\x01vorbis", b"OpusHead", b"\x7fFLAC", b"\x01audio\0\0\0", b"Speex   ")


class OggPage(NamedTuple):
    flags: int
    position: int
    stream: int
    payload: bytes
    end: int


@dataclass
class OggFindings:
    video: dict[int, bytes] = field(default_factory=dict)  # stream -> its first packet
    audio: dict[int, bytes] = field(default_factory=dict)


def is_ogg(start: bytes) -> bool:
    return start[:5] == PAGE


def walk(file: BinaryIO, size: int) -> ContainerFacts:
    """Read the first and the last pages. Raises Broken when the file ends within a page."""
    found = _read_streams(file, size)
    file.seek(max(0, size - TAIL))
    last = _last_pages(file.read(TAIL))
    streams = found.video | found.audio
    lengths = (_seconds(streams[page.stream], page.position) for page in last if page.stream in streams)
    is_ended = bool(last[-1].flags & LAST)
    return ContainerFacts(
        "ogg",
        is_whole=True if is_ended else None,
        reason="" if is_ended else "the last page is not marked as the last",
        duration_s=max(lengths, default=0.0) or None,
        audio_languages=("und",) if found.audio else (),
        has_video=bool(found.video),
    )


def has_video_track(start: bytes) -> bool | None:
    """Tell whether the first pages of a file begin a video. Raises Broken when they are not there completely."""
    return bool(_read_streams(io.BytesIO(start), len(start)).video)


def _read_streams(file: BinaryIO, size: int) -> OggFindings:
    found = OggFindings()
    offset = 0
    for _ in range(MOST_STREAMS):
        file.seek(offset)
        page = _page_at(file.read(min(size - offset, TAIL)), 0)
        if page is None:
            raise Broken(f"the file ends within the page at byte {offset}")
        if not page.flags & FIRST:
            break
        if page.payload.startswith(VIDEO_STARTS):
            found.video[page.stream] = page.payload
        elif page.payload.startswith(AUDIO_STARTS):
            found.audio[page.stream] = page.payload
        offset += page.end
    return found


def _last_pages(tail: bytes) -> list[OggPage]:
    """Return the pages up to the end of `tail`. Pages that lead elsewhere began within another page's contents."""
    at = tail.find(PAGE)
    while at >= 0:
        pages = list(_pages(tail, at))
        if pages and pages[-1].end == len(tail):
            return pages
        at = tail.find(PAGE, at + 1)
    raise Broken("the file ends within a page")


def _pages(window: bytes, offset: int) -> Iterator[OggPage]:
    while (page := _page_at(window, offset)) is not None:
        yield page
        offset = page.end


def _page_at(window: bytes, offset: int) -> OggPage | None:
    """Return the page that lies completely in `window`."""
    header = window[offset : offset + HEADER]
    if len(header) < HEADER or header[:5] != PAGE:
        return None
    lengths = window[offset + HEADER : offset + HEADER + header[26]]
    start = offset + HEADER + header[26]
    end = start + sum(lengths)
    if len(lengths) < header[26] or end > len(window):
        return None
    position, stream = int.from_bytes(header[6:14], "little"), int.from_bytes(header[14:18], "little")
    return OggPage(header[5], position, stream, window[start:end], end)


def _seconds(first: bytes, position: int) -> float:
    """Return the time at a page's position, which each codec counts in its own way; 0 when it is not known."""
    if position == NO_POSITION:
        return 0.0
    if first.startswith(b"\x80theora") and len(first) >= 42:
        shift = (first[40] & 3) << 3 | first[41] >> 5
        frames = (position >> shift) + (position & ((1 << shift) - 1))
        return _divided(frames * int.from_bytes(first[26:30]), int.from_bytes(first[22:26]))
    if first.startswith(b"OVP80") and len(first) >= 26:
        return _divided((position >> 32) * int.from_bytes(first[22:26]), int.from_bytes(first[18:22]))
    if first.startswith(b"\x01video") and len(first) >= 25:
        return position * int.from_bytes(first[17:25], "little") / 1e7
    if first.startswith(b"\x01vorbis"):
        return _divided(position, int.from_bytes(first[12:16], "little"))
    return position / 48_000 if first.startswith(b"OpusHead") else 0.0


def _divided(number: int, by: int) -> float:
    return number / by if by else 0.0
