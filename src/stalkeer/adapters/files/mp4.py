"""Read MP4 and QuickTime files: boxes of a size and a type (ISO/IEC 14496-12)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from stalkeer.adapters.files.facts import Broken, ContainerFacts, Picture

FIRST_TYPES = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"styp", b"pnot"})
MAX_INDEX = 256 * 1024 * 1024
UNKNOWN_32 = 0xFFFFFFFF
# QuickTime's language numbers (Inside Macintosh), as far as movies use them: three letters each
QUICKTIME_LANGUAGES = (
    "engfregeritadutswespadanpornorhebjpnarafingreicemlttur"
    "hrvchiurdhinthakorlitpolhunestlavsmifaoperruschidutglealbrumczesloslvyidsrpmacbulukr"
)


@dataclass(frozen=True)
class Box:
    """A box whose contents go from `start` up to `end`."""

    kind: bytes
    start: int
    end: int


@dataclass
class Track:
    handler: bytes = b""
    language: str = "und"
    last_byte: int = 0  # end of its last sample
    duration_s: float = 0.0


@dataclass
class Index:
    """The contents of the movie box (moov)."""

    timescale: int = 0
    duration: int = 0
    fragments_duration: int = 0
    is_fragmented: bool = False
    tracks: list[Track] = field(default_factory=list)


def is_mp4(start: bytes) -> bool:
    return start[4:8] in FIRST_TYPES


def walk(file: BinaryIO, size: int) -> ContainerFacts:
    """Walk an MP4 file. Raises Broken when a box or sample lies beyond the end of the file, or the index is missing."""
    index: Index | None = None
    kinds: list[bytes] = []
    segments_end = 0
    is_quicktime = True  # files from before brands are QuickTime
    for box in _top_boxes(file, size):
        kinds.append(box.kind)
        if box.kind == b"ftyp":
            is_quicktime = _contents(file, box)[:4] == b"qt  "
        if box.kind == b"moov":
            index = _read_index(_contents(file, box), is_quicktime=is_quicktime)
        elif box.kind == b"sidx":
            segments_end = max(segments_end, box.end + _indexed_size(_contents(file, box)))
    if index is None:
        raise Broken("the index (moov) is missing: the file ends before it")
    if segments_end > size:
        raise Broken(f"the segment index covers {segments_end} bytes, the file has {size}")
    _check_media(index, kinds, size)
    # an index of all fragments is at the start (sidx) or the end (mfra)
    return _facts(index, is_counted=segments_end > 0 or b"mfra" in kinds)


def find_picture(file: BinaryIO, size: int) -> Picture | None:
    """Return the largest picture of the video tracks. Raises Broken when the file ends before the index."""
    for box in _top_boxes(file, size):
        if box.kind == b"moov":
            tracks = (body for kind, body in _inner(_contents(file, box)) if kind == b"trak")
            return max((_picture_of_track(track) for track in tracks), default=None)
    return None


def _picture_of_track(track: bytes) -> Picture:
    """Return zero by zero for a track without video."""
    media = dict(_inner(dict(_inner(track)).get(b"mdia", b"")))
    table = dict(_inner(dict(_inner(media.get(b"minf", b""))).get(b"stbl", b"")))
    entry = table.get(b"stsd", b"")[8:]  # the first sample entry
    if media.get(b"hdlr", b"")[8:12] != b"vide" or len(entry) < 36:
        return Picture(0, 0)
    return Picture(int.from_bytes(entry[32:34]), int.from_bytes(entry[34:36]))


def _check_media(index: Index, kinds: list[bytes], size: int) -> None:
    last = max((track.last_byte for track in index.tracks), default=0)
    if last > size:
        raise Broken(f"the last sample ends at byte {last}, the file at {size}")
    if b"mdat" not in kinds:
        raise Broken("the media data (mdat) is missing")
    media = [kind for kind in kinds if kind in (b"moof", b"mdat")]
    if index.is_fragmented and media and media[-1] == b"moof":
        raise Broken("the last fragment has no media data")


def _facts(index: Index, *, is_counted: bool) -> ContainerFacts:
    longest = index.duration or index.fragments_duration
    duration = longest / index.timescale if index.timescale and longest else None
    proves = not index.is_fragmented or is_counted
    return ContainerFacts(
        "mp4",
        is_whole=True if proves else None,
        reason="" if proves else "fragments do not say how many there are",
        duration_s=duration,
        audio_languages=_languages(index, b"soun"),
        subtitle_languages=_languages(index, b"sbtl", b"subt", b"text", b"clcp"),
        has_video=any(track.handler == b"vide" for track in index.tracks),
    )


def _languages(index: Index, *handlers: bytes) -> tuple[str, ...]:
    return tuple(dict.fromkeys(track.language for track in index.tracks if track.handler in handlers))


def _top_boxes(file: BinaryIO, size: int) -> Iterator[Box]:
    offset = 0
    while offset < size:
        file.seek(offset)
        header = file.read(16)
        if len(header) < 8 or not header[:8].strip(b"\0"):
            if file.read(4096).strip(b"\0") or header.strip(b"\0"):
                raise Broken(f"the file ends within a box header at byte {offset}")
            return  # zeros after the last box: padding
        box = _box_at(header, offset, size)
        yield box
        offset = box.end


def _box_at(header: bytes, offset: int, size: int) -> Box:
    length, kind, start = int.from_bytes(header[:4]), header[4:8], offset + 8
    if length == 1:
        length, start = int.from_bytes(header[8:16]), offset + 16
    if length == 0:
        return Box(kind, start, size)
    if length < start - offset or not all(32 <= byte < 127 or byte == 0xA9 for byte in kind):
        raise Broken(f"no box at byte {offset}")
    if offset + length > size:
        raise Broken(f"{kind.decode('latin-1')} at byte {offset} ends at {offset + length}, the file at {size}")
    return Box(kind, start, offset + length)


def _contents(file: BinaryIO, box: Box) -> bytes:
    if box.end - box.start > MAX_INDEX:
        raise Broken(f"an index of {box.end - box.start} bytes")
    file.seek(box.start)
    return file.read(box.end - box.start)


def _inner(payload: bytes) -> Iterator[tuple[bytes, bytes]]:
    offset = 0
    while offset + 8 <= len(payload):
        box = _box_at(payload[offset : offset + 16], offset, len(payload))
        yield box.kind, payload[box.start : box.end]
        offset = box.end


def _read_index(payload: bytes, *, is_quicktime: bool) -> Index:
    index = Index()
    for kind, body in _inner(payload):
        if kind == b"mvhd":
            index.timescale, index.duration = _time_of(body)
        elif kind == b"trak":
            index.tracks.append(_read_track(body, is_quicktime=is_quicktime))
        elif kind == b"mvex":
            index.is_fragmented = True
            for inner_kind, inner in _inner(body):
                if inner_kind == b"mehd":
                    index.fragments_duration = int.from_bytes(inner[4:12] if inner[0] == 1 else inner[4:8])
    return index


def _time_of(body: bytes) -> tuple[int, int]:
    """Return (timescale, duration) of a movie or media header. All ones mean an unknown duration."""
    if body[:1] == b"\1":
        timescale, duration, unknown = int.from_bytes(body[20:24]), int.from_bytes(body[24:32]), 2**64 - 1
    else:
        timescale, duration, unknown = int.from_bytes(body[12:16]), int.from_bytes(body[16:20]), UNKNOWN_32
    return timescale, 0 if duration == unknown else duration


def _read_track(payload: bytes, *, is_quicktime: bool) -> Track:
    track = Track()
    for kind, media in _inner(payload):
        if kind != b"mdia":
            continue
        for inner_kind, body in _inner(media):
            if inner_kind == b"hdlr":
                track.handler = body[8:12]
            elif inner_kind == b"mdhd":
                track.language = _language_of(body, is_quicktime=is_quicktime)
            elif inner_kind == b"elng":
                track.language = body[4:].split(b"\0")[0].decode("ascii", "replace") or track.language
            elif inner_kind == b"minf":
                track.last_byte = _last_byte(body)
    return track


def _language_of(body: bytes, *, is_quicktime: bool) -> str:
    """Decode three letters of five bits, or a QuickTime number. 0 means English in QuickTime, unknown in MP4."""
    packed = int.from_bytes(body[32:34] if body[:1] == b"\1" else body[20:22])
    if packed < 0x400 or packed == 0x7FFF:
        return QUICKTIME_LANGUAGES[packed * 3 : packed * 3 + 3] or "und" if packed or is_quicktime else "und"
    return "".join(chr(0x60 + (packed >> shift & 0x1F)) for shift in (10, 5, 0))


def _last_byte(minf: bytes) -> int:
    """Return the end of the last chunk's samples by the sample tables; 0 without tables (fragments)."""
    tables = {}
    for kind, body in _inner(minf):
        if kind == b"stbl":
            tables = dict(_inner(body))
    offsets = _chunk_offsets(tables)
    sizes, to_chunk = tables.get(b"stsz", b""), tables.get(b"stsc", b"")
    runs = int.from_bytes(to_chunk[4:8])
    if not offsets or len(sizes) < 12 or not runs or len(to_chunk) < 8 + runs * 12:
        return max(offsets, default=0)
    last = offsets.index(max(offsets)) + 1
    return max(offsets) + (_size_of_last_chunk(sizes, to_chunk, runs) if last == len(offsets) else 0)


