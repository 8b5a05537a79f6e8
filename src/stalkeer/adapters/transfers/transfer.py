"""Fetch a file over HTTP into its part file: it can be resumed and halted within a second, and never mixes two
versions.

`core.downloads.resume` decides about each answer; this module carries the decision out. Bytes are reported as durable
only after fdatasync.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from stalkeer.adapters.net.codings import start_of
from stalkeer.adapters.net.failures import NetworkFailure
from stalkeer.adapters.net.redirects import fields_for
from stalkeer.adapters.transfers import record
from stalkeer.adapters.transfers.body import SNIFF, BodyKind, kind_of_body
from stalkeer.adapters.transfers.checksums import checksums_of, parse_sidecar
from stalkeer.adapters.transfers.endless import Endless
from stalkeer.adapters.transfers.hls import fetch_movie, finished, journal_of
from stalkeer.adapters.transfers.memory import give_back
from stalkeer.adapters.transfers.opening import Halts, Hopeless, Lost, Opened, open_url, refuse_compressed
from stalkeer.adapters.transfers.part import LocalFailure, PartFile, on_disk
from stalkeer.adapters.transfers.read_size import Appetite
from stalkeer.adapters.transfers.request import (
    Fetched,
    Outcome,
    Pace,
    Stopped,
    StopReason,
    TransferFailed,
    TransferRequest,
    TransferWatcher,
)
from stalkeer.adapters.transfers.resume_writer import Differs, Landing
from stalkeer.core.downloads.failures import FailureKind
from stalkeer.core.downloads.pacing import FREE_QUANTUM
from stalkeer.core.downloads.resume import (
    OVERLAP,
    Append,
    AskWhole,
    Complete,
    HeldPart,
    ResumeRefused,
    Whole,
    plan_answer,
    range_headers,
)

WAIT_SLICE_S = 0.2
PAY_EVERY_S = 0.05
LEAST_GAIN = OVERLAP // 4  # least new bytes of a range, so that the repeated bytes stay a small share
PIECE = 16 * 1024
MOST_OF_EXTRA = 4 * 1024 * 1024  # bytes of an extra text beside a movie
SIDECARS = (".sha256", ".sha1", ".md5")


class Halted(Exception):  # noqa: N818
    def __init__(self, reason: StopReason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Timing:
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


REAL_TIME = Timing()


def transfer(request: TransferRequest, watcher: TransferWatcher, pace: Pace, timing: Timing = REAL_TIME) -> Outcome:
    """Run until the file is complete, `watcher` stops it, or an attempt fails.

    The outcome is returned, not raised. Reconnect while `watcher.interrupted` allows it and new bytes arrive within
    `limits.no_progress_s`.
    """
    try:
        with on_disk(request.part):
            there = _already_there(request)
        if there is not None:
            return there
        with PartFile(request.part, request.durable_offset) as part:
            return Transfer(request, watcher, pace, timing, part).run()
    except LocalFailure as failure:
        return failed_locally(failure)
    finally:
        give_back()


def _already_there(request: TransferRequest) -> Fetched | None:
    """Return the complete file of a transfer that was killed before its outcome was returned."""
    size = request.part.stat().st_size if request.part.exists() else 0
    if request.total is not None and 0 < request.total == request.durable_offset <= size:
        return Fetched(request.total, request.validators)
    return finished(request.part)


def failed_locally(failure: LocalFailure) -> TransferFailed:
    if failure.is_full:
        return TransferFailed(
            FailureKind.LOCAL_DISK_FULL, f"The disk of {failure.path.parent} is full; free some space"
        )
    if failure.is_too_large:
        words = f"{failure.path.parent} cannot hold a file of that size; set directories.temp to another, then retry"
        return TransferFailed(FailureKind.LOCAL_LASTING, words)
    return TransferFailed(
        FailureKind.LOCAL_PERMISSION, f"Writing failed: {failure}. Check that the folder is there and writable"
    )


@dataclass
class Transfer:
    """Transfer a file."""

    request: TransferRequest
    watcher: TransferWatcher
    pace: Pace
    timing: Timing
    part: PartFile
    landing: Landing = field(init=False)
    synced: HeldPart | None = None  # the last argument of `durable`; None before the first call
    synced_at: float = field(init=False)
    progressed_at: float = field(init=False)
    is_segmented: bool = False  # the address leads to a playlist of segments (HLS)
    appetite: Appetite = field(init=False)
    reserved: int = 0  # bytes of the disk that are claimed for this file
    owed_s: float = 0.0  # seconds of pause owed for the bytes read
    unpaid: int = 0  # bytes read under a limit and not yet accounted for
    paid_at: float = 0.0

    def __post_init__(self) -> None:
        request = self.request
        self.landing = Landing(self.part, replace(request.held, offset=self.part.kept), self.check)
        if self.part.kept == request.durable_offset:
            self.synced = self.landing.held
        self.synced_at = self.progressed_at = self.timing.monotonic()
        self.is_segmented = journal_of(request.part).exists()

    def run(self) -> Outcome:
        outcome: Outcome
        try:
            outcome = self._with_extras(self._with_sidecar(self._until_done()))
        except Halted as halted:
            outcome = Stopped(halted.reason)
        except Hopeless as hopeless:
            outcome = hopeless.failure
        except LocalFailure as failure:
            outcome = failed_locally(failure)
        return self._settled(outcome)

    def _with_sidecar(self, fetched: Fetched) -> Fetched:
        if not self.request.has_sidecar or fetched.checksums or self.is_segmented:
            return fetched
        path = self.request.url.partition("#")[0].partition("?")[0]
        query = self.request.url.partition("#")[0][len(path) :]
        for suffix in SIDECARS:
            self._leave_gap()
            try:
                opened = self.open(path + suffix + query, {})
            except (Lost, Hopeless):
                return fetched
            try:
                text = self._peek(opened) if opened.head.status == 200 else b""
            except Lost:
                return fetched
            finally:
                opened.close()
            found = parse_sidecar(text.decode("utf-8", "replace"), unquote(path).rpartition("/")[2])
            if found:
                return replace(fetched, checksums=found)
        return fetched

    def _with_extras(self, fetched: Fetched) -> Fetched:
        """Fetch the subtitles and descriptions beside the file with its name."""
        path = self.request.url.partition("#")[0].partition("?")[0]
        query = self.request.url.partition("#")[0][len(path) :]
        stem, dot, ending = path.rpartition(".")
        if self.is_segmented or not dot or "/" in ending:
            return fetched
        kept = tuple(suffix for suffix in self.request.extras if self._keep_extra(stem + suffix + query, suffix))
        return replace(fetched, extras=kept)

    def _keep_extra(self, url: str, suffix: str) -> bool:
        self._leave_gap()
        try:
            opened = self.open(url, {})
        except (Lost, Hopeless):
            return False
        try:
            text = self._read_text(opened) if opened.head.status == 200 else b""
        except Lost:
            return False
        finally:
            opened.close()
        return bool(text) and self.request.keep_extra(suffix, text)

    def _read_text(self, opened: Opened) -> bytes:
        """Read the complete body; empty where it is too large for an extra text."""
        text = b""
        while piece := self.read(opened, PIECE):
            text += piece
            if len(text) > MOST_OF_EXTRA:
                return b""
        return text

    def _until_done(self) -> Fetched:
        while True:
            try:
                fetched = self._exchange()
            except Lost as lost:
                self._pause_before_reconnect(lost.failure)
            else:
                if fetched is not None:
                    return fetched
                self._leave_gap()

    def _leave_gap(self) -> None:
        """Wait before the next connection to the account, because servers notice the end of a connection late."""
        self.sync()
        self.wait(self.request.limits.reconnect_gap_s)

    def _pause_before_reconnect(self, failure: TransferFailed) -> None:
        self.check()
        self.sync()
        idle_s = self.timing.monotonic() - self.progressed_at
        if idle_s >= self.request.limits.no_progress_s:
            raise Hopeless(replace(failure, message=f"{failure.message}; not a byte came for {idle_s:.0f} s"))
        pause = self.watcher.interrupted(failure)
        if pause is None:
            raise Hopeless(failure)
        self.wait(pause)

    def _settled(self, outcome: Outcome) -> Outcome:
        """Write and sync the received bytes before the outcome is returned."""
        try:
            self.sync()
        except LocalFailure as failure:
            outcome = outcome if isinstance(outcome, Stopped) else failed_locally(failure)
            self.landing.abandon()
            with contextlib.suppress(LocalFailure):
                self.sync()
        return outcome

    # --- one request and its answer -----------------------------------------------------------------------------

    def _exchange(self) -> Fetched | None:
        """Send a request and read its body. Return None where another request must follow."""
        held = HeldPart() if self.is_segmented else self.landing.held
        is_ranged = not held.asks_whole and held.asked_from > 0
        opened = self.open(self.request.url, range_headers(held) if is_ranged else {})
        try:
            plan = plan_answer(held, is_ranged=is_ranged, head=opened.head)
            if isinstance(plan, Complete):
                self.landing.held = replace(held, total=held.offset)
                return Fetched(held.offset, held.validators)
            if isinstance(plan, AskWhole):
                if opened.head.status == 200:
                    self._refuse_pages(opened, self._peek(opened))
                self._ask_whole_next()
                return None
            if isinstance(plan, ResumeRefused):
                # probably a notice instead of the file: the next answer may be the requested range
                if opened.head.status == 200:
                    self.landing.held = replace(self.landing.held, asks_whole=False)
                raise Hopeless(self._refusal(plan, opened))
            return self._receive(plan, opened)
        finally:
            opened.close()

    def _ask_whole_next(self) -> None:
        self.landing.held = replace(self.landing.held, asks_whole=True)

    def open(self, url: str, range_fields: dict[str, str]) -> Opened:
        fields = fields_for(url, self.request.url, self.request.headers) | range_fields
        opened = open_url(url, fields, self.request, Halts(self.check, self.watcher.opened))
        self.appetite = Appetite(self.timing.monotonic)
        return opened

    def _refusal(self, plan: ResumeRefused, opened: Opened) -> TransferFailed:
        if opened.head.status == 200:
            self._refuse_pages(opened, self._peek(opened))
        return TransferFailed(plan.kind, f"{opened.subject}: {plan.reason}", opened.retry_after_s, opened.head.status)

    def _receive(self, plan: Append | Whole, opened: Opened) -> Fetched | None:
        start, stop = (0, plan.total) if isinstance(plan, Whole) else (plan.start, plan.stop)
        before = self.landing.held.offset
        first = self._peek(opened) if start == 0 else b""
        if start == 0 and self._refuse_pages(opened, first) is BodyKind.PLAYLIST:
            self.is_segmented = True
            return fetch_movie(self, opened, first)
        if start == 0:
            first = self._judge(opened, first)
        is_proven = not isinstance(plan, Whole) or plan.is_proven
        # a body from the first byte on may be another file, which is written to a second file
        self.landing.begin(start, plan.total, opened.head.validators, is_whole=start == 0, is_proven=is_proven)
        if self.landing.held.offset == 0 and plan.total is not None:
            self.sync()  # at once, so that the size is stored from the start
        try:
            self._read_body(opened, first, stop)
        except Differs:
            self._ask_whole_next()
            return None
        if stop is not None and self.landing.position < stop:
            raise self._cut(opened, "the connection ended in the middle of the file")
        return self._body_ended(plan, opened, before)

    def _body_ended(self, plan: Append | Whole, opened: Opened, before: int) -> Fetched | None:
        landing, total = self.landing, plan.total
        landing.flush()
        is_counted = total is not None or opened.answer.is_chunked
        if isinstance(plan, Append) and landing.position != total:
            return self._part_ended(opened, before)
        if total is None and landing.held.total not in (None, landing.position) and not landing.is_apart:
            return self._ended_elsewhere(plan, opened)
        if landing.is_apart or not landing.has_caught_up:
            if not is_counted:
                raise self._cut(opened, "the connection ended in the middle of the file")
            message = f"{opened.subject}: the server now sends another, shorter file than before"
            raise Hopeless(TransferFailed(FailureKind.CHANGED, message, status=opened.head.status))
        if landing.position == 0:
            raise Hopeless(
                TransferFailed(FailureKind.ACCOUNT, f"{opened.subject}: an empty file", status=opened.head.status)
            )
        checksums = checksums_of(opened.answer.fields, is_whole=isinstance(plan, Whole))
        landing.held = replace(landing.held, total=landing.position if is_counted else None)
        return Fetched(landing.position, landing.held.validators, is_counted, checksums=checksums)

    def _ended_elsewhere(self, plan: Append | Whole, opened: Opened) -> Fetched | None:
        """Decide after a body without a length that ended at another byte than expected."""
        landing = self.landing
        if isinstance(plan, Whole) and not plan.is_proven:
            self._ask_whole_next()
            return None
        if landing.held.is_total_confirmed or not landing.has_caught_up:
            raise self._cut(opened, f"the body ended before the file, which has {landing.held.total} bytes")
        landing.held = replace(landing.held, total=None)
        return Fetched(landing.position, landing.held.validators, is_length_known=False)

    def _part_ended(self, opened: Opened, before: int) -> Fetched | None:
        """Decide after a range that does not reach the known end of the file."""
        landing = self.landing
        gained = landing.held.offset - before
        if gained >= LEAST_GAIN:
            return None  # a server that limits the size of ranges
        if gained <= 0 and opened.head.is_endless and not landing.held.is_total_confirmed:
            # the server has no more bytes and stated no size: the check of the container decides
            landing.held = replace(landing.held, total=None)
            return Fetched(landing.position, landing.held.validators, is_length_known=False)
        raise self._cut(opened, "the server sends nothing new" if gained <= 0 else "the server sends hardly anything")

    # --- the body -----------------------------------------------------------------------------------------------

    def _read_body(self, opened: Opened, first: bytes, stop: int | None) -> None:
        landing, piece = self.landing, first
        endless = Endless(self.request.most_bytes) if stop is None else None
        while True:
            if piece:
                if endless is not None:
                    self._refuse_endless(opened, endless.problem_of(piece))
                landing.take(piece if stop is None else piece[: stop - landing.position])
            self.sync_if_due()
            if stop is not None and landing.position >= stop:
                return
            self._reserve()
            piece = self.read(opened, self.pace.quantum)
            if not piece:
                return

    def _refuse_endless(self, opened: Opened, problem: str | None) -> None:
        if problem is not None:
            message = f"{opened.subject}: the server sends without end instead of a movie: {problem}"
            raise Hopeless(TransferFailed(FailureKind.NOT_A_VIDEO, message, status=opened.head.status))

    def _reserve(self) -> None:
        """Reserve disk space for the whole file, or piece by piece where its size is not confirmed."""
        held = self.landing.held
        if not self.landing.has_caught_up or held.total is None or self.landing.position < self.reserved:
            return
        most = None if held.is_total_confirmed else self.request.most_reserved
        size = held.total if most is None else min(held.total, self.landing.position + most)
        self.part.reserve(size, self.request.min_free)
        self.reserved = size

    def _peek(self, opened: Opened) -> bytes:
        """Read enough of a body to classify it; less only at its end."""
        first = b""
        while len(first) < SNIFF:
            piece = self.read(opened, SNIFF - len(first))
            if not piece:
                break
            first += piece
        return first

    def _judge(self, opened: Opened, first: bytes) -> bytes:
        """Read until the file is recognised, and return the bytes read. Raises Hopeless where the file is refused."""
        judge = self.request.judge
        while judge.needs_more(first):
            piece = self.read(opened, PIECE)
            if not piece:
                break
            first += piece
        refusal = judge.refusal(first)
        if refusal is not None:
            message = f"{opened.subject}: the server sent {refusal} instead of a video; look at the source's account"
            raise Hopeless(TransferFailed(FailureKind.NOT_A_VIDEO, message, status=opened.head.status))
        return first

    def read(self, opened: Opened, most: int) -> bytes:
        if self.owed_s > 0:  # pause before the next read, after the bytes were stored
            self.wait(self.owed_s)
            self.owed_s = 0.0
        self.check()
        quantum = self.pace.quantum
        try:
            piece = self.appetite.read(opened.answer, max(1, min(most, quantum - self.unpaid)))
        except NetworkFailure as failure:
            self.check()
            raise self._cut(opened, failure.words) from failure
        self.check()  # bytes read after a shutdown may not be the server's
        if piece:
            self.progressed_at = self.timing.monotonic()
            self.watcher.received(len(piece))
            self._pay(len(piece), quantum)
        return piece

    def _pay(self, size: int, quantum: int) -> None:
        """Account for the bytes in whole quanta, so that small pieces cost no more than large ones."""
        if quantum >= FREE_QUANTUM:
            return
        self.unpaid += size
        if self.unpaid >= quantum or self.progressed_at - self.paid_at >= PAY_EVERY_S:
            self.owed_s = self.pace.take(self.unpaid)
            self.unpaid, self.paid_at = 0, self.progressed_at + self.owed_s

    def _refuse_pages(self, opened: Opened, first: bytes) -> BodyKind:
        kind = kind_of_body(opened.head.validators.content_type, start_of(first))
        if kind is BodyKind.PAGE:
            message = f"{opened.subject}: the server sent a page instead of the file; check the account's status"
            raise Hopeless(TransferFailed(FailureKind.ACCOUNT, message, status=opened.head.status))
        if kind is BodyKind.MEDIA:
            refuse_compressed(opened, first)
        return kind

    def _cut(self, opened: Opened, reason: str) -> Lost:
        message = f"{opened.subject}: {reason}, after {self.landing.position} bytes"
        return Lost(TransferFailed(FailureKind.TRANSIENT, message, status=opened.head.status, is_cut=True))

    # --- stopping, waiting, syncing -----------------------------------------------------------------------------

    def check(self) -> None:
        reason = self.watcher.stopping()
        if reason is not None:
            raise Halted(reason)

    def wait(self, seconds: float) -> None:
        """Sleep in short slices, so that a stop is noticed soon."""
        end = self.timing.monotonic() + seconds
        while (left := end - self.timing.monotonic()) > 0:
            self.timing.sleep(min(left, WAIT_SLICE_S))
            self.check()

    def sync_if_due(self) -> None:
        landing, limits = self.landing, self.request.limits
        synced = 0 if self.synced is None else self.synced.offset
        due = limits.sync_bytes if synced else min(limits.first_sync_bytes, limits.sync_bytes)
        if landing.position - synced >= due or self.timing.monotonic() - self.synced_at >= limits.sync_s:
            self.sync()

    def sync(self) -> None:
        """Write, wait for the disk, and then report the bytes as durable."""
        self.synced_at = self.timing.monotonic()
        self.landing.flush()
        held = self.landing.held
        if held == self.synced:
            return
        self.part.sync()
        if not self.landing.is_apart:
            self.synced = held
            if self.request.run:
                record.keep(self.part.path, record.Kept(self.request.run, held))
            self.watcher.durable(held)
        if held.total is None:
            self.part.keep_free(self.request.min_free)
