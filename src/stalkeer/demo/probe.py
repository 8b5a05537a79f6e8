"""Read running time, picture size and sound of a media file, as Radarr and Sonarr do. Reads mp4 and Matroska."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO


@dataclass(frozen=True)
class ProbedMedia:
    duration_s: float
    width: int
    height: int
    has_audio: bool


def probe(path: Path) -> ProbedMedia | None:
    """Return the facts of a file; None when it is not mp4 or mkv, or ends within its headers."""
    try:
        with path.open("rb") as file:
            start = file.read(12)
            size = path.stat().st_size
            if start[4:8] == b"ftyp":
                return _read_mp4(file, size)
            if start[:4] == b"\x1a\x45\xdf\xa3":
                return _read_matroska(file, size)
    except (OSError, struct.error, ValueError):
        return None
    return None


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    at = start
    while at + 8 <= end:
        file.seek(at)
        size, kind = struct.unpack(">I4s", file.read(8))
        body = at + 8
        if size == 1:
            size = struct.unpack(">Q", file.read(8))[0]
            body += 8
        size = size or end - at
        if size < 8 or at + size > end:
            raise ValueError("a box reaches beyond the file")
        yield kind, body, at + size
        at += size


def _read_mp4(file: BinaryIO, size: int) -> ProbedMedia | None:
    duration, width, height, has_audio = 0.0, 0, 0, False
    for kind, body, end in _boxes(file, 0, size):
        if kind != b"moov":
            continue
        for inner, inner_body, inner_end in _boxes(file, body, end):
            if inner == b"mvhd":
                duration = _mvhd_duration(file, inner_body)
            elif inner == b"trak":
                sound, wide, high = _read_track(file, inner_body, inner_end)
                has_audio, width, height = has_audio or sound, max(width, wide), max(height, high)
    return ProbedMedia(duration, width, height, has_audio) if duration else None


def _mvhd_duration(file: BinaryIO, at: int) -> float:
    file.seek(at)
    version = file.read(4)[0]
    if version == 1:
        file.read(16)
        scale, length = struct.unpack(">IQ", file.read(12))
    else:
        file.read(8)
        scale, length = struct.unpack(">II", file.read(8))
    return float(length / scale) if scale else 0.0


def _read_track(file: BinaryIO, start: int, end: int) -> tuple[bool, int, int]:
    """Return (whether the track is sound, width, height)."""
    sound, width, height = False, 0, 0
    for kind, body, inner_end in _boxes(file, start, end):
        if kind == b"tkhd":
            file.seek(inner_end - 8)
            wide, high = struct.unpack(">II", file.read(8))
            width, height = wide >> 16, high >> 16
        elif kind == b"mdia":
            for inner, inner_body, _ in _boxes(file, body, inner_end):
                if inner == b"hdlr":
                    file.seek(inner_body + 8)
                    sound = file.read(4) == b"soun"
    return sound, width, height


_SEGMENT, _INFO, _TRACKS, _CLUSTER = 0x18538067, 0x1549A966, 0x1654AE6B, 0x1F43B675
_SCALE, _DURATION, _TRACK, _TYPE, _VIDEO, _WIDTH, _HEIGHT = 0x2AD7B1, 0x4489, 0xAE, 0x83, 0xE0, 0xB0, 0xBA


def _elements(file: BinaryIO, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    at = start
    while at < end:
        file.seek(at)
        identity, id_length = _vint(file, keep_marker=True)
        size, size_length = _vint(file, keep_marker=False)
        body = at + id_length + size_length
        if size == (1 << (7 * size_length)) - 1:
            size = end - body  # unknown size: to the end
        if body + size > end:
            raise ValueError("an element reaches beyond the file")
        yield identity, body, body + size
        at = body + size


def _vint(file: BinaryIO, *, keep_marker: bool) -> tuple[int, int]:
    first = file.read(1)
    if not first or not first[0]:
        raise ValueError("no element here")
    length = 9 - first[0].bit_length()
    value = first[0] if keep_marker else first[0] & ((1 << (8 - length)) - 1)
    for byte in file.read(length - 1):
        value = value << 8 | byte
    return value, length


def _read_matroska(file: BinaryIO, size: int) -> ProbedMedia | None:
    scale, length, width, height, has_audio = 1_000_000, 0.0, 0, 0, False
    for identity, body, end in _elements(file, 0, size):
        if identity != _SEGMENT:
            continue
        for kind, inner_body, inner_end in _elements(file, body, end):
            if kind == _INFO:
                scale, length = _read_info(file, inner_body, inner_end)
            elif kind == _TRACKS:
                width, height, has_audio = _read_tracks(file, inner_body, inner_end)
    return ProbedMedia(length * scale / 1e9, width, height, has_audio) if length else None


def _read_info(file: BinaryIO, start: int, end: int) -> tuple[int, float]:
    scale, length = 1_000_000, 0.0
    for kind, body, inner_end in _elements(file, start, end):
        file.seek(body)
        raw = file.read(inner_end - body)
        if kind == _SCALE:
            scale = int.from_bytes(raw)
        elif kind == _DURATION:
            length = float(struct.unpack(">d" if len(raw) == 8 else ">f", raw)[0])
    return scale, length


def _read_tracks(file: BinaryIO, start: int, end: int) -> tuple[int, int, bool]:
    width, height, has_audio = 0, 0, False
    for kind, body, inner_end in _elements(file, start, end):
        if kind != _TRACK:
            continue
        for inner, at, stop in _elements(file, body, inner_end):
            file.seek(at)
            if inner == _TYPE:
                has_audio = has_audio or int.from_bytes(file.read(stop - at)) == 2
            elif inner == _VIDEO:
                sizes = _numbers(file, at, stop)
                width, height = sizes.get(_WIDTH, 0), sizes.get(_HEIGHT, 0)
    return width, height, has_audio


def _numbers(file: BinaryIO, start: int, end: int) -> dict[int, int]:
    found: dict[int, int] = {}
    for kind, body, stop in _elements(file, start, end):
        file.seek(body)
        found[kind] = int.from_bytes(file.read(stop - body))
    return found
