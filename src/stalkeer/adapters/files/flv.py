"""Read Flash video: tags of a type, a size and a time (Adobe Flash Video File Format Specification 10.1)."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import BinaryIO

from stalkeer.adapters.files.facts import Broken, ContainerFacts, end_by_time

AUDIO, VIDEO, SCRIPT = 8, 9, 18
ENCRYPTED = 0x20  # the filter bit of a tag's type
HEADER = 11
MAX_SCRIPT = 1024 * 1024
_NUMBER = re.compile(rb"\x00\x08(duration|filesize)\x00(.{8})", re.DOTALL)


@dataclass
class FlvFindings:
    has_video: bool = False
    has_audio: bool = False
    is_encrypted: bool = False
    last_ms: int = 0
    duration_s: float | None = None
    size: int = 0


def is_flv(start: bytes) -> bool:
    return start[:4] == b"FLV\x01" and start[5:9] == b"\0\0\0\x09"


def walk(file: BinaryIO, size: int) -> ContainerFacts:
    """Walk all tags. Raises Broken when the last tag is incomplete or the tags end before the playing time."""
    found = FlvFindings()
    offset = 13
    while offset < size:
        offset = _walk_tag(file, offset, size, found)
    seen_s = found.last_ms / 1000
    is_timed = end_by_time(found.duration_s, seen_s)
    is_proven = found.size == size or is_timed
    return ContainerFacts(
        "flv",
        is_whole=True if is_proven else None,
        reason="" if is_proven else "its header does not say where it ends",
        duration_s=found.duration_s or seen_s or None,
        audio_languages=("und",) if found.has_audio else (),
        has_video=found.has_video,
        is_encrypted=found.is_encrypted,
    )


def _walk_tag(file: BinaryIO, offset: int, size: int, found: FlvFindings) -> int:
    file.seek(offset)
    header = file.read(HEADER)
    end = offset + HEADER + int.from_bytes(header[1:4]) + 4
    if len(header) < HEADER or end > size:
        raise Broken(f"a tag at byte {offset} ends beyond the file")
    kind = header[0] & 0x1F
    if kind not in (AUDIO, VIDEO, SCRIPT):
        raise Broken(f"no tag at byte {offset}")
    found.has_video |= kind == VIDEO
    found.has_audio |= kind == AUDIO
    found.is_encrypted |= bool(header[0] & ENCRYPTED)
    if kind == SCRIPT:
        _read_script(file.read(min(end - offset - HEADER - 4, MAX_SCRIPT)), found)
    else:
        found.last_ms = max(found.last_ms, header[7] << 24 | int.from_bytes(header[4:7]))
    return end


def _read_script(payload: bytes, found: FlvFindings) -> None:
    for name, value in _NUMBER.findall(payload):
        number: float = struct.unpack(">d", value)[0]
        if not 0 < number < 1e15:
            continue
        if name == b"duration":
            found.duration_s = number
        else:
            found.size = int(number)
