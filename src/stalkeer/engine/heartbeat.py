"""Beat every two seconds: report, read orders, and free and admit downloads in one transaction, then act on them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from stalkeer.adapters.transfers.request import StopReason
from stalkeer.core.downloads.admission import FORCE, Surroundings, plan
from stalkeer.engine.intervals import DEFAULT_INTERVALS, Intervals
from stalkeer.engine.resource_monitor import ResourceMonitor
from stalkeer.engine.worker import Worker
from stalkeer.errors import StoreError
from stalkeer.jobs.downloads.admission import (
    CANDIDATES_PER_SOURCE,
    allowance,
    learn_hosts,
    limits_of,
    read_accounts,
    read_gates,
    throttle,
)
from stalkeer.jobs.downloads.context import DownloadContext
from stalkeer.jobs.downloads.transfer import STOPS
from stalkeer.jobs.downloads.transfer_monitor import ProgressStep, Watch
from stalkeer.jobs.hooks.run import may_finish
from stalkeer.jobs.sources.account_status import ASK_EVERY
from stalkeer.model import DownloadId, HookName, SourceId
from stalkeer.store.db.database import Transaction
from stalkeer.store.downloads.admission import (
    RunRef,
    admit,
    admit_finishing,
    ask_to_leave,
    rate_limits,
    running_downloads,
    source_limits,
    waiting_candidates,
)
from stalkeer.store.downloads.claims import OwnedRow, held_by, release_lost, write_progress
from stalkeer.store.downloads.overrides import read_overrides
from stalkeer.store.downloads.workers import (
    WorkerRow,
    beat,
    database_now,
    hold_briefly,
    list_workers,
    remove_dead_workers,
)
from stalkeer.store.journal.hooks import HookOwner, note_hooks
from stalkeer.store.journal.runs import RunOrder, take_back_runs, waiting_runs
from stalkeer.store.sources.accounts import questions_due, questions_open

log = logging.getLogger(__name__)


@dataclass
class BeatResult:
    """Hold the decisions of a beat, which are carried out after its commit."""

    transfers: list[RunRef] = field(default_factory=list)
    finishes: list[RunRef] = field(default_factory=list)
    runs: list[RunOrder] = field(default_factory=list)
    passed_on: list[RunRef] = field(default_factory=list)  # runs that this process cannot carry out
    halts: list[tuple[RunRef, StopReason]] = field(default_factory=list)


class Heartbeat:
    """Beat in a separate thread. `give` receives each result for dispatch, and must not block."""

    def __init__(
        self,
        worker: Worker,
        identity: WorkerRow,
        tools: DownloadContext,
        resources: ResourceMonitor,
        give: Callable[[BeatResult], None],
        intervals: Intervals = DEFAULT_INTERVALS,
    ) -> None:
        self._hooks = tools.hooks
        self._noted_hooks: frozenset[HookName] | None = None
        self._worker = worker
        self._identity = identity
        self._tools = tools
        self._resources = resources
        self._give = give
        self._intervals = intervals
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._admitting = True
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Beat soon, because work became ready."""
        self._wake.set()

    def stop_admitting(self) -> None:
        self._admitting = False

    def stop(self) -> None:
        self._stop.set()
        self._wake.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                self.beat()
            except StoreError as error:
                log.warning("heartbeat: %s", error)
                self._worker.halt_if_stale()
            except Exception:
                log.exception("heartbeat")
                self._worker.halt_if_stale()
            self._wake.wait(max(0.05, self._intervals.heartbeat_s - (time.monotonic() - began)))
            self._wake.clear()

    def beat(self) -> None:
        """Run the transaction of a beat, then carry out its decisions."""
        seen = self._look()
        try:
            result = self._decide(seen)
        except BaseException:
            for watch, snapshot in seen:
                watch.take_back(snapshot)
            raise
        self._worker.note_beat()
        for watch, snapshot in seen:
            watch.confirm(snapshot)
            self._tools.note_fetched(watch.owner.download_id, snapshot.progress.fetched, snapshot.seconds)
        for order, reason in result.halts:
            self._worker.halt(order, reason)
        self._give(result)

    def _decide(self, seen: list[tuple[Watch, ProgressStep]]) -> BeatResult:
        result = BeatResult()
        with self._tools.database.begin() as connection:
            hold_briefly(connection, self._intervals.stale_s / 2)
            now = database_now(connection, self._tools.clock())
            self._beat(connection, now)
            for dead in remove_dead_workers(connection, self._worker.id, now, self._intervals.dead_after):
                log.warning("worker %s sends no heartbeat; other workers take its downloads over", dead)
                take_back_runs(connection, dead, now)
            lost = write_progress(connection, [snapshot.progress for _, snapshot in seen], now)
            result.halts += [(RunRef(owner.download_id, owner.run), StopReason.LOST) for owner in lost]
            release_lost(connection, self._worker.id, self._worker.is_alive, now, self._intervals.dead_after)
            if self._admitting:
                self._admit(connection, result, now)
                result.runs = waiting_runs(connection)
            # last, because admission may just have asked some of them to stop
            for held in held_by(connection, self._worker.id):
                self._obey(held, result)
            if seen or result.transfers:
                self._throttle(connection, now)
        return result

    def _beat(self, connection: Transaction, now: datetime) -> None:
        """Record the heartbeat, and the hooks of this process where they have changed."""
        ready = tuple(sorted(self._hooks.ready()))
        me = replace(self._identity, folders=self._resources.folders, hooks=ready)
        beat(connection, me, now)
        names = self._hooks.names()
        if names != self._noted_hooks:
            note_hooks(connection, HookOwner(me.id, me.host, me.role), names, now)
            self._noted_hooks = names

    def _throttle(self, connection: Transaction, now: datetime) -> None:
        limits = rate_limits(connection, self._worker.id)
        total = allowance(self._tools.settings(), self._tools.clock(), read_overrides(connection, now)).rate
        throttle(self._tools.bandwidth, limits, total, len(list_workers(connection)))

    def _look(self) -> list[tuple[Watch, ProgressStep]]:
        return [(watch, seen) for watch in self._worker.watches() if (seen := watch.see()) is not None]

    def _slow(self) -> dict[DownloadId, RunRef]:
        """Return the runs of this process that are too slow, unless the speed limit of the settings slows them down."""
        settings = self._tools.settings().downloads
        watches = self._worker.watches()
        slow = [watch.owner for watch in watches if watch.is_slow(settings.min_speed, settings.min_speed_time)]
        if self._tools.bandwidth.has_limit_below(settings.min_speed * len(watches)):
            return {}
        return {owner.download_id: RunRef(owner.download_id, owner.run) for owner in slow}

    def _obey(self, held: OwnedRow, result: BeatResult) -> None:
        if held.intent is not None:
            result.halts.append((RunRef(held.download_id, held.run), STOPS[held.intent]))

    def _unasked(self, connection: Transaction, sources: set[SourceId], now: datetime) -> set[SourceId]:
        """Return the sources whose account must be read before their first download starts."""
        due = questions_due(connection, sources, now, ASK_EVERY)
        self._resources.ask_soon(due)
        return due | questions_open(connection, sources, now)

    def _admit(self, connection: Transaction, result: BeatResult, now: datetime) -> None:
        """Admit downloads, and ask running ones to make room.

        Fetched files are imported outside the allowed hours too, but not while a folder has a problem: a file on a
        missing disk would count as lost and be fetched again. A worker without the script that runs before an import
        leaves them to another worker.
        """
        if self._resources.volume.trouble is None and may_finish(connection, self._hooks.ready()):
            result.finishes = admit_finishing(connection, now)
        slow = self._slow()
        running = [
            replace(download, remaining=self._resources.unclaimed_by(download), is_slow=download.id in slow)
            for download in running_downloads(connection)
        ]
        candidates = waiting_candidates(connection, now, CANDIDATES_PER_SOURCE)
        if not candidates and not running:
            return
        settings = self._tools.settings()
        if settings.downloads.per_host_limit:
            candidates = learn_hosts(connection, self._tools.access, candidates)
        idle = {candidate.source_id for candidate in candidates} - {download.source_id for download in running}
        sources = source_limits(connection)
        accounts = read_accounts(connection, settings, now, sources, self._unasked(connection, idle, now))
        gates = read_gates(connection, settings, now, sources, self._resources.unsampled)
        around = Surroundings(limits_of(settings), {"": self._resources.volume}, gates)
        decided = plan(candidates, running, accounts, around, now)
        result.halts += [(slow[download_id], StopReason.SLOW) for download_id in decided.too_slow]
        ask_to_leave(connection, decided.leaving)
        barred = [download.id for download in running if download.priority < FORCE and gates.bar(download.source_id)]
        ask_to_leave(connection, barred)
        result.transfers = admit(connection, decided.admitted, now)
