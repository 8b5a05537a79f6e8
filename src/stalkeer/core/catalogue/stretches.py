"""Compare several blocks in a row as one text.

Most of a playlist stays the same. Splitting it into blocks costs five times as much as comparing it, so a generation
also keeps the length and a fingerprint of each stretch of its text.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import NamedTuple

from xxhash import xxh3_64_intdigest

EXTINF = b"#EXTINF:"
SEPARATOR = b"\n#EXTINF:"  # between two blocks
SIZE = 16  # blocks: when one in a hundred changes, six in seven stretches stay equal
_BETWEEN = len(SEPARATOR)  # bytes before the text of each block


def new_array(values: Iterable[int] = ()) -> array[int]:
    return array("Q", values)


class Stretch(NamedTuple):
    blocks: int
    length: int  # bytes, without the newline at its end
    fingerprint: int


NO_TEXT = Stretch(1, 0, 0)  # a block that is only compared individually


@dataclass
class Stretches:
    """Hold all stretches of a playlist in order; none for a source that is not text."""

    blocks: array[int] = field(default_factory=new_array)
    lengths: array[int] = field(default_factory=new_array)
    fingerprints: array[int] = field(default_factory=new_array)

    def add(self, stretch: Stretch) -> None:
        self.blocks.append(stretch.blocks)
        self.lengths.append(stretch.length)
        self.fingerprints.append(stretch.fingerprint)

    def add_from(self, other: Stretches, begin: int, end: int) -> None:
        self.blocks.extend(other.blocks[begin:end])
        self.lengths.extend(other.lengths[begin:end])
        self.fingerprints.extend(other.fingerprints[begin:end])

    def starts(self) -> array[int]:
        """Return the place of each stretch's first block, and the end of the last."""
        return new_array(accumulate(self.blocks, initial=0))

    def to_bytes(self) -> bytes:
        return self.blocks.tobytes() + self.lengths.tobytes() + self.fingerprints.tobytes()

    @classmethod
    def from_bytes(cls, said: bytes) -> Stretches:
        size = len(said) // 3
        parts = [new_array() for _ in range(3)]
        for number, part in enumerate(parts):
            part.frombytes(said[number * size : (number + 1) * size])
        return cls(*parts)

    def same_until(self, number: int, text: bytes, position: int) -> tuple[int, int]:
        """Compare the text from `position` with the stretches from `number`. Return the end of the equal part."""
        lengths, fingerprints = self.lengths, self.fingerprints
        view, size = memoryview(text), len(text)
        for number in range(number, len(lengths)):  # noqa: B020 - continues from its start value
            end = position + lengths[number]
            if end > size or xxh3_64_intdigest(view[position:end]) != fingerprints[number]:
                return number, position
            if end < size and not text.startswith(SEPARATOR, end):
                return number, position  # its last block continues
            position = end + 1
        return len(lengths), position


def blocks_from(text: bytes, position: int, most: int) -> list[bytes]:
    """Return up to `most` blocks of a chunk from `position`, where a block begins; without their `#EXTINF:`."""
    start = position + len(EXTINF)
    window = most << 10  # a kilobyte per block usually suffices
    blocks = text[start : start + window].split(SEPARATOR, most)
    if len(blocks) <= most and start + window < len(text):
        blocks = text[start:].split(SEPARATOR, most)
    return blocks[:most]


def cut(text: bytes, position: int, blocks: Sequence[bytes]) -> Iterator[Stretch]:
    """Group these blocks, which begin at `position` in the text, into stretches of about equal size."""
    view = memoryview(text)
    count = max(1, round(len(blocks) / SIZE))
    step = -(-len(blocks) // count)
    for first in range(0, len(blocks), step):
        some = blocks[first : first + step]
        length = sum(map(len, some)) + len(some) * _BETWEEN - 1
        yield Stretch(len(some), length, xxh3_64_intdigest(view[position : position + length]))
        position += length + 1


def length_of(blocks: Sequence[bytes]) -> int:
    """Return the bytes that these blocks take in a text, including the final newline."""
    return sum(map(len, blocks)) + len(blocks) * _BETWEEN
