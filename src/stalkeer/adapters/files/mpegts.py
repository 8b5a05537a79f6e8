"""Read MPEG transport streams: packets of 188 bytes, 192 with a time stamp, 204 with a checksum. ISO/IEC 13818-1.

A stream has no end mark. A cut within a packet or within a counted audio packet is a flaw, which recordings have that
miss nothing. Any other cut shows only in the playing time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple

from stalkeer.adapters.files.facts import Broken, ContainerFacts, Picture, Span
from stalkeer.adapters.files.sequence import find_in_stream

SYNC = 0x47
PACKET = 188
SPACINGS = (188, 192, 204)
LEAD = 64 * 1024  # bytes that may come before the first packet
FEW, MANY = 3, 8  # packets in a row that prove a stream: at the start of the file, and after other bytes
WINDOW = 4 * 1024 * 1024
SAMPLE = 32 * 204
SAMPLES = 64
WRAP = 1 << 33
VIDEO_TYPES = frozenset({0x01, 0x02, 0x10, 0x1B, 0x20, 0x24, 0x33, 0x42, 0xEA})
AUDIO_TYPES = frozenset({0x03, 0x04, 0x0F, 0x11, 0x1C, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87})
LANGUAGE, SUBTITLING, TELETEXT = 0x0A, 0x59, 0x56
AUDIO_DESCRIPTORS = frozenset({0x6A, 0x7A, 0x7B, 0x7C})  # AC-3, E-AC-3, DTS, AAC as private data


@dataclass
class TsFindings:
    video: dict[int, int] = field(default_factory=dict)  # PID -> stream type
    audio: dict[int, str] = field(default_factory=dict)
    subtitles: dict[int, str] = field(default_factory=dict)


class Grid(NamedTuple):
    """Locate packets: the first one, and the distance from one to the next."""

    first: int
    spacing: int


def is_mpegts(start: bytes) -> bool:
    return _find_grid(start[: LEAD + MANY * 204]) is not None


def walk(file: BinaryIO, size: int) -> ContainerFacts:
    """Walk a transport stream. Raises Broken when packets are missing or out of step more than once."""
    file.seek(0)
    head = file.read(WINDOW)
    grid = _find_grid(head)
    if grid is None:
        raise Broken("no packets")
    file.seek(max(0, size - WINDOW))
    tail = file.read(WINDOW)
    found = _read_programme(head, grid)
    tail_grid = _find_grid(tail) or grid
    flaw = _flaw_of_steps(file, size, grid) or _flaw_of_tail(tail, tail_grid) or _flaw_of_audio(tail, tail_grid, found)
    return ContainerFacts(
        "mpegts",
        is_whole=None,
        reason="a transport stream does not say where it ends",
        duration_s=_duration(head, grid, tail, tail_grid),
        audio_languages=tuple(dict.fromkeys(found.audio.values())),
        subtitle_languages=tuple(dict.fromkeys(found.subtitles.values())),
        has_video=bool(found.video) or (not found.audio and _has_pictures(head, grid)),
        is_encrypted=_is_scrambled(head, grid, found),
        flaw=flaw,
    )


def read_segment(payload: bytes) -> Span | None:
    """Return the time that a segment of a film covers; None without clocks. Raises Broken when it is incomplete."""
    grid = _find_grid(payload)
    if grid is None:
        raise Broken("no packets")
    rest = (len(payload) - grid.first) % grid.spacing
    if rest and not (grid.spacing == 192 and rest == PACKET):
        raise Broken(f"the last packet has {rest} of {grid.spacing} bytes")
    for at in range(grid.first, len(payload) - PACKET + 1, grid.spacing):
        if payload[at] != SYNC:
            raise Broken(f"no packet at byte {at}")
    clocks = list(_clocks(payload, grid))
    own = [clock for pid, clock in clocks if pid == clocks[0][0]]
    if not own:
        return None
    start_s = own[0] / 90_000
    return Span(start_s, start_s + ((own[-1] - own[0]) % WRAP) / 90_000)


def find_picture(file: BinaryIO, size: int) -> Picture | None:
    """Return the picture size that the first video stream gives within the first megabytes."""
    file.seek(0)
    head = file.read(min(size, WINDOW))
    grid = _find_grid(head)
    if grid is None:
        return None
    for pid, kind in _read_programme(head, grid).video.items():
        units = [_without_header(_payload(packet), starts=s) for p, s, packet in _packets(head, grid) if p == pid]
        return find_in_stream(kind, b"".join(units))
    return None


def _without_header(payload: bytes, *, starts: bool) -> bytes:
    """Return the stream's own bytes: a packet that starts a unit (PES) begins with a header."""
    is_header = starts and payload[:3] == b"\0\0\1" and len(payload) > 8
    return payload[9 + payload[8] :] if is_header else payload


