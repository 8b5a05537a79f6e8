"""Run a worker process: handle signals, the end of the queue and the exit."""

from __future__ import annotations

import logging
import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stalkeer.engine.engine import Engine

log = logging.getLogger(__name__)

IDLE_LOOK_S = 1.0
LONGEST_END_S = 6.5  # together with the web server's grace period, less than the ten seconds that supervisors wait


def work_until_signal(engine: Engine, *, until_idle: bool = False, look: Callable[[], None] = lambda: None) -> None:
    """Launch the engine, wait for SIGINT, SIGTERM or an empty queue, then stop.

    `look` is called once a second where the end of the work is waited for.
    """
    with _noted_signals() as signals:
        try:
            engine.launch()
            while not (noted := _wait_for_signal(signals, IDLE_LOOK_S if until_idle else None)):
                look()
                if engine.wait_idle(0.0):
                    break
            if noted:
                log.info("stopping on %s", signal.Signals(noted[0]).name)
        finally:
            leave(engine)


@contextmanager
def _noted_signals() -> Iterator[int]:
    """Yield a descriptor from which the numbers of SIGINT and SIGTERM are read.

    The handler only writes: an event or a log line would wait for locks that the interrupted thread may hold.
    """
    reading, writing = os.pipe()

    def note(number: int, _frame: FrameType | None) -> None:
        os.write(writing, bytes((number,)))

    previous = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield reading
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
        os.close(reading)
        os.close(writing)


def _wait_for_signal(signals: int, timeout_s: float | None) -> bytes:
    """Return the numbers of the signals; nothing after the timeout."""
    ready, _, _ = select.select([signals], [], [], timeout_s)
    return os.read(signals, 16) if ready else b""


def leave(engine: Engine) -> None:
    """Stop the engine. End the process where a thread hangs on a disk or a lock: its work can be repeated."""
    last_resort = threading.Timer(LONGEST_END_S, _end)
    last_resort.daemon = True
    last_resort.start()
    if not engine.stop():
        _end()
    last_resort.cancel()


def _end() -> None:
    log.warning("a thread did not stop in time; the process ends without it")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
