"""Read Matroska and WebM files: elements of an id, a size and contents (RFC 8794, RFC 9559)."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from stalkeer.adapters.files.facts import Broken, ContainerFacts, Picture, end_by_time

EBML = 0x1A45DFA3
SEGMENT = 0x18538067
SEEK_HEAD, SEEK, SEEK_ID, SEEK_POSITION = 0x114D9B74, 0x4DBB, 0x53AB, 0x53AC
INFO, TIMESTAMP_SCALE, DURATION = 0x1549A966, 0x2AD7B1, 0x4489
TRACKS, TRACK_ENTRY, TRACK_TYPE, LANGUAGE, LANGUAGE_BCP47 = 0x1654AE6B, 0xAE, 0x83, 0x22B59C, 0x22B59D
VIDEO, PIXEL_WIDTH, PIXEL_HEIGHT = 0xE0, 0xB0, 0xBA
CODEC, DEFAULT_DURATION = 0x86, 0x23E383
ENCODINGS, ENCODING, ENCRYPTION = 0x6D80, 0x6240, 0x5035
STILL_CODECS = frozenset({b"V_MJPEG", b"V_PNG"})
CLUSTER, CLUSTER_TIMESTAMP, CUES = 0x1F43B675, 0xE7, 0x1C53BB6B
TOP_LEVEL = frozenset({SEEK_HEAD, INFO, TRACKS, CLUSTER, CUES, 0x1254C367, 0x1043A770, 0x1941A469, 0xEC, 0xBF})
MAX_HEADER = 64 * 1024 * 1024
LONGEST_CLUSTER_S = 12.0  # its last block may come so long after its own time


@dataclass(frozen=True)
class Element:
    """Hold an element. `size` is None when the writer did not know it."""

    id: int
    start: int
    size: int | None

    @property
    def end(self) -> int | None:
        return None if self.size is None else self.start + self.size


@dataclass
class MatroskaFindings:
    duration_s: float | None = None
    scale_ns: int = 1_000_000
    audio: list[str] = field(default_factory=list)
    subtitles: list[str] = field(default_factory=list)
    has_video: bool = False
    has_tracks: bool = False
    is_encrypted: bool = False
    pointers: dict[int, int] = field(default_factory=dict)  # element id -> position according to SeekHead
    clusters: int = 0
    last_timestamp: int = 0


def is_matroska(start: bytes) -> bool:
    return start[:4] == EBML.to_bytes(4)


def walk(file: BinaryIO, size: int) -> ContainerFacts:
    """Walk a Matroska file. Raises Broken when the segment or an indexed element lies beyond the end of the file."""
    header = _element(file, 0, size)
    if header.end is None or header.end > size:
        raise Broken("the file ends within its header")
    segment = _element(file, header.end, size)
    if segment.id != SEGMENT:
        raise Broken("no segment after the header")
    if segment.end is not None and segment.end > size:
        raise Broken(f"the segment ends at byte {segment.end}, the file at {size}")
    found = MatroskaFindings()
    _walk_segment(file, segment, size, found)
    _follow_pointers(file, segment, size, found)
    if not found.has_tracks:
        raise Broken("no tracks: the file ends before them")
    if not found.clusters:
        raise Broken("no media data: the file ends before it")
    return _facts(found, is_size_known=segment.size is not None)


def has_video_track(start: bytes) -> bool | None:
    """Tell whether the tracks at the beginning of a file hold a video; None when they are not there completely."""
    file, size = io.BytesIO(start), len(start)
    offset = _element(file, _element(file, 0, size).end or size, size).start
    while offset < size:
        element = _element(file, offset, size)
        if element.end is None or element.end > size:
            return None
        if element.id == TRACKS:
            found = MatroskaFindings()
            _read_top_level(file, element, found)
            return found.has_video
        offset = element.end
    return None


def find_picture(file: BinaryIO, size: int) -> Picture | None:
    """Return the largest video track's picture, if tracks precede the media. Raises Broken when they are cut off."""
    header = _element(file, 0, size)
    if header.end is None:
        return None
    offset = _element(file, header.end, size).start
    while offset < size:
        element = _element(file, offset, size)
        if element.id == TRACKS:
            sizes = (_picture_of_track(entry) for entry in _children(_read(file, element), TRACK_ENTRY))
            return max(sizes, default=None)
        if element.id == CLUSTER or element.end is None:
            return None
        offset = element.end
    return None