def _find_grid(window: bytes) -> Grid | None:
    """Return the first grid of packets that starts within `LEAD` bytes."""
    first = window.find(SYNC, 0, LEAD)
    while first >= 0:
        for spacing in SPACINGS:
            needed = FEW if first in (0, 4) else MANY
            if _count_packets(window, Grid(first, spacing), MANY) >= needed:
                return Grid(first, spacing)
        first = window.find(SYNC, first + 1, LEAD)
    return None


def _count_packets(window: bytes, grid: Grid, most: int) -> int:
    """Count packets in a row. Three in a row that end with the window are as good as more."""
    count = 0
    for at in range(grid.first, len(window) - 3, grid.spacing):
        if count == most:
            break
        if not _is_packet(window, at):
            return 0 if count < most else count
        count += 1
    return count


def _is_packet(window: bytes, at: int) -> bool:
    """Tell whether a packet's header stands at `at`. The field that says what follows it is never zero."""
    return window[at] == SYNC and window[at + 3] & 0x30 != 0


def _flaw_of_steps(file: BinaryIO, size: int, grid: Grid) -> str:
    """Look at places all over the file: packets that are out of step once are a flaw, more often the file is broken."""
    phases = [grid.first % grid.spacing]
    for number in range(SAMPLES):
        at = (size - SAMPLE) * number // (SAMPLES - 1)
        if at <= grid.first:
            continue
        file.seek(at)
        phase = _phase(file.read(SAMPLE), at, grid.spacing)
        if phase is None:
            raise Broken(f"no packets at byte {at}")
        if phase != phases[-1]:
            phases.append(phase)
    if len(phases) > 2:
        raise Broken(f"its packets are out of step {len(phases) - 1} times")
    return "its packets are out of step once" if len(phases) == 2 else ""


def _phase(window: bytes, at: int, spacing: int) -> int | None:
    """Return the place of packets within the grid. A window that holds a slip counts as what follows it."""
    first = window.find(SYNC)
    while first >= 0:
        if _count_packets(window, Grid(first, spacing), MANY) == MANY:
            return (at + first) % spacing
        first = window.find(SYNC, first + 1)
    return None


def _flaw_of_tail(tail: bytes, grid: Grid) -> str:
    last_at = grid.first + (len(tail) - grid.first) // grid.spacing * grid.spacing
    rest = len(tail) - last_at
    # the bytes before a packet's mark, in streams with time stamps, belong to the packet that would follow
    is_odd = rest > 0 if grid.spacing != 192 else rest not in (0, PACKET)
    return f"the last packet has {rest} of {grid.spacing} bytes" if is_odd else ""


def _has_pictures(head: bytes, grid: Grid) -> bool:
    """Tell whether a stream without a list of its programmes starts packets of a video stream."""
    return any(
        starts and _payload(packet)[:3] == b"\0\0\1" and _payload(packet)[3:4] in _VIDEO_IDS
        for _pid, starts, packet in _packets(head, grid)
    )


_VIDEO_IDS = tuple(bytes([number]) for number in range(0xE0, 0xF0))


def _is_scrambled(head: bytes, grid: Grid, found: TsFindings) -> bool:
    marks = [packet[3] >> 6 for pid, _starts, packet in _packets(head, grid) if pid in found.video]
    return sum(mark >= 2 for mark in marks) * 2 > len(marks)


def _packets(window: bytes, grid: Grid) -> Iterator[tuple[int, bool, bytes]]:
    """Yield (PID, whether it starts a unit, packet). After a slip go on where packets follow each other again."""
    at, is_lost = grid.first, False
    while at + PACKET <= len(window):
        if window[at] == SYNC:
            packet = window[at : at + PACKET]
            yield (packet[1] & 0x1F) << 8 | packet[2], bool(packet[1] & 0x40), packet
        elif not is_lost:
            found = _find_next(window, at, grid.spacing)
            is_lost = found is None
            if found is not None:
                at = found
                continue
        at += grid.spacing


