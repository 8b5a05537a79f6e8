"""Read AVI files: RIFF chunks of a type and a size. Large files hold several RIFFs (OpenDML)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from stalkeer.adapters.files.facts import Broken, ContainerFacts, Picture

MAX_HEADER = 16 * 1024 * 1024
NO_LENGTH = (0, 0xFFFFFFFF)  # a recorder that wrote to a pipe, or was switched off, left it so


@dataclass
class AviFindings:
    duration_s: float | None = None
    audio: int = 0
    has_video: bool = False
    has_media: bool = False
    has_index: bool = False
    is_open: bool = False  # a list does not say where it ends
    last_index: int = 0  # end of the last chunk that a super index lists
    stream_seconds: list[float] = field(default_factory=list)


def is_avi(start: bytes) -> bool:
    return start[:4] == b"RIFF" and start[8:12] == b"AVI "


def walk(file: BinaryIO, size: int) -> ContainerFacts:
    """Walk an AVI file. Raises Broken when a RIFF or an indexed chunk lies beyond the end of the file."""
    found = AviFindings()
    offset = 0
    while offset + 12 <= size:
        file.seek(offset)
        kind, length, _form = struct.unpack("<4sI4s", file.read(12))
        if kind != b"RIFF":
            break  # unrelated bytes after the last RIFF
        end = offset + 8 + length
        if length in NO_LENGTH:
            found.is_open, end = True, size
        elif length < 4 or end > size:
            raise Broken(f"a RIFF at byte {offset} ends at {end}, the file at {size}")
        _walk_chunks(file, offset + 12, end, found)
        offset = end + (end & 1)
    if not found.has_media:
        raise Broken("no media data (movi): the file ends before it")
    if found.last_index > size:
        raise Broken(f"the index refers to byte {found.last_index}, the file ends at {size}")
    is_proven = not found.is_open or found.has_index
    return ContainerFacts(
        "avi",
        is_whole=True if is_proven else None,
        reason="" if is_proven else "neither a length nor an index: its end cannot be checked",
        duration_s=max(found.stream_seconds, default=found.duration_s),
        audio_languages=("und",) if found.audio else (),
        has_video=found.has_video,
    )


def find_picture(file: BinaryIO, size: int) -> Picture | None:
    """Return the picture size in the main header, which is the file's first list."""
    file.seek(12)
    header = file.read(min(size, 4096))
    at = header.find(b"avih")
    if header[:4] != b"LIST" or at < 0 or len(header) < at + 48:
        return None
    return Picture(*struct.unpack_from("<2I", header, at + 40))


def _walk_chunks(file: BinaryIO, offset: int, end: int, found: AviFindings) -> None:
    while offset + 8 <= end:
        file.seek(offset)
        kind, length = struct.unpack("<4sI", file.read(8))
        if kind == b"LIST" and length in NO_LENGTH:
            # its chunks follow; the form is read, and the walk goes on inside
            found.has_media |= file.read(4) == b"movi"
            found.is_open = True
            offset += 12
            continue
        if offset + 8 + length > end:
            raise Broken(f"{kind.decode('latin-1')} at byte {offset} ends beyond its RIFF")
        found.has_index |= kind == b"idx1"
        if kind == b"LIST":
            form = file.read(4)
            if form == b"movi":
                found.has_media = True
            elif form == b"hdrl" and length <= MAX_HEADER:
                _read_header(file.read(length - 4), found)
        offset += 8 + length + (length & 1)


def _read_header(payload: bytes, found: AviFindings) -> None:
    for kind, body in _inner(payload):
        if kind == b"avih" and len(body) >= 20:
            microseconds, frames = struct.unpack_from("<I12xI", body)
            found.duration_s = microseconds * frames / 1e6 or None
        elif kind == b"LIST" and body[:4] == b"strl":
            _read_stream(body[4:], found)


def _read_stream(payload: bytes, found: AviFindings) -> None:
    for kind, body in _inner(payload):
        if kind == b"strh" and len(body) >= 36:
            found.audio += body[:4] == b"auds"
            found.has_video |= body[:4] == b"vids"
            scale, rate, _start, length = struct.unpack_from("<4I", body, 20)
            if scale and rate and body[:4] == b"vids":
                found.stream_seconds.append(length * scale / rate)
        elif kind == b"indx" and len(body) >= 24 and body[3:4] == b"\0":
            count = min(struct.unpack_from("<I", body, 4)[0], (len(body) - 24) // 16)
            for number in range(count):
                at, length = struct.unpack_from("<QI", body, 24 + number * 16)
                found.last_index = max(found.last_index, at + length)


def _inner(payload: bytes) -> Iterator[tuple[bytes, bytes]]:
    offset = 0
    while offset + 8 <= len(payload):
        kind, length = struct.unpack_from("<4sI", payload, offset)
        yield kind, payload[offset + 8 : offset + 8 + length]
        offset += 8 + length + (length & 1)
