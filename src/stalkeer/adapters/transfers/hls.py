"""Fetch an HLS film: plain segments, one after the other, into a single part file.

Encrypted segments are refused. A journal beside the part file, `.hls`, has the end of each segment, so that a resumed
film continues with a whole segment, and the size of the finished file, because joining the segments changes it.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from stalkeer.adapters.net.codings import unpacked
from stalkeer.adapters.net.failures import NetworkFailure
from stalkeer.adapters.transfers.opening import Hopeless, Lost, Opened, refuse_compressed
from stalkeer.adapters.transfers.part import PartFile, on_disk
from stalkeer.adapters.transfers.playlist import Master, MediaPlaylist, Segment, best_variant, parse_playlist
from stalkeer.adapters.transfers.remux import remux
from stalkeer.adapters.transfers.request import Fetched, PartJudge, PartProblem, TransferFailed, TransferRequest
from stalkeer.adapters.transfers.resume_writer import Landing
from stalkeer.core.downloads.failures import FailureKind
from stalkeer.core.downloads.resume import HeldPart, Validators, kind_of_status
from stalkeer.durable import sync_file, sync_folder, write_durably

MAX_PLAYLIST = 16 * 1024 * 1024
MAX_DEPTH = 3
SEGMENT_TRIES = 3
WHOLE = -2  # number of the joined film among the numbers of segments
MOST_CHECKED = 64 * 1024 * 1024  # bytes of a segment that are kept in memory for a check
CONTENT_RANGE = re.compile(r"\s*bytes\s+(\d{1,19})-", re.IGNORECASE)
READ_MOST = 1024 * 1024


class Means(Protocol):
    """Hold the functions that an HLS transfer uses: requests and reads that can be stopped, and the place for its
    bytes.
    """

    part: PartFile
    landing: Landing

    @property
    def request(self) -> TransferRequest: ...

    def open(self, url: str, range_fields: dict[str, str]) -> Opened: ...

    def read(self, opened: Opened, most: int) -> bytes: ...

    def sync_if_due(self) -> None: ...

    def sync(self) -> None: ...


def journal_of(part: Path) -> Path:
    return part.with_name(part.name + ".hls")


@dataclass
class Journal:
    """Hold the journal.

    `ends` are the offsets after each segment; `joined` is the size of the finished file, if any. `troubles` counts the
    failed attempts in a row for each segment.
    """

    path: Path
    fingerprint: str = ""
    ends: list[int] = field(default_factory=list)
    joined: int | None = None
    troubles: dict[int, int] = field(default_factory=dict)

    @classmethod
    def read(cls, part: Path) -> Journal:
        path = journal_of(part)
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            troubles = {int(number): int(times) for number, times in kept.get("troubles", {}).items()}
            return cls(path, kept["fingerprint"], [int(end) for end in kept["ends"]], kept["joined"], troubles)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return cls(path)

    def write(self) -> None:
        kept = {"fingerprint": self.fingerprint, "ends": self.ends, "joined": self.joined, "troubles": self.troubles}
        write_durably(self.path, json.dumps(kept))


def finished(part: Path) -> Fetched | None:
    """Return the film that was joined before a kill, if there is one."""
    joined = Journal.read(part).joined
    if joined is None or not part.exists() or part.stat().st_size != joined:
        return None
    return Fetched(joined, Validators(), extension=".mkv")


def fetch_movie(means: Means, opened: Opened, first: bytes) -> Fetched:
    """Fetch the segments of the playlist in `opened`, of which `first` was read. Continue where the journal ends."""
    media = _find_media(means, opened, first)
    journal = Journal.read(means.part.path)
    done = _resume_at(journal, media, means.landing.held)
    means.landing.rewind(journal.ends[-1] if journal.ends else 0)
    check = Check(means, media, journal, means.request.parts())
    check.replay(done)
    for number in range(done, len(media.segments)):
        start = means.landing.position
        _fetch_segment(means, media, number)
        check.pass_or_raise(number, start)
        journal.ends.append(means.landing.position)
        journal.troubles.pop(number - 1, None)  # a segment may show that the segment before it is bad
        with on_disk(journal.path):
            journal.write()
        means.sync_if_due()
    means.sync()
    with on_disk(journal.path):
        return _join(check)


@dataclass
class Check:
    """Accept a segment only once it proves to be the next part of the film."""

    means: Means
    media: MediaPlaylist
    journal: Journal
    judge: PartJudge

    def replay(self, done: int) -> None:
        """Pass the header and the last segment on disk to the judge, because the next segment continues them."""
        starts = [0, *self.journal.ends]
        header = [number for number in range(done) if self.media.segments[number].is_header][-1:]
        for number in dict.fromkeys([*header, *range(max(0, done - 1), done)]):
            self._problem(number, starts[number], starts[number + 1])

    def pass_or_raise(self, number: int, start: int) -> None:
        """Raise Lost where the bytes written at `start` are no valid segment, and Hopeless after too many attempts."""
        problem = self._problem(number, start, self.means.landing.position)
        if problem is None:
            return
        bad = number - 1 if problem.is_before else number
        journal = self.journal
        if problem.is_before:
            journal.ends.pop()
        journal.troubles[bad] = journal.troubles.get(bad, 0) + 1
        self.means.landing.rewind(journal.ends[-1] if journal.ends else 0)
        with on_disk(journal.path):
            journal.write()
        message = f"{name_of(self.media, bad)} is {problem.reason}"
        if journal.troubles[bad] >= SEGMENT_TRIES:
            raise Hopeless(TransferFailed(FailureKind.WRONG_FILE, f"{message}, {SEGMENT_TRIES} times"))
        raise Lost(TransferFailed(FailureKind.TRANSIENT, message))

    def pass_whole_or_raise(self, movie: Path) -> None:
        """Raise Lost where the joined file lacks segments, so that they are fetched again.

        Raise Hopeless the second time.
        """
        seconds = sum(segment.seconds or 0.0 for segment in self.media.segments)
        problem = self.judge.problem_of_whole(movie, seconds)
        if problem is None:
            return
        journal = self.journal
        journal.troubles[WHOLE] = journal.troubles.get(WHOLE, 0) + 1
        journal.ends.clear()
        self.means.landing.rewind(0)
        journal.write()
        message = f"the joined movie is not all of its {len(self.media.segments)} parts: {problem}"
        if journal.troubles[WHOLE] > 1:
            raise Hopeless(TransferFailed(FailureKind.WRONG_FILE, f"{message}, {journal.troubles[WHOLE]} times"))
        raise Lost(TransferFailed(FailureKind.TRANSIENT, message))

    def _problem(self, number: int, start: int, end: int) -> PartProblem | None:
        segment = self.media.segments[number]
        if end - start > MOST_CHECKED:
            return None
        payload = self.means.part.read(start, end - start)
        if segment.is_header:
            reason = self.judge.problem_of_header(payload)
            return None if reason is None else _HeaderProblem(reason)
        return self.judge.problem_of_part(payload, segment.seconds, is_restart=segment.is_restart)


@dataclass(frozen=True)
class _HeaderProblem:
    reason: str
    is_before: bool = False


def name_of(media: MediaPlaylist, number: int) -> str:
    """Return the name of a segment for messages: its number among the parts of the film."""
    if media.segments[number].is_header:
        return "the header of the movie"
    parts = [at for at, segment in enumerate(media.segments) if not segment.is_header]
    return f"part {parts.index(number) + 1} of {len(parts)}"


def _find_media(means: Means, opened: Opened, first: bytes) -> MediaPlaylist:
    """Follow the variants to the playlist of segments."""
    text = _read_text(means, opened, first)
    for _depth in range(MAX_DEPTH):
        found = read_media(opened, text)
        if isinstance(found, MediaPlaylist):
            return found
        opened.close()
        opened = means.open(found, {})
        try:
            check_segment(opened, Segment(found))
            text = _read_text(means, opened, b"")
        finally:
            opened.close()
    raise refusal(opened, FailureKind.WRONG_FILE, "playlists that lead only to playlists")


def _read_text(means: Means, opened: Opened, first: bytes) -> str:
    """Read the complete playlist, of which `first` was read. A playlist may be compressed, a media file may not."""

    def pieces() -> Iterator[bytes]:
        yield first
        while piece := means.read(opened, READ_MOST):
            yield piece

    text = b""
    try:
        for piece in unpacked(pieces(), opened.head.encoding):
            text += piece
            if len(text) > MAX_PLAYLIST:
                raise refusal(opened, FailureKind.WRONG_FILE, f"a playlist of more than {MAX_PLAYLIST >> 20} MiB")
    except (zlib.error, NetworkFailure) as error:
        raise refusal(opened, FailureKind.TRANSIENT, "a playlist that cannot be unpacked") from error
    return text.decode("utf-8", "replace")


def _fetch_segment(means: Means, media: MediaPlaylist, number: int) -> None:
    segment = media.segments[number]
    if segment.is_gap:
        words = f"{name_of(media, number)} is missing: the playlist says that the server does not have it"
        raise Hopeless(TransferFailed(FailureKind.WRONG_FILE, words))
    opened = means.open(segment.url, range_of(segment))
    try:
        check_segment(opened, segment, name_of(media, number))
        means.landing.begin(means.landing.held.offset, None, Validators(), is_whole=False)
        piece = means.read(opened, READ_MOST)
        refuse_compressed(opened, piece)
        while piece:
            means.landing.take(piece)
            piece = means.read(opened, READ_MOST)
        means.landing.flush()
    finally:
        opened.close()


def read_media(opened: Opened, text: str) -> MediaPlaylist | str:
    """Return the segments, or the URL of the variant to request.

    Raises Hopeless where it must not or cannot be fetched.
    """
    found = parse_playlist(text, opened.url)
    if isinstance(found, Master):
        variant = best_variant(found)
        if found.is_encrypted:
            raise refusal(opened, FailureKind.PROTECTED, "an encrypted stream; it is not fetched")
        if variant is None:
            raise refusal(opened, FailureKind.WRONG_FILE, "a stream that keeps picture and sound in separate files")
        return variant.url
    if found.encryption is not None:
        raise refusal(opened, FailureKind.PROTECTED, f"an encrypted stream ({found.encryption}); it is not fetched")
    if not found.segments:
        raise refusal(opened, FailureKind.WRONG_FILE, "a playlist without segments instead of a movie")
    if not found.is_ended:
        raise refusal(opened, FailureKind.WRONG_FILE, "a live stream instead of a movie")
    return found


def refusal(opened: Opened, kind: FailureKind, what: str) -> Hopeless:
    return Hopeless(TransferFailed(kind, f"{opened.subject}: {what}", status=opened.head.status))


def _resume_at(journal: Journal, media: MediaPlaylist, held: HeldPart) -> int:
    """Return the number of complete segments on disk. A film with other segments than before starts again."""
    if journal.fingerprint != media.fingerprint():
        journal.fingerprint, journal.ends = media.fingerprint(), []
    journal.joined = None
    while journal.ends and journal.ends[-1] > held.offset:
        journal.ends.pop()
    return len(journal.ends)


def range_of(segment: Segment) -> dict[str, str]:
    if segment.start is None or segment.length is None:
        return {}
    return {"Range": f"bytes={segment.start}-{segment.start + segment.length - 1}"}


def check_segment(opened: Opened, segment: Segment, name: str = "a playlist") -> None:
    expected = 200 if segment.start is None else 206
    status = opened.head.status
    if status != expected:
        kind = FailureKind.TRANSIENT if 200 <= status < 300 else kind_of_status(status)
        failure = TransferFailed(
            kind, f"{opened.subject}: {name} was answered with status {status}", opened.retry_after_s
        )
        raise Hopeless(replace(failure, status=status))
    if segment.start is not None and not _is_range(opened.head.content_range, segment):
        words = f"{opened.subject}: {name} was answered with another range: {opened.head.content_range}"
        raise Hopeless(TransferFailed(FailureKind.TRANSIENT, words, opened.retry_after_s, status))


def _is_range(content_range: str | None, segment: Segment) -> bool:
    """Tell whether a range is the requested one. The last range of a file may be shorter."""
    found = CONTENT_RANGE.match(content_range or "")
    return found is not None and int(found[1]) == segment.start


def _join(check: Check) -> Fetched:
    """Join the complete and synced segments into a file, durably."""
    journal, path = check.journal, check.means.part.path
    size = journal.ends[-1]
    joined = path.with_name(path.name + ".joined")
    if remux(path, joined):
        try:
            check.pass_whole_or_raise(joined)
        except (Lost, Hopeless):
            joined.unlink()
            raise
        journal.joined = joined.stat().st_size
        journal.write()
        sync_file(joined)
        joined.replace(path)
        sync_folder(path.parent)
        return Fetched(journal.joined, Validators(), extension=".mkv")
    check.pass_whole_or_raise(path)
    return Fetched(size, Validators(), extension=".mp4" if check.media.has_header else ".ts")