def _find_next(window: bytes, at: int, spacing: int) -> int | None:
    """Return where packets go on, at or after `at`; None where they do not."""
    found = window.find(SYNC, at)
    while found >= 0:
        if _count_packets(window, Grid(found, spacing), MANY) == MANY:
            return found
        found = window.find(SYNC, found + 1)
    return None


def _payload(packet: bytes) -> bytes:
    control = packet[3] >> 4 & 3
    if control == 1:
        return packet[4:]
    return packet[5 + packet[4] :] if control == 3 else b""


def _read_programme(head: bytes, grid: Grid) -> TsFindings:
    found = TsFindings()
    maps: set[int] = set()
    read: set[int] = set()  # of the maps: a stream may carry several programmes
    sections: dict[int, bytes] = {}
    for pid, starts, packet in _packets(head, grid):
        if pid != 0 and (pid not in maps or pid in read):
            continue
        payload = _payload(packet)
        if starts and payload:
            sections[pid] = payload[1 + payload[0] :]
        elif pid in sections:
            sections[pid] += payload
        section = sections.get(pid, b"")
        length = int.from_bytes(section[1:3]) & 0x0FFF
        if len(section) < 3 or len(section) < 3 + length:
            continue
        if pid == 0:
            entries = section[8 : 3 + length - 4]
            maps |= {
                int.from_bytes(entries[at + 2 : at + 4]) & 0x1FFF
                for at in range(0, len(entries) - 3, 4)
                if entries[at : at + 2] != b"\0\0"
            }
        else:
            _read_map(section[: 3 + length - 4], found)
            read.add(pid)
            if maps <= read:
                break
    return found


def _read_map(section: bytes, found: TsFindings) -> None:
    at = 12 + (int.from_bytes(section[10:12]) & 0x0FFF)
    while at + 5 <= len(section):
        kind, pid = section[at], int.from_bytes(section[at + 1 : at + 3]) & 0x1FFF
        length = int.from_bytes(section[at + 3 : at + 5]) & 0x0FFF
        descriptors = dict(_descriptors(section[at + 5 : at + 5 + length]))
        if kind in VIDEO_TYPES:
            found.video[pid] = kind
        elif kind in AUDIO_TYPES or (kind == 0x06 and AUDIO_DESCRIPTORS & descriptors.keys()):
            found.audio[pid] = _language(descriptors.get(LANGUAGE, b""))
        elif SUBTITLING in descriptors or TELETEXT in descriptors:
            found.subtitles[pid] = _language(descriptors.get(SUBTITLING) or descriptors.get(TELETEXT) or b"")
        at += 5 + length


def _descriptors(payload: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 2 <= len(payload):
        yield payload[at], payload[at + 2 : at + 2 + payload[at + 1]]
        at += 2 + payload[at + 1]


def _language(descriptor: bytes) -> str:
    code = descriptor[:3].decode("latin-1").casefold()
    return code if len(code) == 3 and code.isascii() and code.isalpha() else "und"


def _flaw_of_audio(tail: bytes, grid: Grid, found: TsFindings) -> str:
    """Look whether the last audio packet of each track is complete: audio packets carry their length."""
    expected: dict[int, int] = {}
    arrived: dict[int, int] = {}
    for pid, starts, packet in _packets(tail, grid):
        if pid not in found.audio:
            continue
        payload = _payload(packet)
        if starts and payload[:3] == b"\0\0\1":
            length = int.from_bytes(payload[4:6])
            expected[pid], arrived[pid] = (length + 6 if length else 0), 0
        if pid in expected:
            arrived[pid] += len(payload)
    short = next((pid for pid, length in expected.items() if arrived[pid] < length), None)
    return "" if short is None else f"the last audio packet has {arrived[short]} of {expected[short]} bytes"


def _duration(head: bytes, grid: Grid, tail: bytes, tail_grid: Grid) -> float | None:
    """Return the time from the first to the last programme clock. The clock of 90 kHz wraps every 26 hours."""
    first = next(_clocks(head, grid), None)
    if first is None:
        return None
    last = first
    for pid, clock in _clocks(tail, tail_grid):
        if pid == first[0]:
            last = (pid, clock)
    return ((last[1] - first[1]) % WRAP) / 90_000 or None


def _clocks(window: bytes, grid: Grid) -> Iterator[tuple[int, int]]:
    for pid, _starts, packet in _packets(window, grid):
        if packet[3] & 0x20 and packet[4] >= 7 and packet[5] & 0x10:
            yield pid, int.from_bytes(packet[6:10]) << 1 | packet[10] >> 7
