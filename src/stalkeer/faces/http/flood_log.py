"""Keep a flood of requests from becoming a flood of log lines: after the first few, one line a minute with a count."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

MINUTE_S = 60.0
SHOWN = 20  # lines of each kind before they are only counted


@dataclass
class _Window:
    since: float
    allowed: int
    shown: int = 0
    hidden: int = 0


@dataclass
class FloodLog:
    """Count lines by kind. While lines are hidden, each minute shows its first one, which reports the hidden ones."""

    shown: int = SHOWN
    monotonic: Callable[[], float] = time.monotonic
    _windows: dict[str, _Window] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def may_show(self, kind: str) -> tuple[bool, int]:
        """Tell whether a line of this kind is written, and how many were hidden before it."""
        now = self.monotonic()
        with self._lock:
            window = self._windows.setdefault(kind, _Window(now, self.shown))
            told = 0
            if now - window.since >= MINUTE_S:
                told = window.hidden
                self._windows[kind] = window = _Window(now, 1 if told else self.shown)
            if window.shown >= window.allowed:
                window.hidden += 1
                return False, 0
            window.shown += 1
            return True, told


class FloodFilter(logging.Filter):
    """For loggers of libraries: the same message at most once a minute."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._flood = FloodLog(shown=1, monotonic=monotonic)

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING:
            return True
        is_shown, hidden = self._flood.may_show(str(record.msg)[:200])
        if is_shown and hidden:
            record.msg = f"{record.msg} ({hidden} more in the last minute)"
        return is_shown


def quieten_server_loggers() -> None:
    """Let a flood of broken requests write one line a minute: uvicorn warns of each."""
    for name in ("uvicorn.error", "asyncio"):
        logger = logging.getLogger(name)
        if not any(isinstance(one, FloodFilter) for one in logger.filters):
            logger.addFilter(FloodFilter())
