"""Read MPEG program streams (MPG, VOB): packs of packets (ISO/IEC 11172-1, ISO/IEC 13818-1).

A stream need not have an end mark. Without one only the playing time shows whether something is missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from stalkeer.adapters.files.facts import Broken, ContainerFacts

PREFIX = b"\0\0\1"
PACK, END = 0xBA, 0xB9
SYSTEM_HEADER, PRIVATE_1, PADDING = 0xBB, 0xBD, 0xBE
VIDEO = frozenset({*range(0xE0, 0xF0), 0xFD})
AUDIO = frozenset({*range(0xC0, 0xE0), PRIVATE_1})
WINDOW = 1024 * 1024
MOST_PACKETS = 4000  # that are looked at for the kinds of streams
WRAP = 1 << 33


class Packet(NamedTuple):
    kind: int
    start: int
    end: int
    head: bytes  # its first bytes after the start code


def is_mpegps(start: bytes) -> bool:
    return start[:4] == PREFIX + bytes([PACK]) and len(start) >= 12 and _is_pack(start[4:])


def walk(file: BinaryIO, size: int) -> ContainerFacts:
    """Read the first and the last packs. Raises Broken when there is no packet."""
    file.seek(0)
    head = file.read(WINDOW)
    packets = [packet for packet, _ in zip(_packets(head, 0), range(MOST_PACKETS), strict=False)]
    if len(packets) < 2:
        raise Broken("no media data: the file ends before it")
    file.seek(max(0, size - WINDOW))
    tail = file.read(WINDOW).rstrip(b"\0\xff")
    is_ended = tail.endswith(PREFIX + bytes([END]))
    scrambled = [_is_scrambled(packet) for packet in packets if packet.kind in VIDEO]
    return ContainerFacts(
        "mpegps",
        is_whole=True if is_ended else None,
        reason="" if is_ended else "a program stream without an end mark does not say where it ends",
        duration_s=_duration(head, tail),
        audio_languages=("und",) if any(packet.kind in AUDIO for packet in packets) else (),
        has_video=bool(scrambled),
        is_encrypted=sum(scrambled) * 2 > len(scrambled),
        flaw="" if is_ended or _ends_with_packet(tail) else "the last packet is incomplete",
    )


def _packets(window: bytes, offset: int) -> Iterator[Packet]:
    """Yield the packets from `offset` as far as one follows the other. The last one may end beyond the window."""
    while offset + 9 <= len(window) and window[offset : offset + 3] == PREFIX:
        kind, head = window[offset + 3], window[offset + 4 : offset + 14]
        end = offset + _length(kind, head)
        if end <= offset:
            return
        yield Packet(kind, offset, end, head)
        offset = end


def _length(kind: int, head: bytes) -> int:
    if kind == END:
        return 4
    if kind == PACK:
        if not _is_pack(head):
            return 0
        return 12 if head[0] >> 6 == 0 else 14 + (head[9] & 7 if len(head) > 9 else 0)
    return 6 + int.from_bytes(head[:2]) if kind >= SYSTEM_HEADER else 0


def _is_pack(head: bytes) -> bool:
    """Tell whether the marker bits of a pack header are there: MPEG-1 or MPEG-2."""
    is_mpeg1 = head[0] & 0xF1 == 0x21 and bool(head[2] & 1) and bool(head[4] & 1)
    return is_mpeg1 or (head[0] & 0xC4 == 0x44 and bool(head[2] & 4) and bool(head[4] & 4))


def _is_scrambled(packet: Packet) -> bool:
    return packet.head[2] & 0xF0 in (0x90, 0xA0, 0xB0)


def _ends_with_packet(tail: bytes) -> bool:
    at = tail.rfind(PREFIX + bytes([PACK]))
    packets = list(_packets(tail, at)) if at >= 0 else []
    # a packet's padding was removed with the zeros at the end
    return bool(packets) and (packets[-1].end <= len(tail) or packets[-1].kind == PADDING)


def _duration(head: bytes, tail: bytes) -> float | None:
    """Return the time from the first to the last pack's clock; None where the clock was set back in between."""
    first, last = _clock(head[4:]), None
    at = tail.rfind(PREFIX + bytes([PACK]))
    while at >= 0 and last is None:
        last = _clock(tail[at + 4 :])
        at = tail.rfind(PREFIX + bytes([PACK]), 0, at)
    if first is None or last is None:
        return None
    seconds = ((last - first) % WRAP) / 90_000
    return seconds if 0 < seconds < 12 * 3600 else None


def _clock(head: bytes) -> int | None:
    if len(head) < 5 or not _is_pack(head):
        return None
    value = int.from_bytes(head[:5])
    if head[0] >> 6 == 0:  # MPEG-1: 0010, 3 bits, marker, 15 bits, marker, 15 bits, marker
        return (value >> 33 & 7) << 30 | (value >> 17 & 0x7FFF) << 15 | value >> 1 & 0x7FFF
    # MPEG-2: 01, 3 bits, marker, 15 bits, marker, 15 bits, marker, then the extension
    return (value >> 35 & 7) << 30 | (value >> 19 & 0x7FFF) << 15 | value >> 3 & 0x7FFF
