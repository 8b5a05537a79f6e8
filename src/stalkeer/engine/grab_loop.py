"""Follow the grabs of instances in a separate thread, so that a slow instance holds up nothing else."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from stalkeer.errors import StalkeerError

log = logging.getLogger(__name__)


class GrabLoop:
    """Call `look` every `every_s` seconds, sooner where it returns True, and soon after `wake`, until `stop`."""

    def __init__(self, look: Callable[[], bool], every_s: float, pause_s: float) -> None:
        """`pause_s`: the shortest time between two looks."""
        self._look, self._every_s, self._pause_s = look, every_s, pause_s
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="grabs", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        self._wake.set()

    def stop(self) -> None:
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():  # not every process starts this thread
            self._thread.join(timeout=1)

    def _run(self) -> None:
        while not self._stopping.is_set():
            is_soon = False
            try:
                is_soon = self._look()
            except StalkeerError as error:
                log.warning("grabs of instances could not be checked and are checked again later: %s", error)
            except Exception:
                log.exception("grabs of instances could not be checked and are checked again later")
            self._stopping.wait(self._pause_s)
            self._wake.wait(self._every_s / 4 if is_soon else self._every_s)
            self._wake.clear()
