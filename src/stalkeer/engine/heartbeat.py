"""The heartbeat of a worker: every two seconds one transaction that says, asks, frees and admits; then it acts."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from stalkeer.adapters.transfers.request import StopReason
from stalkeer.core.downloads.admission import FORCE, Surroundings, plan
from stalkeer.engine.intervals import USUAL, Rhythm
from stalkeer.engine.resource_monitor import Survey
from stalkeer.engine.worker import Worker
from stalkeer.errors import StoreError
from stalkeer.jobs.downloads.admission import allowance, learn_hosts, limits_of, read_accounts, read_gates, throttle
from stalkeer.jobs.downloads.context import Tools
from stalkeer.jobs.downloads.transfer import STOPS
from stalkeer.jobs.downloads.transfer_monitor import Seen, Watch
from stalkeer.jobs.sources.account_status import ASK_EVERY
from stalkeer.model import SourceId
from stalkeer.store.db.database import Transaction
from stalkeer.store.downloads.admission import (
    Held,
    Order,
    admit,
    admit_finishing,
    ask_to_leave,
    held_by,
    rate_limits,
    release_lost,
    running_downloads,
    waiting_candidates,
    write_progress,
)
from stalkeer.store.downloads.workers import (
    WorkerRow,
    beat,
    database_now,
    hold_briefly,
    list_workers,
    remove_dead_workers,
)
from stalkeer.store.journal.runs import RunOrder, take_back_runs, waiting_runs
from stalkeer.store.sources.accounts import questions_due, questions_open

log = logging.getLogger(__name__)

CANDIDATES_PER_SOURCE = 20


@dataclass
class Given:
    """What one beat decided, carried out after its commit."""

    transfers: list[Order] = field(default_factory=list)
    finishes: list[Order] = field(default_factory=list)
    runs: list[RunOrder] = field(default_factory=list)
    halts: list[tuple[Order, StopReason]] = field(default_factory=list)


class Pulse:
    """`give` takes what is to be dispatched; it must not block."""

    def __init__(
        self,
        worker: Worker,
        identity: WorkerRow,
        tools: Tools,
        survey: Survey,
        give: Callable[[Given], None],
        rhythm: Rhythm = USUAL,
    ) -> None:
        self._worker = worker
        self._identity = identity
        self._tools = tools
        self._survey = survey
        self._give = give
        self._rhythm = rhythm
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._admitting = True
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Beat soon: something became ready."""
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
                log.warning("pulse: %s", error)
                self._worker.halt_if_stale()
            except Exception:
                log.exception("pulse")
                self._worker.halt_if_stale()
            self._wake.wait(max(0.05, self._rhythm.pulse_s - (time.monotonic() - began)))
            self._wake.clear()

    def beat(self) -> None:
        """One transaction, then its consequences."""
        seen = self._look()
        try:
            given = self._decide(seen)
        except BaseException:
            for watch, one in seen:
                watch.take_back(one)
            raise
        self._worker.note_pulse()
        for watch, one in seen:
            watch.confirm(one)
            self._tools.note_fetched(watch.owner.download_id, one.progress.fetched, one.seconds)
        for order, reason in given.halts:
            self._worker.halt(order, reason)
        self._give(given)

    def _decide(self, seen: list[tuple[Watch, Seen]]) -> Given:
        given = Given()
        with self._tools.database.begin() as connection:
            hold_briefly(connection, self._rhythm.stale_s / 2)
            now = database_now(connection, self._tools.clock())
            beat(connection, self._identity, now)
            for dead in remove_dead_workers(connection, self._worker.id, now, self._rhythm.dead_after):
                log.warning("worker %s has gone silent; its downloads go on elsewhere", dead)
                take_back_runs(connection, dead, now)
            lost = write_progress(connection, [one.progress for _, one in seen], now)
            given.halts += [(Order(owner.download_id, owner.run), StopReason.LOST) for owner in lost]
            release_lost(connection, self._worker.id, self._worker.is_alive, now, self._rhythm.unclaimed_after)
            if self._admitting:
                self._admit(connection, given, now)
                given.runs = waiting_runs(connection)
            for held in held_by(connection, self._worker.id):  # last: what must make room is asked just now
                self._obey(held, given)
            if seen or given.transfers:
                self._throttle(connection)
        return given

    def _throttle(self, connection: Transaction) -> None:
        limits = rate_limits(connection, self._worker.id)
        total = allowance(self._tools.settings(), self._tools.clock()).rate
        throttle(self._tools.bandwidth, limits, total, len(list_workers(connection)))

    def _look(self) -> list[tuple[Watch, Seen]]:
        return [(watch, seen) for watch in self._worker.watches() if (seen := watch.see()) is not None]

    def _obey(self, held: Held, given: Given) -> None:
        if held.intent is not None:
            given.halts.append((Order(held.download_id, held.run), STOPS[held.intent]))

    def _unasked(self, connection: Transaction, sources: set[SourceId], now: datetime) -> set[SourceId]:
        """Those whose account must have been asked before the first of their downloads starts, by whichever worker."""
        due = questions_due(connection, sources, now, ASK_EVERY)
        self._survey.ask_soon(due)
        return due | questions_open(connection, sources, now)

    def _admit(self, connection: Transaction, given: Given, now: datetime) -> None:
        """Start what may start; ask what must make room. Finished files go on whatever the calendar says, but not while
        a folder is in trouble: what lies on a disk that is away would be taken for gone, and fetched again.
        """
        if self._survey.volume.trouble is None:
            given.finishes = admit_finishing(connection, now)
        running = [replace(one, remaining=self._survey.unclaimed_by(one)) for one in running_downloads(connection)]
        candidates = waiting_candidates(connection, now, CANDIDATES_PER_SOURCE)
        if not candidates and not running:
            return
        settings = self._tools.settings()
        if settings.downloads.per_host_limit:
            candidates = learn_hosts(connection, self._tools.access, candidates)
        idle = {one.source_id for one in candidates} - {one.source_id for one in running}
        accounts = read_accounts(connection, settings, now, self._unasked(connection, idle, now))
        gates = read_gates(connection, settings, now, self._survey.unsampled)
        around = Surroundings(limits_of(settings), {"": self._survey.volume}, gates)
        decided = plan(candidates, running, accounts, around, now)
        ask_to_leave(connection, decided.leaving)
        barred = [one.id for one in running if one.priority < FORCE and gates.bar(one.source_id)]
        ask_to_leave(connection, barred)
        given.transfers = admit(connection, decided.admitted, now)
