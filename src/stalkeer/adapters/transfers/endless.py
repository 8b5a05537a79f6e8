"""Detect an endless body without a length: it begins again, or is longer than the movie can be."""

from __future__ import annotations

from dataclasses import dataclass, field

SAMPLE_AT, SAMPLE = 32 * 1024, 1024  # a piece of the body that should appear only once
VARIED = 128  # least number of different bytes in the piece, because zeros and stuffing repeat


@dataclass
class Endless:
    """Watch all pieces of a body. `most` is the largest size of the file; None if unknown."""

    most: int | None = None
    size: int = 0
    _start: bytes = b""
    _sample: bytes = b""
    _tail: bytes = field(default=b"", repr=False)

    def problem_of(self, piece: bytes) -> str | None:
        """Check the next piece. Return why to stop reading, or None."""
        self.size += len(piece)
        if self._begins_again(piece):
            return f"it begins again before byte {self.size}: a loop, longer than the movie can be"
        if self.most is not None and self.size > self.most:
            return f"after {self.size} bytes it is longer than the movie can be"
        return None

    def _begins_again(self, piece: bytes) -> bool:
        if not self._sample:
            self._start += piece
            if len(self._start) < SAMPLE_AT + SAMPLE:
                return False
            self._sample = self._start[SAMPLE_AT : SAMPLE_AT + SAMPLE]
            piece, self._start = self._start[SAMPLE_AT + SAMPLE :], b""
        if len(set(self._sample)) < VARIED:
            return False
        seen = self._tail + piece
        self._tail = seen[-(SAMPLE - 1) :]
        return self._sample in seen