def _chunk_offsets(tables: dict[bytes, bytes]) -> list[int]:
    for kind, width in ((b"co64", 8), (b"stco", 4)):
        if kind in tables:
            body = tables[kind]
            count = min(int.from_bytes(body[4:8]), (len(body) - 8) // width)
            return [int.from_bytes(body[8 + at * width : 8 + (at + 1) * width]) for at in range(count)]
    return []


def _size_of_last_chunk(sizes: bytes, to_chunk: bytes, runs: int) -> int:
    at = 8 + (runs - 1) * 12
    samples = int.from_bytes(to_chunk[at + 4 : at + 8])
    fixed, count = int.from_bytes(sizes[4:8]), int.from_bytes(sizes[8:12])
    if fixed:
        return fixed * min(samples, count)
    first = max(0, count - samples)
    return sum(int.from_bytes(sizes[12 + number * 4 : 16 + number * 4]) for number in range(first, count))


def _indexed_size(sidx: bytes) -> int:
    """Return the number of bytes after a segment index that it covers."""
    is_wide = sidx[:1] == b"\1"
    first = int.from_bytes(sidx[20:28] if is_wide else sidx[16:20])
    at = 28 if is_wide else 20
    count = int.from_bytes(sidx[at + 2 : at + 4])
    references = (sidx[at + 4 + number * 12 :][:4] for number in range(count))
    return first + sum(int.from_bytes(reference) & 0x7FFFFFFF for reference in references)
