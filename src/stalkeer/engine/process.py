"""Run a worker process: handle signals, the end of the queue and the exit."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
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
    ended = threading.Event()

    def end(number: int, _frame: FrameType | None) -> None:
        log.info("stopping on %s", signal.Signals(number).name)
        ended.set()

    previous = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        engine.launch()
        while not ended.wait(IDLE_LOOK_S if until_idle else None):
            look()
            if engine.wait_idle(0.0):
                break
    finally:
        leave(engine)
        for number, handler in previous.items():
            signal.signal(number, handler)


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
