"""Some blocks in a row, compared as one text.

Of most playlists nearly everything is what it was. To split that into blocks costs five times as much as to compare
it, so a generation also keeps how long each stretch of its text was, and a fingerprint of it.
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
SIZE = 16  # blocks: with one changed of a hundred, six stretches of seven are still what they were
_BETWEEN = len(SEPARATOR)  # bytes in front of each block's own


def new_array(values: Iterable[int] = ()) -> array[int]:
    return array("Q", values)


class Stretch(NamedTuple):
    blocks: int
    length: int  # bytes, without the newline at its end
    fingerprint: int


NO_TEXT = Stretch(1, 0, 0)  # one block that is only ever compared by itself


@dataclass
class Stretches:
    """All stretches of a playlist, in its order; none at all for a list that is no text."""

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
        """The place of each one's first block, and the end of the last."""
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
        """Lay the text from `position` on beside the stretches from `number` on: how far both are the same."""
        lengths, fingerprints = self.lengths, self.fingerprints
        view, size = memoryview(text), len(text)
        for number in range(number, len(lengths)):  # noqa: B020 - goes on from where it is
            end = position + lengths[number]
            if end > size or xxh3_64_intdigest(view[position:end]) != fingerprints[number]:
                return number, position
            if end < size and not text.startswith(SEPARATOR, end):
                return number, position  # its last block goes on
            position = end + 1
        return len(lengths), position


def blocks_from(text: bytes, position: int, most: int) -> list[bytes]:
    """Up to so many blocks of a chunk from `position` on, where one begins; each without its `#EXTINF:`."""
    start = position + len(EXTINF)
    window = most << 10  # mostly a kilobyte is enough for each
    blocks = text[start : start + window].split(SEPARATOR, most)
    if len(blocks) <= most and start + window < len(text):
        blocks = text[start:].split(SEPARATOR, most)
    return blocks[:most]


def cut(text: bytes, position: int, blocks: Sequence[bytes]) -> Iterator[Stretch]:
    """These blocks, which lie in the text from `position` on, as stretches of about equal size."""
    view = memoryview(text)
    count = max(1, round(len(blocks) / SIZE))
    step = -(-len(blocks) // count)
    for first in range(0, len(blocks), step):
        some = blocks[first : first + step]
        length = sum(map(len, some)) + len(some) * _BETWEEN - 1
        yield Stretch(len(some), length, xxh3_64_intdigest(view[position : position + length]))
        position += length + 1


def length_of(blocks: Sequence[bytes]) -> int:
    """How many bytes these blocks take in a text, with the newline behind them."""
    return sum(map(len, blocks)) + len(blocks) * _BETWEEN
