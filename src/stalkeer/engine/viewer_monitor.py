"""Ask the media server every few seconds who watches, in a separate thread, because it may answer slowly."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from stalkeer.errors import StalkeerError

log = logging.getLogger(__name__)


class ViewerMonitor:
    """Call `look` every `every_s` seconds. Log an error once, and again only after it has passed or changed."""

    def __init__(self, look: Callable[[], None], every_s: float) -> None:
        self._look = look
        self._every_s = every_s
        self._said = ""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="viewers", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stop.wait(self._every_s):
            try:
                self._look()
            except StalkeerError as error:
                if str(error) != self._said:
                    log.warning("the media server could not be asked who watches: %s", error)
                self._said = str(error)
            except Exception:
                log.exception("viewers")
            else:
                self._said = ""
