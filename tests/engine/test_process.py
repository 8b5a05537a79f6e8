"""A worker ends by a signal, whatever the signal interrupts."""

from __future__ import annotations

import os
import signal
import threading
from io import StringIO

import pytest

from stalkeer.engine.process import work_until_signal
from stalkeer.secrets import _known_lock, register_secret
from tests.e2e.program import logs_to


class EngineAtWork:
    """Gets a signal at its launch, while its thread holds a lock that log lines need."""

    def __init__(self, number: int) -> None:
        self._number = number
        self.ended: list[str] = []

    def launch(self) -> None:
        register_secret("a-key-that-was-read-just-now")
        with _known_lock:
            os.kill(os.getpid(), self._number)
            threading.Event().wait(0)  # the handler runs here at the latest

    def wait_idle(self, _timeout_s: float) -> bool:
        self.ended.append("idle")
        return False

    def stop(self) -> bool:
        self.ended.append("stopped")
        return True


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("until_idle", [True, False])
def test_a_worker_stops_by_a_signal_that_comes_while_it_holds_a_lock(number, until_idle):
    before = signal.getsignal(number)
    engine = EngineAtWork(number)

    with logs_to(StringIO(), "info"):
        work_until_signal(engine, until_idle=until_idle)

    assert engine.ended == ["stopped"]
    assert signal.getsignal(number) is before
