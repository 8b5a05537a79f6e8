"""Read MP4 and QuickTime files: boxes of a size and a type (ISO/IEC 14496-12)."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from stalkeer.adapters.files.facts import Broken, ContainerFacts, Picture, Span, end_by_time

FIRST_TYPES = frozenset(
    {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"styp", b"pnot"}
    | {b"uuid", b"sidx", b"ssix", b"moof", b"emsg", b"prft", b"pdin", b"udta", b"bloc"}
)
STILL_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"avif", b"crx ", b"jp2 ", b"jpx ", b"jxl "})
STILL_ENTRIES = frozenset({b"jpeg", b"png ", b"mjpa", b"mjpb"})
STILL_OBJECTS = (b"\x6c", b"\x6d")  # ISO/IEC 14496-1, table 5: JPEG, and PNG
_OBJECT_TYPE = re.compile(rb"esds.{4}\x03[\x80-\xff]*[\0-\x7f].{3}\x04[\x80-\xff]*[\0-\x7f](.)", re.DOTALL)
ENCRYPTED_ENTRIES = frozenset({b"encv", b"enca", b"drms", b"drmi"})
SECONDS_A_STILL = 2.0  # a track with fewer pictures shows covers or chapters
MAX_INDEX = 256 * 1024 * 1024
UNKNOWN_32 = 0xFFFFFFFF
# QuickTime's language numbers (Inside Macintosh), as far as movies use them: three letters each
QUICKTIME_LANGUAGES = (
    "engfregeritadutswespadanpornorhebjpnarafingreicemlttur"
    "hrvchiurdhinthakorlitpolhunestlavsmifaoperruschidutglealbrumczesloslvyidsrpmacbulukr"
)


@dataclass(frozen=True)
class Box:
    """Hold a box whose contents go from `start` up to `end`."""

    kind: bytes
    start: int
    end: int


@dataclass
class Track:
    handler: bytes = b""
    language: str = "und"
    last_byte: int = 0  # end of its last sample
    number: int = 0
    timescale: int = 0
    duration: int = 0  # in units of its timescale
    entry: bytes = b""  # the type of its first sample entry
    samples: int = 0

    @property
    def is_video(self) -> bool:
        """Tell whether the track is a video.

        Pictures that each last for a while are a cover, or the chapters of an audio book.
        """
        if self.handler != b"vide":
            return False
        shown_s = self.duration / self.timescale if self.timescale else 0.0
        return self.entry not in STILL_ENTRIES or (self.samples > 1 and shown_s / self.samples < SECONDS_A_STILL)


@dataclass
class Index:
    """Hold the contents of the movie box (moov)."""

    timescale: int = 0
    duration: int = 0
    fragments_duration: int = 0
    is_fragmented: bool = False
    tracks: list[Track] = field(default_factory=list)
    sample_durations: dict[int, int] = field(default_factory=dict)  # track -> the default of its fragments (trex)
    ends_s: dict[int, float] = field(default_factory=dict)  # track -> where its last fragment ends

    @property
    def seen_s(self) -> float:
        """Return the time at which the last fragment ends; 0 without fragments."""
        return max(self.ends_s.values(), default=0.0)


@dataclass
class Layout:
    """Hold the top-level boxes of the file."""

    kinds: list[bytes] = field(default_factory=list)
    indexed_end: int = 0  # of the media that a segment index at the start covers
    media_end: int = 0


def is_mp4(start: bytes) -> bool:
    length = int.from_bytes(start[:4])
    is_box = start[4:8] in FIRST_TYPES and (length in (0, 1) or length >= 8)
    return is_box and not (start[4:8] == b"ftyp" and start[8:12] in STILL_BRANDS)


def walk(file: BinaryIO, size: int) -> ContainerFacts:
    """Walk an MP4 file. Raises Broken when a box or sample lies beyond the end of the file, or the index is missing."""
    index: Index | None = None
    layout = Layout()
    is_quicktime = True  # files from before brands are QuickTime
    for box in _top_boxes(file, size):
        if box.kind == b"ftyp":
            is_quicktime = _contents(file, box)[:4] == b"qt  "
        elif box.kind == b"moov":
            index = _read_index(_contents(file, box), is_quicktime=is_quicktime)
        elif box.kind == b"sidx" and b"moof" not in layout.kinds:  # a later one covers its own segment only
            layout.indexed_end = max(layout.indexed_end, box.end + _indexed_size(_contents(file, box)))
        elif box.kind == b"moof" and index is not None:
            _read_fragment(_contents(file, box), index)
        if box.kind in (b"moof", b"mdat"):
            layout.media_end = box.end
        layout.kinds.append(box.kind)
    if index is None:
        raise Broken("the index (moov) is missing: the file ends before it")
    if layout.indexed_end > size:
        raise Broken(f"the segment index covers {layout.indexed_end} bytes, the file has {size}")
    _check_media(index, layout.kinds, size)
    return _facts(index, layout)


def has_video_track(start: bytes) -> bool | None:
    """Tell whether the index at the beginning of a file names a video track; None when it is not there completely."""
    for box in _top_boxes(io.BytesIO(start), len(start)):
        if box.kind == b"moov":
            index = _read_index(start[box.start : box.end], is_quicktime=False)
            return any(track.is_video for track in index.tracks)
    return None


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


def _facts(index: Index, layout: Layout) -> ContainerFacts:
    timescale = index.timescale
    claimed_s = (index.fragments_duration or index.duration) / timescale if timescale else 0.0
    is_timed = index.is_fragmented and index.seen_s > 0 and end_by_time(claimed_s, index.seen_s)
    # an index of all fragments is at the start (sidx) or the end (mfra), or the header says how long they play
    is_counted = b"mfra" in layout.kinds or 0 < layout.media_end <= layout.indexed_end
    proves = not index.is_fragmented or is_counted or is_timed
    return ContainerFacts(
        "mp4",
        is_whole=True if proves else None,
        reason="" if proves else "fragments do not say how many there are",
        duration_s=(index.seen_s if index.is_fragmented else 0.0) or claimed_s or None,
        audio_languages=_languages(index, b"soun"),
        subtitle_languages=_languages(index, b"sbtl", b"subt", b"text", b"clcp"),
        has_video=any(track.is_video for track in index.tracks),
        is_encrypted=any(track.entry in ENCRYPTED_ENTRIES for track in index.tracks),
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
                    index.fragments_duration = int.from_bytes(inner[4:12] if inner[:1] == b"\1" else inner[4:8])
                elif inner_kind == b"trex":
                    index.sample_durations[int.from_bytes(inner[4:8])] = int.from_bytes(inner[12:16])
    return index


def read_header(payload: bytes) -> Index:
    """Read an initialisation section. Raises Broken when it is incomplete or has no index."""
    moov = next((body for kind, body in _inner(payload) if kind == b"moov"), None)
    if moov is None:
        raise Broken("the index (moov) is missing")
    return _read_index(moov, is_quicktime=False)


def read_segment(payload: bytes, index: Index | None) -> Span | None:
    """Return the time that a media segment covers; None without the header. Raises Broken when it is incomplete."""
    boxes = list(_inner(payload))
    if not boxes or boxes[-1][0] == b"moof" or {b"moof", b"mdat"} - {kind for kind, _ in boxes}:
        raise Broken("no complete fragment")
    spans = [span for kind, body in boxes if kind == b"moof" and index for span in _read_fragment(body, index)]
    return Span(min(span.start_s for span in spans), max(span.end_s for span in spans)) if spans else None


def _read_fragment(payload: bytes, index: Index) -> list[Span]:
    """Note where the fragment's tracks end, and return the time that each covers."""
    found = []
    for kind, body in _inner(payload):
        if kind == b"traf":
            runs = [run for name, run in _inner(body) if name == b"trun"]
            found.append(_read_track_fragment(dict(_inner(body)), index, runs))
    return [span for span in found if span is not None]


