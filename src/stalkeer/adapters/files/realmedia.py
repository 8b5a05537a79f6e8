"""Read RealMedia files: chunks of a name and a size (RealMedia File Format)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from stalkeer.adapters.files.facts import Broken, ContainerFacts

PROPERTIES, STREAM, DATA = b"PROP", b"MDPR", b"DATA"
MAX_CHUNK = 1024 * 1024
DATA_HEADER = 18


@dataclass
class RealMediaFindings:
    duration_s: float | None = None
    video: int = 0
    audio: int = 0
    data_start: int = 0
    data_end: int | None = None  # 0: the file does not say it


def is_realmedia(start: bytes) -> bool:
    return start[:4] == b".RMF" and start[4:7] == b"\0\0\0"


def walk(file: BinaryIO, size: int) -> ContainerFacts:
    """Walk the chunks up to the media data. Raises Broken when the data lie beyond the end of the file."""
    found = RealMediaFindings()
    offset = 0
    while offset + 10 <= size and found.data_end is None:
        file.seek(offset)
        head = file.read(10)
        name, length = head[:4], int.from_bytes(head[4:8])
        if name == DATA:
            found.data_start, found.data_end = offset + DATA_HEADER, offset + length if length else 0
        elif length < 10:
            raise Broken(f"no chunk at byte {offset}")
        else:
            _read_chunk(name, file.read(min(length - 10, MAX_CHUNK)), found)
        offset += length
    if found.data_end is None:
        raise Broken("no media data: the file ends before it")
    if found.data_end > size and not _is_counted_twice(file, found, size):
        raise Broken(f"the data end at byte {found.data_end}, the file at {size}")
    return ContainerFacts(
        "realmedia",
        is_whole=True if found.data_end else None,
        reason="" if found.data_end else "written as a stream: its end cannot be checked",
        duration_s=found.duration_s,
        audio_languages=("und",) if found.audio else (),
        has_video=found.video > 0,
    )


def _read_chunk(name: bytes, body: bytes, found: RealMediaFindings) -> None:
    if name == PROPERTIES and len(body) >= 24:
        found.duration_s = int.from_bytes(body[20:24]) / 1000 or None
    elif name == STREAM and len(body) > 31:
        mime_at = 31 + body[30]  # after the stream's name
        mime = body[mime_at + 1 :][: body[mime_at]] if mime_at < len(body) else b""
        found.video += mime.startswith(b"video/")
        found.audio += mime.startswith(b"audio/")


def _is_counted_twice(file: BinaryIO, found: RealMediaFindings, size: int) -> bool:
    """Tell whether the packets end with the file though the size says more: some writers count the header twice."""
    if (found.data_end or 0) - size > DATA_HEADER:
        return False
    offset = found.data_start
    while offset + 4 <= size:
        file.seek(offset)
        length = int.from_bytes(file.read(4)[2:])
        if length < 4:
            file.seek(offset)
            return not file.read().strip(b"\0")  # zeros end the packets
        offset += length
    return offset == size
