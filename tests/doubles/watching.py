"""The owner of a transfer, as tests play it: notes what it is told, and stops or reconnects as scripted."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from stalkeer.adapters.transfers.request import StopReason, TransferFailed
from stalkeer.core.downloads.resume import HeldPart


@dataclass
class Watching:
    """`reconnects` is how often a lost connection is taken up again. `on_received` sees the bytes that came so far.

    `on_opening` is called before each connection is made.
    """

    reconnects: int = 0
    on_received: Callable[[int], None] | None = None
    on_opening: Callable[[], None] | None = None
    size: int = 0
    durables: list[HeldPart] = field(default_factory=list)
    interruptions: list[TransferFailed] = field(default_factory=list)
    opened_count: int = 0
    first_byte: threading.Event = field(default_factory=threading.Event)
    connected: threading.Event = field(default_factory=threading.Event)
    _reason: StopReason | None = None
    _shutdown: Callable[[], None] | None = None

    def opened(self, shutdown: Callable[[], None]) -> None:
        if self.on_opening is not None:
            self.on_opening()
        self.opened_count += 1
        self._shutdown = shutdown
        self.connected.set()

    def stopping(self) -> StopReason | None:
        return self._reason

    def received(self, size: int) -> None:
        self.size += size
        self.first_byte.set()
        if self.on_received is not None:
            self.on_received(self.size)

    def durable(self, held: HeldPart) -> None:
        self.durables.append(held)

    def interrupted(self, failure: TransferFailed) -> float | None:
        self.interruptions.append(failure)
        return 0.0 if len(self.interruptions) <= self.reconnects else None

    def stop(self, reason: StopReason = StopReason.PAUSE) -> None:
        """As the heartbeat does it: the reason first, then the socket."""
        self._reason = reason
        if self._shutdown is not None:
            self._shutdown()

    @property
    def offset(self) -> int:
        return self.durables[-1].offset if self.durables else 0
