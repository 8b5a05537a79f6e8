"""Call a look again and again in a separate thread, so that a slow answer holds up nothing else."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from stalkeer.errors import StalkeerError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LoopPace:
    """Define the seconds between two calls: usually, at least, and after a call that asks for another."""

    every_s: float
    least_s: float = 0.0
    soon_s: float | None = None


class Loop:
    """Call `look` until `stop`, for the first time after one interval; sooner where it returns True, or after `wake`.

    An error ends no loop. The same error is logged once, until a look succeeds or meets another error. `trouble` says
    in the log what does not work meanwhile.
    """

    def __init__(self, name: str, look: Callable[[], bool | None], pace: LoopPace, trouble: str) -> None:
        self._look, self._pace, self._trouble = look, pace, trouble
        self._logged = ""
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Call `look` at once."""
        self._wake.set()

    def stop(self) -> None:
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():  # not every process starts this thread
            self._thread.join(timeout=1)

    def _run(self) -> None:
        is_soon = False
        while not self._stopping.is_set():
            self._wake.wait(self._pace.soon_s if is_soon and self._pace.soon_s else self._pace.every_s)
            self._wake.clear()
            if self._stopping.is_set():
                return
            is_soon = self._look_once()
            self._stopping.wait(self._pace.least_s)

    def _look_once(self) -> bool:
        try:
            is_soon = bool(self._look())
        except StalkeerError as error:  # the database or an instance may be unavailable
            if str(error) != self._logged:
                log.warning("%s: %s", self._trouble, error)
            self._logged = str(error)
        except Exception:
            log.exception(self._trouble)
        else:
            self._logged = ""
            return is_soon
        return False