def _picture_of_track(entry: bytes) -> Picture:
    video = dict(_elements(dict(_elements(entry)).get(VIDEO, b"")))
    return Picture(_number(video.get(PIXEL_WIDTH, b"")), _number(video.get(PIXEL_HEIGHT, b"")))


def _facts(found: MatroskaFindings, *, is_size_known: bool) -> ContainerFacts:
    is_whole: bool | None = True
    reason = ""
    if not is_size_known:
        # written as a stream: only the playing time shows whether clusters are missing
        seen_s = min(found.last_timestamp * found.scale_ns, 10**18) / 1e9
        if not end_by_time(found.duration_s, seen_s, LONGEST_CLUSTER_S):
            is_whole, reason = None, "written as a stream: its end cannot be checked"
    return ContainerFacts(
        "matroska",
        is_whole=is_whole,
        reason=reason,
        duration_s=found.duration_s,
        audio_languages=tuple(dict.fromkeys(found.audio)),
        subtitle_languages=tuple(dict.fromkeys(found.subtitles)),
        has_video=found.has_video,
        is_encrypted=found.is_encrypted,
    )


def _walk_segment(file: BinaryIO, segment: Element, size: int, found: MatroskaFindings) -> None:
    """Walk up to the first cluster when the segment's size is known, otherwise through all clusters."""
    end = segment.end or size
    offset = segment.start
    while offset < end:
        element = _element(file, offset, size)
        if element.id not in TOP_LEVEL and segment.size is None and found.clusters:
            raise Broken(f"no element at byte {offset}")
        if element.end is not None and element.end > end:
            raise Broken(f"an element at byte {offset} ends at {element.end}, the file at {end}")
        if element.id == CLUSTER:
            found.clusters += 1
            if segment.size is not None:
                return
            offset = _walk_cluster(file, element, size, found)
            continue
        if element.end is None:
            raise Broken(f"an element of unknown size at byte {offset}")
        _read_top_level(file, element, found)
        offset = element.end


def _walk_cluster(file: BinaryIO, cluster: Element, size: int, found: MatroskaFindings) -> int:
    """Return the start of the next element. A cluster of unknown size ends at the next top-level element."""
    offset = cluster.start
    end = cluster.end or size
    while offset < end:
        element = _element(file, offset, size)
        if element.id in TOP_LEVEL - {0xEC, 0xBF}:
            return offset
        if element.end is None or element.end > end:
            raise Broken(f"a block at byte {offset} ends beyond the file")
        if element.id == CLUSTER_TIMESTAMP:
            found.last_timestamp = max(found.last_timestamp, _number(_read(file, element)))
            if cluster.end is not None:
                return cluster.end
        offset = element.end
    return end


def _read_top_level(file: BinaryIO, element: Element, found: MatroskaFindings) -> None:
    if element.id == SEEK_HEAD:
        for seek in _children(_read(file, element), SEEK):
            fields = dict(_elements(seek))
            found.pointers[_number(fields.get(SEEK_ID, b""))] = _number(fields.get(SEEK_POSITION, b""))
    elif element.id == INFO:
        fields = dict(_elements(_read(file, element)))
        found.scale_ns = _number(fields[TIMESTAMP_SCALE]) if TIMESTAMP_SCALE in fields else 1_000_000
        ticks = _float(fields.get(DURATION, b""))
        found.duration_s = ticks * found.scale_ns / 1e9 if 0 < ticks < 1e15 and found.scale_ns < 1e12 else None
    elif element.id == TRACKS:
        found.has_tracks = True
        for entry in _children(_read(file, element), TRACK_ENTRY):
            _read_track(dict(_elements(entry)), found)


