"""Connect the two threads of a running transfer: its own, which reports, and the heartbeat, which reads and halts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from stalkeer.adapters.transfers.request import StopReason, TransferFailed
from stalkeer.core.downloads.progress import HighWater
from stalkeer.core.downloads.resume import HeldPart
from stalkeer.store.downloads.claims import Progress
from stalkeer.store.downloads.run_writes import Ownership

# weight of the past in the shown speed: with a heartbeat every two seconds, about the last ten seconds
SPEED_MEMORY = 0.6


@dataclass(frozen=True)
class ProgressStep:
    """Hold the progress of a transfer `seconds` after the last step.

    Once it is stored, call `confirm`, else `take_back`.
    """

    progress: Progress
    seconds: float


# returns the delay after an interruption; None ends the attempt
Decide = Callable[[TransferFailed], float | None]
# gets the number of bytes on disk; returns why the transfer can stop, or None
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
        self._told = 0  # received bytes that are in the database, or in a transaction that writes them
        self._speed = 0.0
        self._speed_at = monotonic()
        self._received_at_cut = 0
        self._reconnects: list[int] = []
        self._window_at = monotonic()
        self._window_received = 0
        self._is_slow = False
        self._has_body = False  # the present connection has delivered bytes of the file
        self._leaving = threading.Event()
        self.has_begun = False
        self.unfit = ""  # why the file does not fit, by its first bytes

    # --- from the transfer's thread

    def begin(self, held: HeldPart, progress: HighWater, decide: Decide, look: Look | None = None) -> None:
        """Set the state before the first byte. From now on, the heartbeat stores the progress."""
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
        self._received += size  # needs no lock: only this thread writes it, and reading an int is atomic
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
        """Return the delay before the reconnect, unless the lost connection delivered no new byte."""
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
        """Wait, and return True as soon as this process or its claim on the download ends."""
        return self._leaving.wait(seconds)

    @property
    def held(self) -> HeldPart:
        """Return the bytes on disk."""
        with self._lock:
            return self._held

    def forget_reconnects(self) -> None:
        """Drop the reconnects that were stored in the database."""
        with self._lock:
            self._reconnects.clear()

    @property
    def reconnects(self) -> tuple[int, ...]:
        """Return the bytes on disk at each interruption that this run resumed from."""
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
        """Return the progress; None before it has begun. No byte is reported twice."""
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
        """Return True where the last full window was slower than `least` bytes/s.

        Call it at every heartbeat. A connection without an answer does not count as slow: its own time limit ends it as
        a failed attempt.
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
        """Record that `seen` is in the database."""
        with self._lock:
            self._speed = seen.progress.speed
            self._speed_at = self._monotonic()

    def take_back(self, seen: ProgressStep) -> None:
        """Record that `seen` could not be stored, so that its bytes are reported again."""
        with self._lock:
            self._told -= seen.progress.fetched

    def see_the_end(self) -> ProgressStep | None:
        """Return the progress that no heartbeat has stored, for the last write of the run."""
        seen = self.see()
        return None if seen is None else replace(seen, progress=replace(seen.progress, speed=0.0))

    def _averaged(self, fetched: int, now: float) -> float:
        elapsed = now - self._speed_at
        if elapsed <= 0:
            return self._speed
        current = fetched / elapsed
        return current if self._speed == 0 else SPEED_MEMORY * self._speed + (1 - SPEED_MEMORY) * current
