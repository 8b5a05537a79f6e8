"""Run downloads in threads of this process, and stop them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Protocol

from stalkeer.adapters.transfers.request import StopReason
from stalkeer.errors import StoreError, StoreUnavailable
from stalkeer.jobs.downloads.context import DownloadContext
from stalkeer.jobs.downloads.finish import carry_out as carry_out_finish
from stalkeer.jobs.downloads.finish_run import Guard
from stalkeer.jobs.downloads.transfer import carry_out as carry_out_transfer
from stalkeer.jobs.downloads.transfer import note_defect
from stalkeer.jobs.downloads.transfer_monitor import Watch
from stalkeer.logs import about_download
from stalkeer.store.downloads.admission import RunRef
from stalkeer.store.downloads.run_writes import Ownership

log = logging.getLogger(__name__)


class Halting(Protocol):
    """Stop a run of this process."""

    def halt(self, reason: StopReason) -> None: ...


class Worker:
    def __init__(
        self,
        worker_id: str,
        tools: DownloadContext,
        stale_s: float | None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Create a worker. Without a heartbeat for `stale_s` others may take its rows; None means no other workers."""
        self.id = worker_id
        self._tools = tools
        self._stale_s = stale_s
        self._monotonic = monotonic
        self._last_beat = monotonic()
        self._lock = threading.Lock()
        self._halting: dict[RunRef, Halting] = {}
        self._stopping = threading.Event()
        self._quiet = threading.Condition(self._lock)

    # --- called by the dispatch, in threads of its own

    def transfer(self, order: RunRef) -> None:
        watch = Watch(self._owner(order), self._is_stale, self._monotonic)
        self._carry_out(order, watch, lambda: carry_out_transfer(self._tools, watch))

    def finish(self, order: RunRef) -> None:
        guard = Guard(self._owner(order), self._is_stale)
        self._carry_out(order, guard, lambda: carry_out_finish(self._tools, guard))

    def _carry_out(self, order: RunRef, halting: Halting, work: Callable[[], None]) -> None:
        with self._lock:
            if self._stopping.is_set() or order in self._halting:
                return
            self._halting[order] = halting
        try:
            with about_download(order.download_id):
                work()
        except StoreUnavailable as error:
            # the heartbeat finds the row without a thread as soon as the database is back
            log.warning("download %s waits for the database: %s", order.download_id, error)
        except StoreError:
            log.exception("download %s", order.download_id)
            note_defect(self._tools, self._owner(order), "the database refused a statement")
        except Exception as error:
            # log an unexpected error, and start the download again only after a delay
            log.exception("download %s", order.download_id)
            note_defect(self._tools, self._owner(order), f"{type(error).__name__}: {error}")
        finally:
            with self._quiet:
                self._halting.pop(order, None)
                self._quiet.notify_all()

    def _owner(self, order: RunRef) -> Ownership:
        return Ownership(order.download_id, order.run, self.id)

    # --- called by the heartbeat

    def watches(self) -> list[Watch]:
        with self._lock:
            return [halting for halting in self._halting.values() if isinstance(halting, Watch)]

    def is_alive(self, order: RunRef) -> bool:
        with self._lock:
            return order in self._halting

    def halt(self, order: RunRef, reason: StopReason) -> None:
        with self._lock:
            halting = self._halting.get(order)
        if halting is not None:
            halting.halt(reason)

    def note_beat(self) -> None:
        self._last_beat = self._monotonic()

    def halt_if_stale(self) -> None:
        """Interrupt blocked reads when this worker's claim may have expired: another worker may take its downloads."""
        if self._is_stale():
            self._halt_all(StopReason.LOST)

    def stop(self, timeout_s: float) -> bool:
        """Stop all threads and wait. Return False where a thread is still busy (large copy, unresponsive disk)."""
        self._stopping.set()
        self._halt_all(StopReason.SHUTDOWN)
        deadline = self._monotonic() + timeout_s
        with self._quiet:
            while self._halting and self._monotonic() < deadline:
                self._quiet.wait(max(0.01, deadline - self._monotonic()))
            return not self._halting

    @property
    def is_idle(self) -> bool:
        with self._lock:
            return not self._halting

    def _halt_all(self, reason: StopReason) -> None:
        with self._lock:
            runs = list(self._halting.values())
        for halting in runs:
            halting.halt(reason)

    def _is_stale(self) -> bool:
        return self._stale_s is not None and self._monotonic() - self._last_beat > self._stale_s
