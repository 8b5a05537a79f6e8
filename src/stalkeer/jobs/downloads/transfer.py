"""Execute a run of a download: claim it, fetch the missing bytes, and store the outcome."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path

from stalkeer.adapters.files.extras import keep_extra
from stalkeer.adapters.files.segments import SegmentCheck
from stalkeer.adapters.net.addresses import host_of
from stalkeer.adapters.transfers import record
from stalkeer.adapters.transfers.record import Kept, find_record
from stalkeer.adapters.transfers.request import (
    Fetched,
    Outcome,
    Stopped,
    StopReason,
    Tls,
    TransferFailed,
    TransferLimits,
    TransferRequest,
    Validators,
)
from stalkeer.adapters.transfers.transfer import transfer
from stalkeer.core.catalogue.access import Access, fill
from stalkeer.core.catalogue.extension import has_unknown_extension, with_extension
from stalkeer.core.downloads.failures import PLACEMENT, FailureKind
from stalkeer.core.downloads.progress import HighWater, longest_movie
from stalkeer.core.downloads.resume import HeldPart
from stalkeer.core.downloads.retry import (
    GiveUp,
    RetryDecision,
    attempts_of,
    decide_gone_release,
    decide_retry,
    has_attempts_left,
)
from stalkeer.core.downloads.states import Intent
from stalkeer.core.downloads.viewing import FULL_STATUSES, REST
from stalkeer.errors import SourceError, StoreError, StoreUnavailable
from stalkeer.jobs.catalogue.movie_extensions import use_bare_id
from stalkeer.jobs.downloads.admission import download_limit_name, source_limit_name
from stalkeer.jobs.downloads.choosing import find_change
from stalkeer.jobs.downloads.context import DownloadContext
from stalkeer.jobs.downloads.outcomes import BUSY, Settling
from stalkeer.jobs.downloads.transfer_monitor import Decide, Watch
from stalkeer.jobs.imports.handover import wanted_extras
from stalkeer.jobs.imports.pictures import CODE as PICTURE
from stalkeer.jobs.imports.pictures import HeadCheck
from stalkeer.jobs.imports.verify import VideoStart
from stalkeer.jobs.sources.account_status import ASK_EVERY
from stalkeer.model import DownloadState, EventKind, SourceId
from stalkeer.store.catalogue.addresses import EntryAddress, find_address
from stalkeer.store.downloads import run_writes as owned
from stalkeer.store.downloads.claims import claim, write_progress
from stalkeer.store.downloads.downloads import get_download
from stalkeer.store.downloads.rows import DownloadRow
from stalkeer.store.downloads.run_writes import Ownership, RunProblem, Setback
from stalkeer.store.journal.events import Event, Level, record_event
from stalkeer.store.library.targets import expected_runtime_s
from stalkeer.store.sources.accounts import note_busy

log = logging.getLogger(__name__)

USER_AGENT = "Stalkeer/0.1"  # panels answer an empty User-Agent with 404
LONGEST_PAUSE_IN_SLOT_S = 60.0
STORE_PAUSE_S = 1.0  # between two tries to store an outcome while the database is unavailable
SLOW_PAUSE_S = 60.0  # a slow download leaves its slot to others for at least this long
LOCAL_PAUSE_S = 10.0  # the disks are checked this often, and a full disk stops all downloads
LASTING_PAUSE_S = 600.0  # after an error of the disk that does not pass by itself
ENTRY_CHANGED = "entry_changed"  # code of an error
STOPS = {Intent.PAUSE: StopReason.PAUSE, Intent.CANCEL: StopReason.CANCEL, Intent.YIELD: StopReason.YIELD}
CHANGES_BORNE = 3  # changes of the server's file after which another variant is used
ASK_FIRST = (FailureKind.ACCOUNT, FailureKind.GONE, FailureKind.CHANGED)


def carry_out(tools: DownloadContext, watch: Watch) -> None:
    """Fetch the download of `watch.owner`. Do nothing where this worker does not own the run."""
    owner = watch.owner
    with tools.database.begin() as connection:
        row = claim(connection, owner, tools.clock())
    if row is None or row.state is not DownloadState.DOWNLOADING:
        return
    attempt = _Attempt(tools, watch, row)
    if row.queue.intent is not None:
        attempt.stop(STOPS[Intent(row.queue.intent)])
        return
    with tools.database.connect() as connection:
        address = find_address(connection, row.identity.entry_id, row.identity.source_id, row.identity.entry_key)
    if address is None:
        attempt.settling.try_another(RunProblem("gone", f"{row.identity.name} is no longer on its playlist"))
    elif address.is_protected:
        attempt.settling.try_another(
            RunProblem(FailureKind.PROTECTED.value, f"{row.identity.name} is encrypted; it is never circumvented")
        )
    elif (change := find_change(tools, row, address)) is not None:
        attempt.settling.return_to_review(RunProblem(ENTRY_CHANGED, change))
    else:
        attempt.settle(attempt.fetch(attempt.with_extension(address), tools.access(row.identity.source_id)))


def reconnecting(tools: DownloadContext, source_id: SourceId) -> Decide:
    """Decide what to do after an interruption: return the seconds to wait with the slot, or None to leave the slot to
    others.
    """

    def decide(failure: TransferFailed) -> float | None:
        if failure.kind is not FailureKind.TRANSIENT:
            return None
        try:
            if failure.is_cut and tools.accounts.check_after_cut(source_id) in BUSY:
                return None  # viewers have precedence
        except StoreError as error:
            log.warning("an account was not asked: %s", error)
        pause = max(tools.settings().downloads.reconnect_gap, failure.retry_after_s or 0.0)
        return pause if pause <= LONGEST_PAUSE_IN_SLOT_S else None

    return decide


@dataclass(frozen=True)
class _Attempt:
    tools: DownloadContext
    watch: Watch
    row: DownloadRow

    @property
    def owner(self) -> Ownership:
        return self.watch.owner

    @property
    def settling(self) -> Settling:
        return Settling(self.tools, self.owner, self.row)

    @property
    def part(self) -> Path:
        return self.tools.incomplete / f"{self.row.id}-{self.row.identity.entry_id}.part"

    # --- fetching

    def fetch(self, address: EntryAddress, access: Access) -> Outcome:
        part = self.part
        try:
            part.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            return TransferFailed(FailureKind.LOCAL_PERMISSION, f"{part.parent} cannot be made: {error.strerror}")
        kept = self._unwritten(part)
        request = self._request(address, access, part, kept)
        host = host_of(request.url)
        with self.tools.database.begin() as connection:
            owned.note_opened(connection, self.owner, str(part), host, self.tools.clock())
            if request.durable_offset:
                owned.note_resumed(connection, self.owner, request.durable_offset)
            elif self.row.transfer.offset == 0:
                record_event(
                    connection,
                    self.tools.clock(),
                    self.settling.event(EventKind.DOWNLOAD_STARTED, "is being downloaded"),
                )
        decide = reconnecting(self.tools, self.row.identity.source_id)
        look = HeadCheck(self.tools.database, self.row, part)
        progress = HighWater(self.row.transfer.high_water, self.row.queue.failures)
        self.watch.begin(request.held, progress, decide, look)
        if kept is not None and kept.outcome is not None:
            progress.note(kept.held.offset)
            return kept.outcome
        pace = self.tools.bandwidth.pace(
            source_limit_name(self.row.identity.source_id), download_limit_name(self.row.id)
        )
        return transfer(request, self.watch, pace)

    def with_extension(self, address: EntryAddress) -> EntryAddress:
        """Complete the address of a movie whose account does not list its extension."""
        if not has_unknown_extension(address.template):
            return address
        identity = self.row.identity
        try:
            template = self.tools.movie_address(identity.source_id, identity.entry_key, address.template)
        except SourceError as error:
            log.info("download %s: the account was not asked for the extension: %s", self.row.id, error)
            template = with_extension(address.template, "")
        return replace(address, template=template)

    def _unwritten(self, part: Path) -> Kept | None:
        """Return the record of a run that could not store its end, where it fits the part file on disk."""
        kept = find_record(part) if self.row.transfer.part_path == str(part) else None
        is_newer = kept is not None and (
            kept.held.offset > self.row.transfer.durable_offset or kept.outcome is not None
        )
        return kept if is_newer else None

    def _held(self, part: Path, kept: Kept | None) -> HeldPart:
        """Return the bytes on disk, from the record beside the part file or from the database."""
        if kept is not None:
            return kept.held
        if self.row.transfer.part_path != str(part):
            return HeldPart()
        known = self.row.transfer
        return HeldPart.of(known.durable_offset, known.total, Validators.from_document(known.validators), known.learned)

    def _request(self, address: EntryAddress, access: Access, part: Path, kept: Kept | None) -> TransferRequest:
        held = self._held(part, kept)
        settings = self.tools.settings().downloads
        return TransferRequest(
            url=fill(address.template, access),
            part=part,
            headers={"User-Agent": access.user_agent or USER_AGENT, **access.headers, **address.headers},
            durable_offset=held.offset,
            total=held.total,
            validators=held.validators,
            learned=held.learned,
            run=self.row.queue.run,
            proxy=access.proxy or None,
            tls=Tls(settings.verify_tls, settings.ca_file),
            https_only=settings.https_only,
            listed_by=access.typed,
            limits=TransferLimits(
                headers_s=min(TransferLimits().headers_s, max(settings.timeout, 1.0)),
                silence_s=min(60.0, max(settings.timeout, 1.0)),
                no_progress_s=max(settings.timeout, 1.0),
                reconnect_gap_s=settings.reconnect_gap,
            ),
            min_free=settings.min_free,
            most_reserved=settings.assumed_size,
            most_bytes=longest_movie(address.size, self._runtime_s(), settings.assumed_size),
            has_sidecar=settings.checksum_sidecar,
            extras=self._extras(address),
            keep_extra=partial(keep_extra, part),
            judge=VideoStart(address.suffix, settings.accept_unknown),
            parts=SegmentCheck,
        )

    def _extras(self, address: EntryAddress) -> tuple[str, ...]:
        """Return the suffixes of extra files to fetch: those that an instance imports.

        Accounts have no extra files and are not asked.
        """
        if not address.extension or "{username" in address.template or "{password" in address.template:
            return ()
        ids = {item.instance_id for item in self.row.items}
        return wanted_extras(self.tools.database, self.tools.arrs, ids)

    def _runtime_s(self) -> float | None:
        with self.tools.database.connect() as connection:
            return expected_runtime_s(connection, [item.wanted_id for item in self.row.items])

    # --- the outcome

    def settle(self, outcome: Outcome) -> None:
        """Store the outcome. While the database is unavailable, keep it beside the part file, also for a later run."""
        while True:
            try:
                self._write(outcome)
            except StoreUnavailable as error:
                if isinstance(outcome, Fetched | TransferFailed):
                    record.keep(self.part, Kept(self.owner.run, self.watch.held, outcome))
                log.warning("download %s: its end is written later: %s", self.row.id, error)
                if self.watch.is_leaving_within(STORE_PAUSE_S):
                    return
            else:
                if self.watch.halted is not StopReason.LOST:
                    record.forget(self.part)
                return

    def _write(self, outcome: Outcome) -> None:
        if self.watch.reconnects:
            with self.tools.database.begin() as connection:
                owned.note_reconnects(connection, self.owner, self.watch.reconnects)
            self.watch.forget_reconnects()
        if isinstance(outcome, Fetched):
            self._arrived(outcome)
        elif isinstance(outcome, Stopped):
            self.stop(outcome.reason)
        else:
            self._failed(outcome)

    def _arrived(self, outcome: Fetched) -> None:
        facts = {
            **(self.row.outcome.facts or {}),
            "is_length_known": outcome.is_length_known,
            "checksums": dict(outcome.checksums),
            "extension": outcome.extension,
            "extras": list(outcome.extras),
        }
        self._write_progress()
        with self.tools.database.begin() as connection:
            now = self.tools.clock()
            owned.note_facts(connection, self.owner, facts)
            if owned.mark_fetched(connection, self.owner, outcome.size, outcome.validators.to_document(), now):
                words = f"was fetched: {outcome.size:,} bytes"
                record_event(connection, now, self.settling.event(EventKind.DOWNLOAD_FETCHED, words))
        self.tools.wake()

    def stop(self, reason: StopReason) -> None:
        """End the run as the worker, the user or a viewer asked.

        The part file stays, unless the download was cancelled. A file whose first bytes show that it does not fit gives
        way to the next variant.
        """
        if reason is StopReason.LOST:
            return
        self._write_progress()
        if reason is StopReason.SLOW:
            settings = self.tools.settings().downloads
            words = f"slower than {settings.min_speed:,} bytes/s for {settings.min_speed_time:.0f} s; another one waits"
            self._failed(TransferFailed(FailureKind.TRANSIENT, words, SLOW_PAUSE_S))
            self.tools.wake()
            return
        if reason is StopReason.UNFIT:
            self.settling.try_another(RunProblem(PICTURE, self.watch.unfit))
            return
        state = {StopReason.PAUSE: DownloadState.PAUSED, StopReason.CANCEL: DownloadState.CANCELLED}.get(
            reason, DownloadState.QUEUED
        )
        kind = EventKind.DOWNLOAD_YIELDED if reason is StopReason.YIELD else None
        self.settling.let_go(state, kind, "made room")
        self.tools.wake()

    def _failed(self, failed: TransferFailed) -> None:
        log.info("download %s: %s", self.row.id, failed.message)
        self._write_progress()
        attempts = attempts_of(self.tools.settings().downloads.retry_attempts)
        progress = self.watch.progress
        # fetching the same bytes again counts as an attempt, whatever the account answers
        kept = 0 if progress.has_advanced else self.row.queue.failures
        borne = progress.failures_now if progress.is_barren else kept
        if failed.status in FULL_STATUSES and borne < attempts:
            self._yield_to_viewer(failed, kept)
            return
        if borne < attempts and self._is_the_accounts_fault(failed):
            # with a user's limit above the account's limit, admission alone would not delay it
            self.settling.wait(RunProblem("account", failed.message), borne, ASK_EVERY.total_seconds())
            return
        if failed.kind is FailureKind.GONE and use_bare_id(self.tools.database, self.row.identity.entry_id):
            self.settling.wait(RunProblem(failed.kind.value, failed.message), self.row.queue.failures, 0.0)
            return
        if failed.kind is FailureKind.LOCAL_DISK_FULL:
            self.tools.disk_full()
        problem = RunProblem(failed.kind.value, failed.message)
        if failed.kind is FailureKind.LOCAL_LASTING:
            self._refused_by_the_disk(RunProblem(PLACEMENT, failed.message))
            return
        if failed.kind is FailureKind.NOT_A_VIDEO:
            self._refused(problem)
            return
        if failed.kind in (FailureKind.LOCAL_DISK_FULL, FailureKind.LOCAL_PERMISSION):
            self.settling.wait(problem, self.row.queue.failures, LOCAL_PAUSE_S)
            return
        # a notice disappears after a while, a new file stays
        is_confirmed = self.row.outcome.error_code == FailureKind.CHANGED
        if failed.kind is FailureKind.CHANGED and is_confirmed and self.row.queue.failures < CHANGES_BORNE:
            self.settling.start_over(problem)
            return
        failures = progress.failures_now
        decision = self._decide(failed, failures, attempts)
        if isinstance(decision, GiveUp):
            self.settling.try_another(replace(problem, message=f"{failed.message} ({decision.reason})"))
        else:
            self.settling.wait(problem, failures, decision.seconds)

    def _decide(self, failed: TransferFailed, failures: int, attempts: int) -> RetryDecision:
        if failed.kind is FailureKind.GONE and self.row.handing.by_instance:
            return decide_gone_release(failures, self.tools.dice(), tries=attempts)
        return decide_retry(
            failed.kind,
            failures,
            self.tools.dice(),
            retry_after_s=failed.retry_after_s,
            tries=attempts,
            first_s=self.tools.settings().downloads.retry_delay,
        )

    def _refused_by_the_disk(self, problem: RunProblem) -> None:
        """Let the user decide after an error of the disk.

        A download that an instance waits for is tried again automatically.
        """
        if self.row.handing.by_instance:
            self.settling.wait(problem, self.row.queue.failures, LASTING_PAUSE_S)
        else:
            self.settling.block(problem, EventKind.PLACEMENT_REFUSED)

    def _yield_to_viewer(self, failed: TransferFailed, failures: int) -> None:
        """Treat an account that answers "full" as in use. This does not count as an attempt."""
        with self.tools.database.begin() as connection:
            note_busy(connection, self.row.identity.source_id, self.tools.clock() + REST)
        self.settling.wait(RunProblem("account", failed.message), failures, REST.total_seconds())

    def _refused(self, problem: RunProblem) -> None:
        again = self.settling.once_more(problem)
        if again is None:
            self.settling.refuse_answer(problem)
        else:
            self.settling.ask_again(again)

    def _is_the_accounts_fault(self, failed: TransferFailed) -> bool:
        """Ask the account whether it caused the error: for an expired or busy account, panels answer 404 or cut the
        connection.
        """
        if not (failed.is_cut or failed.kind in ASK_FIRST):
            return False
        return self.tools.accounts.check_after_cut(self.row.identity.source_id) in BUSY

    def _write_progress(self) -> None:
        """Store the progress that no heartbeat has stored, before the last write of the run."""
        seen = self.watch.see_the_end()
        if seen is not None:
            try:
                with self.tools.database.begin() as connection:
                    write_progress(connection, [seen.progress], self.tools.clock())
            except StoreError:
                self.watch.take_back(seen)
                raise
            self.tools.note_fetched(self.row.id, seen.progress.fetched, seen.seconds)


def note_defect(tools: DownloadContext, owner: Ownership, message: str) -> None:
    """Store an unexpected error with the download.

    It is tried again after a long delay, and fails after several tries.
    """
    with tools.database.begin() as connection:
        now = tools.clock()
        row = get_download(connection, owner.download_id)
        problem = RunProblem("internal", f"An unexpected error, please report it: {message}")
        failures = row.queue.failures + 1
        if not has_attempts_left(failures, tools.settings().downloads.retry_attempts):
            if owned.give_up(connection, owner, problem, now):
                event = Event(
                    EventKind.DOWNLOAD_FAILED,
                    f"{row.identity.title} failed: {message}",
                    Level.ERROR,
                    download_id=row.id,
                )
                record_event(connection, now, event)
            return
        owned.back_off(connection, owner, Setback(problem, failures, now + timedelta(seconds=60 * failures)), now)
