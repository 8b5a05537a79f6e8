"""Hold a run that finishes a download, for the steps that place and import its file."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from stalkeer.adapters.files.placement import Modes
from stalkeer.adapters.transfers.request import StopReason
from stalkeer.core.downloads.failures import PLACEMENT
from stalkeer.errors import PlacementError, PlacementRefused
from stalkeer.jobs.downloads.context import DownloadContext
from stalkeer.jobs.downloads.outcomes import Settling
from stalkeer.jobs.imports.handover import HandOvers
from stalkeer.model import DownloadState, Drive, EventKind
from stalkeer.store.downloads import run_writes as owned
from stalkeer.store.downloads.rows import DownloadRow, ItemState
from stalkeer.store.downloads.run_writes import Ownership, RunProblem
from stalkeer.store.offers.grabs import GrabRow, list_live_grabs

LONGEST_WAIT_HERE_S = 15.0  # an import that takes longer is checked later, so that another one can go first


@dataclass
class Guard:
    """Hold a finishing run, which can be halted between its steps and while it waits."""

    owner: Ownership
    is_stale: Callable[[], bool] = lambda: False
    _halted: StopReason | None = None
    _is_committed: bool = False
    _event: threading.Event = field(default_factory=threading.Event)

    def halt(self, reason: StopReason) -> None:
        if reason is StopReason.CANCEL and self._is_committed:
            return
        self._halted = self._halted or reason
        self._event.set()

    def commit(self) -> None:
        """Record that the instance has begun to import, so that a cancel comes too late from now on."""
        self._is_committed = True

    def stopping(self) -> StopReason | None:
        return StopReason.LOST if self._halted is None and self.is_stale() else self._halted

    def wait(self, seconds: float) -> StopReason | None:
        self._event.wait(seconds)
        return self.stopping()


class CopyHalted(Exception):  # noqa: N818 - not an error
    """Leave a copy whose run must stop."""


class FinishRun:
    """Hold the run and its row, which every step replaces by the row as it is then."""

    def __init__(self, tools: DownloadContext, guard: Guard, row: DownloadRow) -> None:
        self.tools = tools
        self.guard = guard
        self.row = row
        self.settling = Settling(tools, guard.owner, row)
        self.handovers = HandOvers(tools.database, tools.arrs, tools.settings())

    def grabs(self) -> list[GrabRow]:
        """Return the grabs of this download that wait for its file."""
        waiting = {
            (item.instance_id, item.wanted_id)
            for item in self.row.items
            if item.hand_over is Drive.NATIVE and item.state is ItemState.WAITING
        }
        with self.tools.database.connect() as connection:
            found = list_live_grabs(connection, self.row.id)
        return [grab for grab in found if any((grab.instance_id, item.wanted_id) in waiting for item in grab.items)]

    def not_placed(self, error: PlacementError) -> None:
        """Try again every minute for a temporary error, and for a file that an instance waits for.

        Otherwise the user decides. A waiting instance shows the error as a warning of its own, so users would not look
        for a button here.
        """
        problem = RunProblem(PLACEMENT, str(error))
        if isinstance(error, PlacementRefused) and not self.row.handing.by_instance:
            self.settling.block(problem, EventKind.PLACEMENT_REFUSED)
        else:
            self.settling.wait(problem, self.row.queue.failures, 60.0)

    def keep_going(self, _size: int) -> None:
        """Raise CopyHalted in a copy when the run must stop.

        A copy to another disk takes minutes; a stopped copy starts over later.
        """
        if self.guard.stopping() is not None:
            raise CopyHalted

    def modes(self) -> Modes:
        wished = self.tools.settings().directories
        return Modes(*(int(mode, 8) if mode else None for mode in (wished.file_mode, wished.folder_mode)))

    def come_back(self) -> None:
        """End the run of a long import, so that another one can go first, and check again later."""
        reason = self.guard.stopping()
        if reason is StopReason.LOST:
            return
        if reason is StopReason.CANCEL:
            self.settling.let_go(DownloadState.CANCELLED)
            return
        with self.tools.database.begin() as connection:
            now = self.tools.clock()
            state = self.row.state if self.row.state is DownloadState.FETCHED else DownloadState.IMPORTING
            later = None if reason is not None else now + timedelta(seconds=LONGEST_WAIT_HERE_S)
            owned.let_go(connection, self.guard.owner, state, now, not_before=later)


def extras_of(facts: object) -> tuple[str, ...]:
    """Return the suffixes of the extra files that were fetched with the file."""
    return tuple(str(suffix) for suffix in words_of(facts, "extras"))


def words_of(facts: object, name: str) -> tuple[object, ...]:
    found = facts.get(name) if isinstance(facts, dict) else None
    return tuple(found) if isinstance(found, list) else ()
