"""Check the health of the running program once a minute, and read settings that another process changed."""

from __future__ import annotations

import threading
from collections.abc import Callable

from stalkeer.errors import StalkeerError
from stalkeer.logs import get_logger

LOOK_EVERY_S = 5.0
CHECK_EVERY = 12  # looks per health check
log = get_logger(__name__)


class HealthWatch:
    """Call `look` every five seconds and `check` every minute, in a separate thread, until `stop`."""

    def __init__(self, look: Callable[[], None], check: Callable[[], object], every_s: float = LOOK_EVERY_S) -> None:
        self._look, self._check, self._every_s = look, check, every_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="health", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        count = 0
        while not self._stopping.is_set():
            self._once(self._look)
            if count % CHECK_EVERY == 0:
                self._once(self._check)
            count += 1
            self._stopping.wait(self._every_s)

    def _once(self, work: Callable[[], object]) -> None:
        try:
            work()
        except StalkeerError as error:  # the database may be unavailable for a while
            log.warning("health could not be checked", error=str(error))
        except Exception:
            log.exception("health could not be checked")