def _read_track_fragment(boxes: dict[bytes, bytes], index: Index, runs: list[bytes]) -> Span | None:
    header, decode_time = boxes.get(b"tfhd", b""), boxes.get(b"tfdt", b"")
    number = int.from_bytes(header[4:8])
    track = next((track for track in index.tracks if track.number == number), None)
    if track is None or not track.timescale:
        return None
    each = _sample_duration(header) or index.sample_durations.get(number, 0)
    length = sum(_run_duration(run, each) for run in runs)
    if decode_time:
        start_s = int.from_bytes(decode_time[4:12] if decode_time[:1] == b"\1" else decode_time[4:8]) / track.timescale
    else:
        start_s = index.ends_s.get(number, 0.0)
    end_s = start_s + length / track.timescale
    index.ends_s[number] = max(index.ends_s.get(number, 0.0), end_s)
    return Span(start_s, end_s)


def _sample_duration(header: bytes) -> int:
    """Return the default in a track fragment's header; 0 without one. Optional fields stand before it."""
    flags = int.from_bytes(header[1:4])
    at = 8 + (8 if flags & 1 else 0) + (4 if flags & 2 else 0)
    return int.from_bytes(header[at : at + 4]) if flags & 8 else 0


def _run_duration(run: bytes, each: int) -> int:
    flags, count = int.from_bytes(run[1:4]), int.from_bytes(run[4:8])
    if not flags & 0x100:
        return each * count
    first = 8 + (4 if flags & 1 else 0) + (4 if flags & 4 else 0)
    width = 4 * sum(bool(flags & flag) for flag in (0x100, 0x200, 0x400, 0x800))
    count = min(count, (len(run) - first) // width)
    return sum(int.from_bytes(run[at : at + 4]) for at in range(first, first + count * width, width))


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
        if kind == b"tkhd":
            track.number = int.from_bytes(media[20:24] if media[:1] == b"\1" else media[12:16])
        if kind != b"mdia":
            continue
        for inner_kind, body in _inner(media):
            if inner_kind == b"hdlr":
                track.handler = body[8:12]
            elif inner_kind == b"mdhd":
                track.timescale, track.duration = _time_of(body)
                track.language = _language_of(body, is_quicktime=is_quicktime)
            elif inner_kind == b"elng":
                track.language = body[4:].split(b"\0")[0].decode("ascii", "replace") or track.language
            elif inner_kind == b"minf":
                _read_samples(body, track)
    return track


def _language_of(body: bytes, *, is_quicktime: bool) -> str:
    """Decode three letters of five bits, or a QuickTime number. 0 means English in QuickTime, unknown in MP4."""
    packed = int.from_bytes(body[32:34] if body[:1] == b"\1" else body[20:22])
    if packed < 0x400 or packed == 0x7FFF:
        return QUICKTIME_LANGUAGES[packed * 3 : packed * 3 + 3] or "und" if packed or is_quicktime else "und"
    return "".join(chr(0x60 + (packed >> shift & 0x1F)) for shift in (10, 5, 0))


def _read_samples(minf: bytes, track: Track) -> None:
    tables: dict[bytes, bytes] = {}
    for kind, body in _inner(minf):
        if kind == b"stbl":
            tables = dict(_inner(body))
    track.entry = _entry_of(tables.get(b"stsd", b""))
    track.samples = int.from_bytes(tables.get(b"stsz", b"")[8:12])
    track.last_byte = _last_byte(tables)


def _entry_of(descriptions: bytes) -> bytes:
    """Return the type of the first sample entry.

    MPEG-4 has the same type for all codecs, and names JPEG and PNG inside.
    """
    kind = descriptions[12:16]
    described = _OBJECT_TYPE.search(descriptions) if kind == b"mp4v" else None
    return b"jpeg" if described is not None and described[1] in STILL_OBJECTS else kind


def _last_byte(tables: dict[bytes, bytes]) -> int:
    """Return the end of the last chunk's samples by the sample tables; 0 without tables (fragments)."""
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
    """Return the number of bytes after a segment index that it covers; 0 for the index of one segment alone."""
    is_wide = sidx[:1] == b"\1"
    first = int.from_bytes(sidx[20:28] if is_wide else sidx[16:20])
    at = 28 if is_wide else 20
    count = int.from_bytes(sidx[at + 2 : at + 4])
    if count < 2:
        return 0
    references = (sidx[at + 4 + number * 12 :][:4] for number in range(count))
    return first + sum(int.from_bytes(reference) & 0x7FFFFFFF for reference in references)
