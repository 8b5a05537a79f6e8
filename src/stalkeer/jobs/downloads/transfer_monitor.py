"""Connect the two threads of a running transfer: its own, which reports, and the heartbeat, which reads and halts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from stalkeer.adapters.transfers.request import StopReason, TransferFailed
from stalkeer.core.downloads.progress import HighWater
from stalkeer.core.downloads.resume import HeldPart
from stalkeer.store.downloads.admission import Progress
from stalkeer.store.downloads.run_writes import Ownership

SPEED_MEMORY = 0.6  # weight of the past in the shown speed: about the last ten seconds at a heartbeat every two


@dataclass(frozen=True)
class ProgressStep:
    """A transfer at one moment, `seconds` after the one before. Once it is written `confirm` it, else `take_back`."""

    progress: Progress
    seconds: float


# how long to wait after an interruption; None ends the attempt
Decide = Callable[[TransferFailed], float | None]
# told how many bytes are on disk; why no more of them are wanted, or None
Look = Callable[[int], str | None]


class Watch:
    """Implement the `Watcher` of a transfer."""

    def __init__(
        self,
        owner: Ownership,
        is_stale: Callable[[], bool] = lambda: False,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.owner = owner
        self._decide: Decide = lambda _failure: None
        self._look: Look = lambda _durable: None
        self._is_stale = is_stale
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._halt: StopReason | None = None
        self._shutdown: Callable[[], None] | None = None
        self._held = HeldPart()
        self._since_durable = 0
        self.progress = HighWater()
        self._received = 0
        self._told = 0  # of what was received: in the database, or in a transaction on its way there
        self._speed = 0.0
        self._speed_at = monotonic()
        self._received_at_cut = 0
        self._reconnects: list[int] = []
        self._window_at = monotonic()
        self._window_received = 0
        self._is_slow = False
        self._has_body = False  # the present connection has brought some of the file
        self._leaving = threading.Event()
        self.has_begun = False
        self.unfit = ""  # why the file is not wanted, as its head showed

    # --- from the transfer's thread

    def begin(self, held: HeldPart, progress: HighWater, decide: Decide, look: Look | None = None) -> None:
        """Take what is known before the first byte; from here on the heartbeat writes our progress."""
        with self._lock:
            self._held = held
            self.progress = progress
            self._decide = decide
            self._look = look or self._look
            self._speed_at = self._monotonic()
            self.has_begun = True

    def opened(self, shutdown: Callable[[], None]) -> None:
        with self._lock:
            self._shutdown = shutdown
            self._since_durable = 0
            self._has_body = False
            halted = self._halt is not None
        if halted:
            shutdown()

    def stopping(self) -> StopReason | None:
        if self._halt is None and self._is_stale():
            self._halt = StopReason.LOST
        return self._halt

    def received(self, size: int) -> None:
        self._received += size  # only this thread writes it, and an int is read whole
        self._since_durable += size
        self._has_body = True

    def durable(self, held: HeldPart) -> None:
        with self._lock:
            self._held = held
            self._since_durable = 0
            self.progress.note(held.offset)
        unfit = self._look(held.offset)
        if unfit is not None:
            self.unfit = unfit
            self._halt = self._halt or StopReason.UNFIT

    def interrupted(self, failure: TransferFailed) -> float | None:
        """Reconnect as our owner decides, unless the lost connection brought nothing that is new."""
        progress = self.progress
        progress.lose(self._received - self._received_at_cut)
        self._received_at_cut = self._received
        self._has_body = False
        if progress.is_fruitless:
            return None
        pause_s = self._decide(failure)
        if pause_s is not None:
            with self._lock:
                progress.reconnect()
                self._reconnects.append(self._held.offset)
        return pause_s

    def is_leaving_within(self, seconds: float) -> bool:
        """Wait for so long, and return True as soon as this process or its claim on the download ends."""
        return self._leaving.wait(seconds)

    @property
    def held(self) -> HeldPart:
        """Return what is on disk."""
        with self._lock:
            return self._held

    def forget_reconnects(self) -> None:
        """Drop the reconnects that are in the database."""
        with self._lock:
            self._reconnects.clear()

    @property
    def reconnects(self) -> tuple[int, ...]:
        """The bytes that were held at each interruption after which this run went on by itself."""
        with self._lock:
            return tuple(self._reconnects)

    # --- from the heartbeat's thread

    def halt(self, reason: StopReason) -> None:
        """Stop the transfer: flag first, then free a blocked read."""
        with self._lock:
            self._halt = self._halt or reason
            if reason in (StopReason.SHUTDOWN, StopReason.LOST):
                self._leaving.set()
            shutdown = self._shutdown
        if shutdown is not None:
            shutdown()

    @property
    def halted(self) -> StopReason | None:
        return self._halt

    def see(self) -> ProgressStep | None:
        """Return the progress; None before it has begun. No byte is reported twice, whoever looks."""
        if not self.has_begun:
            return None
        now = self._monotonic()
        with self._lock:
            received = self._received
            fetched, self._told = received - self._told, received
            seconds = now - self._speed_at
            speed = self._averaged(fetched, now)
            held, progress = self._held, self.progress
            offset = held.offset + self._since_durable
            if held.total is not None:
                offset = min(offset, held.total)
            told = Progress(
                owner=self.owner,
                offset=offset,
                durable_offset=held.offset,
                total=held.total,
                validators=held.validators.to_document(),
                learned=held.learned,
                speed=speed,
                fetched=fetched,
                high_water=progress.mark if progress.has_advanced else None,
            )
        return ProgressStep(told, seconds)

    def is_slow(self, least: float, window_s: float) -> bool:
        """Return True where the last whole window brought fewer than `least` bytes/s. Ask at every beat.

        A connection without an answer is no slow body: it ends by its own time limit, as a failed attempt.
        """
        now, received = self._monotonic(), self._received
        if not self._has_body:
            self._is_slow, self._window_at, self._window_received = False, now, received
            return False
        elapsed = now - self._window_at
        if elapsed >= window_s:
            self._is_slow = received - self._window_received < least * elapsed
            self._window_at, self._window_received = now, received
        return self._is_slow

    def confirm(self, seen: ProgressStep) -> None:
        """Note that `seen` is in the database."""
        with self._lock:
            self._speed = seen.progress.speed
            self._speed_at = self._monotonic()

    def take_back(self, seen: ProgressStep) -> None:
        """Note that `seen` could not be written: its bytes are reported again."""
        with self._lock:
            self._told -= seen.progress.fetched

    def see_the_end(self) -> ProgressStep | None:
        """Return the progress that no heartbeat has written, for the last write of the owner."""
        seen = self.see()
        return None if seen is None else replace(seen, progress=replace(seen.progress, speed=0.0))

    def _averaged(self, fetched: int, now: float) -> float:
        elapsed = now - self._speed_at
        if elapsed <= 0:
            return self._speed
        current = fetched / elapsed
        return current if self._speed == 0 else SPEED_MEMORY * self._speed + (1 - SPEED_MEMORY) * current
