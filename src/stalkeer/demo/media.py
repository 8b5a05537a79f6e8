"""Make the demo's movies and episodes: small real clips with some megabytes of padding that players skip.

The padding is a `free` box in an mp4 and a Void element in a Matroska segment. It differs between files, so all
served files differ and can be told apart by checksum.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

from stalkeer.demo.content import Pattern

SEGMENT_ID = b"\x18\x53\x80\x67"
VOID_ID = b"\xec"


@dataclass(frozen=True)
class Clip:
    """Describe a clip of the package: file name, running time and picture height."""

    name: str
    minutes: int
    height: int

    @property
    def extension(self) -> str:
        return self.name.rsplit(".", 1)[1]


MOVIE_90 = Clip("film-90.mkv", 90, 1080)
MOVIE_105 = Clip("film-105.mp4", 105, 1080)
MOVIE_120 = Clip("film-120.mkv", 120, 1080)
EPISODE_24 = Clip("episode-24.mkv", 24, 720)
EPISODE_45 = Clip("episode-45.mkv", 45, 1080)
EPISODE_45_MP4 = Clip("episode-45.mp4", 45, 720)
CLIPS = (MOVIE_90, MOVIE_105, MOVIE_120, EPISODE_24, EPISODE_45, EPISODE_45_MP4)


@dataclass(frozen=True)
class GeneratedMedia:
    """Generate a complete media file of `size` bytes: the clip, then generated padding."""

    head: bytes = field(repr=False)
    padding: Pattern

    @property
    def size(self) -> int:
        return len(self.head) + self.padding.size

    def read(self, offset: int, length: int) -> bytes:
        start = self.head[offset : offset + length]
        rest = length - len(start)
        return start + self.padding.read(max(0, offset - len(self.head)), rest) if rest > 0 else start


def media(clip: Clip, size: int, seed: int) -> GeneratedMedia:
    """Make a file of exactly `size` bytes from the clip; each `seed` gives a different file."""
    octets = read_clip(clip.name)
    missing = size - len(octets)
    if missing < 16:
        raise ValueError(f"{clip.name} has {len(octets)} bytes already: {size} leave no room for padding")
    if clip.extension == "mp4":
        head = octets + struct.pack(">I4s", missing, b"free")
    else:
        head = _grown_segment(octets, missing) + VOID_ID + _size_field(missing - 9)
    return GeneratedMedia(head, Pattern(size - len(head), seed))


@cache
def read_clip(name: str) -> bytes:
    return resources.files("stalkeer.demo").joinpath("clips", name).read_bytes()


def _grown_segment(octets: bytes, more: int) -> bytes:
    """Grow the Segment's size by the padding, because it counts its contents."""
    at = octets.index(SEGMENT_ID) + len(SEGMENT_ID)
    if octets[at] != 0x01:
        raise ValueError("the clip's segment does not have an eight-byte size")
    inside = int.from_bytes(octets[at + 1 : at + 8])
    return octets[:at] + _size_field(inside + more) + octets[at + 8 :]


def _size_field(value: int) -> bytes:
    """Write an EBML size in its longest form."""
    return b"\x01" + value.to_bytes(7)
