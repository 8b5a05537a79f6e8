"""Notice a body without a length that will not end: one that begins again, or is longer than the movie can be."""

from __future__ import annotations

from dataclasses import dataclass, field

SAMPLE_AT, SAMPLE = 32 * 1024, 1024  # a piece of the body that comes once in a film
VARIED = 128  # different bytes in it: zeros and stuffing come often


@dataclass
class Endless:
    """Sees all pieces of one body. `most`: bytes that the film may have; None where nothing says so."""

    most: int | None = None
    size: int = 0
    _start: bytes = b""
    _sample: bytes = b""
    _tail: bytes = field(default=b"", repr=False)

    def problem_of(self, piece: bytes) -> str | None:
        """Take the next piece; return why no more of the body is wanted, or None."""
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
