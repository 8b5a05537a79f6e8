"""Write the end of a run of a download, with its event, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from stalkeer.adapters.files.removal import remove_part, remove_staged
from stalkeer.core.downloads.failures import FailureKind
from stalkeer.core.downloads.retry import ATTEMPTS_WITHOUT_LIMIT, GiveUp, decide_retry, has_attempts_left
from stalkeer.jobs.downloads.choosing import next_variant
from stalkeer.jobs.downloads.context import DownloadContext
from stalkeer.jobs.media.refresh import note_new_file
from stalkeer.jobs.sources.account_status import ASK_EVERY, AccountState
from stalkeer.model import DownloadState, EventKind, WantedId
from stalkeer.store.db.database import Database, Transaction
from stalkeer.store.downloads import run_writes as owned
from stalkeer.store.downloads.leftovers import forget_litter, litter
from stalkeer.store.downloads.native_items import fail_released
from stalkeer.store.downloads.quarantine import note_set_aside
from stalkeer.store.downloads.rows import REFUSED_TIMES, DownloadRow
from stalkeer.store.downloads.run_writes import Ownership, Replacement, RunProblem, Setback
from stalkeer.store.journal.events import Event, Level, record_event
from stalkeer.store.matching.blocklist import BarredEntry, block_entry
from stalkeer.store.matching.pairs import reopen_pairs

QUARANTINE = "quarantine"
FETCH_ON_S = 10.0  # a short pause before the rest is requested, because the server answers
BUSY = (AccountState.IN_USE, AccountState.REFUSED)
Block = Callable[[Transaction, Ownership, RunProblem, datetime], bool]
ENDS = {
    DownloadState.PAUSED: (EventKind.DOWNLOAD_PAUSED, "was paused"),
    DownloadState.CANCELLED: (EventKind.DOWNLOAD_CANCELLED, "was cancelled"),
}


@dataclass(frozen=True)
class Again:
    """Describe another attempt with the same entry after `seconds`.

    `times` counts attempts in a row that brought something else.
    """

    problem: RunProblem
    times: int
    seconds: float


@dataclass(frozen=True)
class Settling:
    tools: DownloadContext
    owner: Ownership
    row: DownloadRow

    def event(self, kind: EventKind, words: str, level: Level = Level.INFO) -> Event:
        return Event(
            kind,
            f"{self.row.identity.title} {words}",
            level,
            download_id=self.row.id,
            wanted_id=self.row.items[0].wanted_id if self.row.items else None,
            source_id=self.row.identity.source_id,
            instance_id=self.row.items[0].instance_id if self.row.items else None,
        )

    def let_go(self, state: DownloadState, kind: EventKind | None = None, words: str = "") -> None:
        """End the run in `state`, because its worker, the user or a viewer asked for it."""
        with self.tools.database.begin() as connection:
            now = self.tools.clock()
            if not owned.let_go(connection, self.owner, state, now):
                return
            if state is DownloadState.CANCELLED:
                owned.drop_items(connection, self.owner.download_id)
            if state in ENDS:
                record_event(connection, now, self.event(*ENDS[state]))
            elif kind is not None:
                record_event(connection, now, self.event(kind, words))
        if state is DownloadState.CANCELLED:
            self.tools.wake()  # so that its instance sees the failure soon
            sweep(self.tools.database)

    def wait(self, problem: RunProblem, failures: int, seconds: float) -> None:
        """Try again after a delay. A pause or cancellation that came meanwhile has precedence."""
        with self.tools.database.begin() as connection:
            now = self.tools.clock()
            wanted = owned.asked_to_end(connection, self.owner)
            if wanted is None and owned.back_off(
                connection, self.owner, Setback(problem, failures, now + timedelta(seconds=seconds)), now
            ):
                event = self.event(EventKind.DOWNLOAD_INTERRUPTED, f"was interrupted: {problem.message}", Level.WARNING)
                record_event(connection, now, replace(event, data={"code": problem.code, "retry_in_s": round(seconds)}))
        if wanted is not None:
            self.let_go(wanted)

    def fail(self, problem: RunProblem) -> None:
        with self.tools.database.begin() as connection:
            self._fail(connection, problem)

    def block(self, problem: RunProblem, kind: EventKind) -> None:
        """Block the download until the user decides."""
        with self.tools.database.begin() as connection:
            now = self.tools.clock()
            if owned.block(connection, self.owner, problem, now):
                record_event(
                    connection, now, self.event(kind, f"needs your decision: {problem.message}", Level.WARNING)
                )

    def once_more(self, problem: RunProblem) -> Again | None:
        """Return when to request the same entry again after it returned something else than the media file; None for no
        further attempt.

        Such answers are usually caused by the account, which is asked first, and not by the entry.
        """
        if self.tools.accounts.check_after_cut(self.row.identity.source_id) in BUSY:
            return Again(RunProblem("account", problem.message), self.refused_times, ASK_EVERY.total_seconds())
        times = self.refused_times + 1
        settings = self.tools.settings().downloads
        decision = decide_retry(
            FailureKind.NOT_A_VIDEO,
            times,
            self.tools.dice(),
            tries=settings.retry_attempts or ATTEMPTS_WITHOUT_LIMIT,
            first_s=settings.retry_delay,
        )
        return None if isinstance(decision, GiveUp) else Again(problem, times, decision.seconds)

    @property
    def refused_times(self) -> int:
        """Return the number of attempts in a row that returned something else than the media file."""
        times = (self.row.outcome.facts or {}).get(REFUSED_TIMES)
        return times if isinstance(times, int) else 0

    def ask_again(self, again: Again) -> None:
        """Request the same entry again after a delay. The bytes on disk are kept."""
        with self.tools.database.begin() as connection:
            facts = {**(self.row.outcome.facts or {}), REFUSED_TIMES: again.times}
            owned.note_facts(connection, self.owner, facts)
        self.wait(again.problem, self.row.queue.failures, again.seconds)

    def fetch_anew(self, again: Again) -> None:
        """Fetch the same entry from its first byte after a delay."""
        problem = again.problem
        with self.tools.database.begin() as connection:
            now = self.tools.clock()
            setback = Setback(problem, self.row.queue.failures, now + timedelta(seconds=again.seconds))
            if owned.fetch_anew(connection, self.owner, setback, {REFUSED_TIMES: again.times}, now):
                event = self.event(EventKind.DOWNLOAD_RESTARTED, f"is fetched again: {problem.message}", Level.WARNING)
                data = {"code": problem.code, "retry_in_s": round(again.seconds)}
                record_event(connection, now, replace(event, data=data))
        self.tools.wake()

    def refuse_bytes(self, problem: RunProblem) -> None:
        """Continue with the next variant.

        Without a further variant, the user decides, and a retry begins at the first byte.
        """
        self._another_or_block(problem, owned.block_unusable)

    def refuse_answer(self, problem: RunProblem) -> None:
        """Continue with the next variant.

        Without a further variant, the user decides, and a retry resumes the bytes on disk.
        """
        self._another_or_block(problem, owned.block)

    def _another_or_block(self, problem: RunProblem, block: Block) -> None:
        with self.tools.database.begin() as connection:
            now = self.tools.clock()
            variant = next_variant(connection, self.row, self.tools.settings().matching.languages)
            if variant is not None:
                self._change(connection, variant, problem)
            elif self.row.handing.by_instance:  # its instance has other releases, and searches again
                self._fail(connection, problem)
            elif block(connection, self.owner, problem, now):
                event = self.event(EventKind.DOWNLOAD_REFUSED, f"needs your decision: {problem.message}", Level.WARNING)
                record_event(connection, now, replace(event, data={"code": problem.code}))
        self.tools.wake()

    def complete(self, final_path: str | None, words: str, new_file: Path | None = None) -> None:
        """Complete the download. Report `new_file` to the media server, because no instance does."""
        with self.tools.database.begin() as connection:
            now = self.tools.clock()
            if owned.complete(connection, self.owner, final_path, now):
                record_event(connection, now, self.event(EventKind.DOWNLOAD_COMPLETED, words))
                if new_file is not None:
                    note_new_file(connection, self.tools.settings().media_server, new_file, now)
        self.tools.wake()

    def start_over(self, problem: RunProblem) -> None:
        """Fetch the file again from its first byte."""
        with self.tools.database.begin() as connection:
            now = self.tools.clock()
            if owned.restart(connection, self.owner, problem, self.row.queue.failures + 1, now):
                event = self.event(EventKind.DOWNLOAD_RESTARTED, f"is fetched again: {problem.message}", Level.WARNING)
                record_event(connection, now, event)
        self.tools.wake()

    def fetch_on(self, problem: RunProblem) -> None:
        """Fetch the rest of an incomplete file whose length the server did not state."""
        with self.tools.database.begin() as connection:
            now = self.tools.clock()
            failures = self.row.queue.failures + 1
            settings = self.tools.settings().downloads
            if has_attempts_left(failures, settings.retry_attempts):
                pause_s = min(FETCH_ON_S, settings.retry_delay) * failures
                setback = Setback(problem, failures, now + timedelta(seconds=pause_s))
                owned.fetch_on(connection, self.owner, setback, now)
            else:
                self._another(connection, problem)
        self.tools.wake()

    def try_another(self, problem: RunProblem) -> None:
        """Give this variant up and continue with the next one. Without a further variant, the download has failed."""
        with self.tools.database.begin() as connection:
            self._another(connection, problem)
        if self.row.transfer.part_path:
            remove_part(Path(self.row.transfer.part_path))
        self.tools.wake()

    def return_to_review(self, problem: RunProblem) -> None:
        """Put an entry that became another movie or episode back to review, and continue with the next variant."""
        wanted_ids = [item.wanted_id for item in self.row.items]
        with self.tools.database.begin() as connection:
            reopen_pairs(connection, self.row.identity.entry_id, wanted_ids, problem.message, self.tools.clock())
        self.try_another(problem)

    def quarantine(self, part: Path, problem: RunProblem) -> None:
        """Move a wrong file to the quarantine, and block the entry for these items."""
        folder = self.tools.incomplete / QUARANTINE
        kept = folder / f"{part.stem}-{self.owner.run}{part.suffix}"  # run numbers only grow, so no name is used twice
        folder.mkdir(exist_ok=True)
        with self.tools.database.begin() as connection:
            now = self.tools.clock()
            block_entry(connection, _barred(self.row), problem.message, now)
            note_set_aside(connection, self.row, kept, problem.message, now)
            self._another(connection, problem)
        if part.exists():
            part.replace(kept)
        self.tools.wake()

    def release_items(self, wanted_ids: Sequence[WantedId], reason: str) -> None:
        """Release some of the items, so that they are queued again with another variant. The others keep this file."""
        with self.tools.database.begin() as connection:
            if owned.release_items(connection, self.owner, wanted_ids):
                fail_released(connection, self.row.id, reason, self.tools.clock())
                words = f"serves fewer items than it was fetched for: {reason}"
                record_event(
                    connection, self.tools.clock(), self.event(EventKind.DOWNLOAD_ITEMS_RELEASED, words, Level.WARNING)
                )
        self.tools.wake()

    def _another(self, connection: Transaction, problem: RunProblem) -> None:
        variant = next_variant(connection, self.row, self.tools.settings().matching.languages)
        if variant is None:
            self._fail(connection, problem)
        else:
            self._change(connection, variant, problem)

    def _change(self, connection: Transaction, variant: Replacement, problem: RunProblem) -> None:
        now = self.tools.clock()
        if owned.change_variant(connection, self.owner, variant, problem, now):
            words = f"goes on with {variant.name}: {problem.message}"
            record_event(connection, now, self.event(EventKind.DOWNLOAD_VARIANT_CHANGED, words, Level.WARNING))

    def _fail(self, connection: Transaction, problem: RunProblem) -> None:
        now = self.tools.clock()
        if owned.give_up(connection, self.owner, problem, now):
            event = self.event(EventKind.DOWNLOAD_FAILED, f"failed: {problem.message}", Level.ERROR)
            record_event(connection, now, replace(event, data={"code": problem.code}))


def _barred(row: DownloadRow) -> BarredEntry:
    return BarredEntry(
        row.identity.source_id,
        row.identity.entry_key,
        f"{row.identity.title}: {row.identity.name}",
        [item.wanted_id for item in row.items],
    )


def sweep(database: Database) -> int:
    """Delete the part files and staged files of cancelled downloads. Return the number of these downloads."""
    with database.connect() as connection:
        found = litter(connection)
    for download in found:
        if download.part_path:
            remove_part(Path(download.part_path))
        if download.placed_path:
            remove_staged(Path(download.placed_path))
        with database.begin() as connection:
            forget_litter(connection, download.download_id)
    return len(found)
