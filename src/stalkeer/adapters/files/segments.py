"""Check the segments of an HLS film: their form, their length and their sequence. Decodes nothing."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path

from stalkeer.adapters.files import mp4, mpegts
from stalkeer.adapters.files.container import inspect
from stalkeer.adapters.files.facts import Broken, Span
from stalkeer.adapters.files.recognise import START, describe, is_text

WRAP_S = mpegts.WRAP / 90_000  # a transport stream's clock starts again after 26 hours
SLACK_S, SLACK = 0.75, 0.1  # allowed gap between two segments: in seconds, or as a share of a segment
CUT = 0.6  # share of the announced time below which a segment is cut
HONEST = 0.25  # share by which a segment's time may differ from the playlist's time
MISSING, MISSING_S = 0.03, 3.0  # allowed loss of playing time over all segments: as a share, or in seconds
FRAGMENT, PACKETS = "a fragment of an MP4", "a piece of a transport stream"


@dataclass(frozen=True)
class BadSegment:
    """Describe the fault of a segment. `is_before` means that the segment before it is the bad one."""

    reason: str
    is_before: bool = False


class SegmentCheck:
    """Check segments one after the other, each against the last good segment."""

    def __init__(self) -> None:
        self._header: mp4.Index | None = None
        self._form: str | None = None  # the form of all segments, because they become a single file
        self._parts = 0
        self._first_s: float | None = None
        self._last: Span | None = None
        self._last_seconds = 0.0
        self._last_sum: int | None = None
        self._count = 0
        self._honest = 0
        self._seen_s = self._announced_s = 0.0  # the playing time of the segments, and their time in the playlist
        self._is_restarted = False

    def problem_of_header(self, payload: bytes) -> str | None:
        try:
            self._header = mp4.read_header(payload)
        except Broken as broken:
            return _stranger_of(payload) or str(broken)
        self._last = None
        self._form = self._form or FRAGMENT
        return None

    def problem_of_part(self, payload: bytes, seconds: float | None, *, is_restart: bool) -> BadSegment | None:
        """Return what is wrong with the segment, or None. `seconds` is its time in the playlist."""
        form = _form_of(payload)
        if self._form is not None and form not in (None, self._form):
            if self._parts == 1:
                return BadSegment(f"{self._form} where the next one is {form}", is_before=True)
            return BadSegment(f"{form} where each before it is {self._form}")
        try:
            span = self._read(payload)
        except Broken as broken:
            return BadSegment(_stranger_of(payload) or f"incomplete: {broken}")
        checksum = zlib.crc32(payload)
        if checksum == self._last_sum:
            return BadSegment("the same as the one before it")
        problem = self._problem_of_time(span, seconds, is_restart=is_restart)
        if problem is None:
            self._is_restarted |= is_restart or (span is not None and self._starts_again(span))
            self._form = self._form or form
            self._remember(span, seconds, checksum)
        return problem

    def problem_of_whole(self, movie: Path, seconds: float) -> str | None:
        """Return why the joined file lacks segments, or None."""
        if not self._announced_s or self._is_restarted:
            return None
        expected_s = seconds * min(1.0, self._seen_s / self._announced_s)
        duration_s = inspect(movie).duration_s
        if duration_s is None or duration_s >= expected_s - max(MISSING_S, expected_s * MISSING):
            return None
        return f"it plays {duration_s:.0f} s where its parts play {expected_s:.0f} s"

    def _read(self, payload: bytes) -> Span | None:
        if not payload:
            raise Broken("empty")
        if mp4.is_mp4(payload[:START]) and not is_text(payload):
            return mp4.read_segment(payload, self._header)
        return mpegts.read_segment(payload)

    def _problem_of_time(self, span: Span | None, seconds: float | None, *, is_restart: bool) -> BadSegment | None:
        if span is None:
            return None
        length_s = span.end_s - span.start_s
        is_trusted = self._count > 0 and self._honest * 2 >= self._count
        if seconds and is_trusted and length_s < seconds * CUT:
            return BadSegment(f"cut: it plays {length_s:.1f} s where {seconds:.1f} are announced")
        if self._last is None or is_restart or self._starts_again(span):
            return None
        gap_s = (span.start_s - self._last.end_s + WRAP_S / 2) % WRAP_S - WRAP_S / 2
        slack_s = max(SLACK_S, self._last_seconds * SLACK)
        if gap_s > slack_s:
            is_cut = self._last_seconds > 0 and gap_s < self._last_seconds
            return BadSegment(f"{gap_s:.1f} s are missing before it", is_before=is_cut)
        if gap_s < -slack_s:
            return BadSegment(f"out of sequence: it begins {-gap_s:.1f} s before the end of the one before it")
        return None

    def _starts_again(self, span: Span) -> bool:
        """Tell whether every segment's clock starts where the first one's did: some packagers reset it."""
        first, last = self._first_s, self._last
        return (
            first is not None and last is not None and abs(span.start_s - first) < 1 and abs(last.start_s - first) < 1
        )

    def _remember(self, span: Span | None, seconds: float | None, checksum: int) -> None:
        self._parts += 1
        self._last, self._last_sum, self._last_seconds = span, checksum, seconds or 0.0
        if span is None:
            return
        self._first_s = span.start_s if self._first_s is None else self._first_s
        self._count += 1
        if seconds:
            self._seen_s += span.end_s - span.start_s
            self._announced_s += seconds
        if seconds and abs(span.end_s - span.start_s - seconds) <= max(1.0, seconds * HONEST):
            self._honest += 1


def _form_of(payload: bytes) -> str | None:
    """Return the form of a segment; None for other data."""
    start = payload[:START]
    if is_text(start):
        return None
    if mp4.is_mp4(start):
        return FRAGMENT
    return PACKETS if mpegts.is_mpegts(start) else None


def _stranger_of(payload: bytes) -> str:
    """Describe the data in the place of a segment; empty for a damaged segment."""
    start = payload[:START]
    if not start:
        return "empty"
    if _form_of(payload) is not None:
        return ""
    return f"{describe(start)} instead of a part of the movie"
