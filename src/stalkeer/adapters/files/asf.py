"""Read ASF files (WMV): objects of a GUID and a size (Advanced Systems Format Specification 01.20)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from stalkeer.adapters.files.facts import Broken, ContainerFacts

HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
DATA = bytes.fromhex("3626b2758e66cf11a6d900aa0062ce6c")
FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
STREAM_PROPERTIES = bytes.fromhex("9107dcb7b7a9cf118ee600c00c205365")
VIDEO = bytes.fromhex("c0ef19bc4d5bcf11a8fd00805f5c442b")
AUDIO = bytes.fromhex("409e69f84d5bcf11a8fd00805f5c442b")
ENCRYPTION = (
    bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e"),
    bytes.fromhex("14e68a292226174cb935dae07ee9289c"),
)
MAX_HEADER = 16 * 1024 * 1024
BROADCAST = 1


@dataclass
class AsfFindings:
    duration_s: float | None = None
    is_broadcast: bool = False
    video: int = 0
    audio: int = 0
    is_encrypted: bool = False


def is_asf(start: bytes) -> bool:
    return start[:16] == HEADER


def walk(file: BinaryIO, size: int) -> ContainerFacts:
    """Walk the top-level objects. Raises Broken when the header or the data object lies beyond the end of the file."""
    file.seek(0)
    start = file.read(30)
    header_size = int.from_bytes(start[16:24], "little")
    if not 30 <= header_size <= min(size, MAX_HEADER):
        raise Broken("the file ends within its header")
    found = AsfFindings()
    for guid, body in _objects(file.read(header_size - 30)):
        _read_object(guid, body, found)
    is_counted = _check_data(file, header_size, size)
    is_proven = is_counted and not found.is_broadcast
    return ContainerFacts(
        "asf",
        is_whole=True if is_proven else None,
        reason="" if is_proven else "written as a stream: its end cannot be checked",
        duration_s=found.duration_s,
        audio_languages=("und",) if found.audio else (),
        has_video=found.video > 0,
        is_encrypted=found.is_encrypted,
    )


def has_video_track(start: bytes) -> bool | None:
    """Tell whether the header of a file names a video stream; None when it is not there completely."""
    header_size = int.from_bytes(start[16:24], "little")
    if not 30 <= header_size <= len(start):
        return None
    found = AsfFindings()
    for guid, body in _objects(start[30:header_size]):
        _read_object(guid, body, found)
    return found.video > 0


def _check_data(file: BinaryIO, offset: int, size: int) -> bool:
    """Return whether the data object says its size."""
    while offset + 24 <= size:
        file.seek(offset)
        head = file.read(24)
        length = int.from_bytes(head[16:24], "little")
        if head[:16] == DATA:
            if length and offset + length > size:
                raise Broken(f"the data at byte {offset} ends at {offset + length}, the file at {size}")
            return length > 0
        if length < 24:
            break
        offset += length
    raise Broken("no media data: the file ends before it")


def _read_object(guid: bytes, body: bytes, found: AsfFindings) -> None:
    if guid == FILE_PROPERTIES and len(body) >= 68:
        played_s = int.from_bytes(body[40:48], "little") / 1e7 - int.from_bytes(body[56:64], "little") / 1e3
        found.duration_s = played_s if 0 < played_s < 1e6 else None
        found.is_broadcast = bool(body[64] & BROADCAST)
    elif guid == STREAM_PROPERTIES:
        found.video += body[:16] == VIDEO
        found.audio += body[:16] == AUDIO
    elif guid in ENCRYPTION:
        found.is_encrypted = True


def _objects(payload: bytes) -> Iterator[tuple[bytes, bytes]]:
    offset = 0
    while offset + 24 <= len(payload):
        length = int.from_bytes(payload[offset + 16 : offset + 24], "little")
        if length < 24:
            return
        yield payload[offset : offset + 16], payload[offset + 24 : offset + length]
        offset += length
