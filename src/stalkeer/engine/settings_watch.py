"""Check every few seconds whether another process changed a setting."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from stalkeer.errors import StalkeerError

log = logging.getLogger(__name__)


class SettingsWatch:
    """Call `look` every `every_s` seconds in a separate thread, until `stop`."""

    def __init__(self, look: Callable[[], None], every_s: float) -> None:
        self._look, self._every_s = look, every_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="settings", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(timeout=1)

    def _run(self) -> None:
        while not self._stopping.wait(self._every_s):
            try:
                self._look()
            except StalkeerError as error:  # the database may be unavailable, or the settings from a newer release
                log.warning("the settings could not be read again; the previous settings apply: %s", error)
            except Exception:
                log.exception("the settings could not be read again; the previous settings apply")
