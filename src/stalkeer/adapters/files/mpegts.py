"""Read MPEG transport streams: packets of 188 bytes (192 with a time stamp). ISO/IEC 13818-1.

A stream has no end mark. Only a cut within a packet or within a counted audio packet is detected. Any other cut shows
only in the playing time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from stalkeer.adapters.files.facts import Broken, ContainerFacts, Picture
from stalkeer.adapters.files.sequence import find_in_stream

SYNC = 0x47
WINDOW = 4 * 1024 * 1024
SAMPLES = 64
WRAP = 1 << 33
VIDEO_TYPES = frozenset({0x01, 0x02, 0x10, 0x1B, 0x20, 0x24, 0x33, 0x42, 0xEA})
AUDIO_TYPES = frozenset({0x03, 0x04, 0x0F, 0x11, 0x1C, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87})
LANGUAGE, SUBTITLING, TELETEXT = 0x0A, 0x59, 0x56
AUDIO_DESCRIPTORS = frozenset({0x6A, 0x7A, 0x7B, 0x7C})  # AC-3, E-AC-3, DTS, AAC as private data


@dataclass
class Findings:
    video: dict[int, int] = field(default_factory=dict)  # PID -> stream type
    audio: dict[int, str] = field(default_factory=dict)
    subtitles: dict[int, str] = field(default_factory=dict)


def is_mpegts(start: bytes) -> bool:
    return _packet_size(start) is not None


def walk(file: BinaryIO, size: int) -> ContainerFacts:
    """Walk a transport stream. Raises Broken when packets are out of step or the last packet is incomplete."""
    file.seek(0)
    head = file.read(WINDOW)
    packet_size = _packet_size(head)
    assert packet_size is not None
    lead = packet_size - 188 if packet_size == 192 else 0
    _check_steps(file, size, packet_size, lead)
    tail_at = max(0, size - WINDOW) // packet_size * packet_size
    file.seek(tail_at)
    tail = file.read(size - tail_at)
    found = _read_programme(head, packet_size, lead)
    _check_last_audio(tail, packet_size, lead, found)
    return ContainerFacts(
        "mpegts",
        is_whole=None,
        reason="a transport stream does not say where it ends",
        duration_s=_duration(head, tail, packet_size, lead),
        audio_languages=tuple(dict.fromkeys(found.audio.values())),
        subtitle_languages=tuple(dict.fromkeys(found.subtitles.values())),
        has_video=bool(found.video),
    )


def find_picture(file: BinaryIO, size: int) -> Picture | None:
    """Return the picture size that the first video stream gives within the first megabytes."""
    file.seek(0)
    head = file.read(min(size, WINDOW))
    packet_size = _packet_size(head)
    if packet_size is None:
        return None
    lead = packet_size - 188 if packet_size == 192 else 0
    for pid, kind in _read_programme(head, packet_size, lead).video.items():
        units = [
            _without_header(_payload(packet), starts=s)
            for p, s, packet in _packets(head, packet_size, lead)
            if p == pid
        ]
        return find_in_stream(kind, b"".join(units))
    return None


def _without_header(payload: bytes, *, starts: bool) -> bytes:
    """Return the stream's own bytes: a packet that starts a unit (PES) begins with a header."""
    is_header = starts and payload[:3] == b"\0\0\1" and len(payload) > 8
    return payload[9 + payload[8] :] if is_header else payload


def _packet_size(start: bytes) -> int | None:
    for packet_size, lead in ((188, 0), (192, 4), (204, 0)):
        marks = start[lead::packet_size][:5]
        if len(marks) >= 3 and set(marks) == {SYNC}:
            return packet_size
    return None


def _check_steps(file: BinaryIO, size: int, packet_size: int, lead: int) -> None:
    rest = size % packet_size
    if rest:
        raise Broken(f"the last packet has {rest} of {packet_size} bytes")
    packets = size // packet_size
    for number in sorted({packets * sample // SAMPLES for sample in range(SAMPLES)} | {packets - 1}):
        file.seek(number * packet_size + lead)
        if file.read(1) != bytes([SYNC]):
            raise Broken(f"no packet at byte {number * packet_size}")


def _packets(window: bytes, packet_size: int, lead: int) -> Iterator[tuple[int, bool, bytes]]:
    """Yield (PID, whether it starts a unit, packet)."""
    for offset in range(lead, len(window) - 187, packet_size):
        packet = window[offset : offset + 188]
        if packet[0] == SYNC:
            yield (packet[1] & 0x1F) << 8 | packet[2], bool(packet[1] & 0x40), packet


def _payload(packet: bytes) -> bytes:
    control = packet[3] >> 4 & 3
    if control == 1:
        return packet[4:]
    return packet[5 + packet[4] :] if control == 3 else b""


def _read_programme(head: bytes, packet_size: int, lead: int) -> Findings:
    found = Findings()
    maps: set[int] = set()
    sections: dict[int, bytes] = {}
    for pid, starts, packet in _packets(head, packet_size, lead):
        if pid != 0 and pid not in maps:
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
            break
    return found


def _read_map(section: bytes, found: Findings) -> None:
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


def _check_last_audio(tail: bytes, packet_size: int, lead: int, found: Findings) -> None:
    """Check that the last audio packet of each track is complete: audio packets carry their length."""
    expected: dict[int, int] = {}
    arrived: dict[int, int] = {}
    for pid, starts, packet in _packets(tail, packet_size, lead):
        if pid not in found.audio:
            continue
        payload = _payload(packet)
        if starts and payload[:3] == b"\0\0\1":
            length = int.from_bytes(payload[4:6])
            expected[pid], arrived[pid] = (length + 6 if length else 0), 0
        if pid in expected:
            arrived[pid] += len(payload)
    for pid, length in expected.items():
        if arrived[pid] < length:
            raise Broken(f"the last audio packet has {arrived[pid]} of {length} bytes")


def _duration(head: bytes, tail: bytes, packet_size: int, lead: int) -> float | None:
    """Return the time from the first to the last programme clock. The clock of 90 kHz wraps every 26 hours."""
    first = next(_clocks(head, packet_size, lead), None)
    if first is None:
        return None
    last = first
    for pid, clock in _clocks(tail, packet_size, lead):
        if pid == first[0]:
            last = (pid, clock)
    return ((last[1] - first[1]) % WRAP) / 90_000 or None


def _clocks(window: bytes, packet_size: int, lead: int) -> Iterator[tuple[int, int]]:
    for pid, _starts, packet in _packets(window, packet_size, lead):
        if packet[3] & 0x20 and packet[4] >= 7 and packet[5] & 0x10:
            yield pid, int.from_bytes(packet[6:10]) << 1 | packet[10] >> 7