def _read_track(fields: dict[int, bytes], found: MatroskaFindings) -> None:
    kind = _number(fields.get(TRACK_TYPE, b""))
    language = fields.get(LANGUAGE_BCP47) or fields.get(LANGUAGE) or b"eng"  # the format's own default
    name = language.rstrip(b"\0").decode("ascii", "replace") or "und"
    found.is_encrypted |= any(
        ENCRYPTION in dict(_elements(encoding)) for encoding in _children(fields.get(ENCODINGS, b""), ENCODING)
    )
    if kind == 1:
        is_cover = fields.get(CODEC, b"").rstrip(b"\0") in STILL_CODECS and DEFAULT_DURATION not in fields
        found.has_video |= not is_cover
    elif kind == 2:
        found.audio.append(name)
    elif kind == 17:
        found.subtitles.append(name)


def _follow_pointers(file: BinaryIO, segment: Element, size: int, found: MatroskaFindings) -> None:
    """Check that every element in SeekHead exists. Read tracks and info that come after the clusters."""
    for wanted, position in found.pointers.items():
        offset = segment.start + position
        if offset >= size:
            raise Broken(f"the index points at byte {offset}, the file ends at {size}")
        element = _element(file, offset, size)
        if element.id != wanted or (element.end is not None and element.end > size):
            if wanted == CLUSTER:
                continue
            raise Broken(f"the index points at byte {offset}, where something else is")
        is_new = (wanted == TRACKS and not found.has_tracks) or (wanted == INFO and found.duration_s is None)
        if is_new:
            _read_top_level(file, element, found)


def _element(file: BinaryIO, offset: int, size: int) -> Element:
    file.seek(offset)
    header = file.read(12)
    if len(header) < 2:
        raise Broken(f"the file ends at byte {size}, within an element's header")
    id_length = _length_of(header[0], 4)
    size_length = _length_of(header[id_length], 8) if len(header) > id_length else 9
    if len(header) < id_length + size_length:
        raise Broken(f"the file ends at byte {size}, within an element's header")
    return Element(
        int.from_bytes(header[:id_length]),
        offset + id_length + size_length,
        _size(header[id_length : id_length + size_length]),
    )


def _length_of(first: int, most: int) -> int:
    length = 9 - first.bit_length()
    if length > most:
        raise Broken("no element where one should be")
    return length


def _size(octets: bytes) -> int | None:
    value = int.from_bytes(octets) & ((1 << 7 * len(octets)) - 1)
    return None if value == (1 << 7 * len(octets)) - 1 else value


def _read(file: BinaryIO, element: Element) -> bytes:
    if element.size is None or element.size > MAX_HEADER:
        raise Broken(f"a header element of {element.size} bytes")
    file.seek(element.start)
    payload = file.read(element.size)
    if len(payload) < element.size:
        raise Broken("the file ends within a header element")
    return payload


def _elements(payload: bytes) -> Iterator[tuple[int, bytes]]:
    offset = 0
    while offset + 1 < len(payload):
        id_length = _length_of(payload[offset], 4)
        if offset + id_length >= len(payload):
            return
        size_length = _length_of(payload[offset + id_length], 8)
        start = offset + id_length + size_length
        length = _size(payload[offset + id_length : start]) or 0
        yield int.from_bytes(payload[offset : offset + id_length]), payload[start : start + length]
        offset = start + length


def _children(payload: bytes, wanted: int) -> Iterator[bytes]:
    return (body for kind, body in _elements(payload) if kind == wanted)


def _number(octets: bytes) -> int:
    return int.from_bytes(octets)


def _float(octets: bytes) -> float:
    if len(octets) not in (4, 8):
        return 0.0
    value: float = struct.unpack(">f" if len(octets) == 4 else ">d", octets)[0]
    return value
