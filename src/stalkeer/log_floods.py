"""Limit repeated lines in the log (refused requests, errors of an unavailable database) to one line a minute."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from stalkeer.errors import StoreUnavailable

MINUTE_S = 60.0
ENGINE_LOGGER = "dbos"
DRIVERS_ERROR = "OperationalError"  # the error's name, which the messages of both drivers contain
SHOWN = 20  # lines of each kind that are written before the rest is only counted
_DECIDED = "is_shown_while_away"  # attribute of a log record


@dataclass
class _Window:
    since: float
    allowed: int
    shown: int = 0
    hidden: int = 0


@dataclass
class FloodLog:
    """Limit log lines by kind. While lines are hidden, the first line of each minute is shown with their number."""

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
    """Let a library's logger write the same message at most once a minute."""

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


class AwayFilter(logging.Filter):
    """Let each loop of the program log once a minute that the database is unavailable, in a single line.

    The traceback is left out, because it adds nothing to its last line.
    A record passes the filters of several handlers. The first one decides, because it shortens the record.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._flood = FloodLog(shown=1, monotonic=monotonic)

    def filter(self, record: logging.LogRecord) -> bool:
        decided = getattr(record, _DECIDED, None)
        if isinstance(decided, bool):
            return decided
        is_shown = self._decide(record)
        setattr(record, _DECIDED, is_shown)
        return is_shown

    def _decide(self, record: logging.LogRecord) -> bool:
        if not _is_about_absence(record):
            return True
        about = str(record.msg).partition(":")[0]
        is_shown, hidden = self._flood.may_show(f"{record.name} {about}"[:200])
        if is_shown:
            record.msg, record.args, record.exc_info = _in_one_line(record, hidden), (), None
        return is_shown


def _is_about_absence(record: logging.LogRecord) -> bool:
    given = record.args if isinstance(record.args, tuple) else ()
    return any(isinstance(argument, StoreUnavailable) for argument in given) or (
        record.name == ENGINE_LOGGER and DRIVERS_ERROR in record.getMessage()
    )


def _in_one_line(record: logging.LogRecord, hidden: int) -> str:
    lines = record.getMessage().strip().splitlines()
    raised = [line for line in lines if DRIVERS_ERROR in line and not line.startswith(" ")]
    about = lines[0].partition(": ")[0]
    text = lines[0] if len(lines) == 1 else f"{about}: {raised[-1].removeprefix(f'{about}: ') if raised else lines[-1]}"
    return f"{text} ({hidden} more in the last minute)" if hidden else text


def quieten_server_loggers() -> None:
    """Limit uvicorn's warnings about malformed requests to one line a minute."""
    for name in ("uvicorn.error", "asyncio"):
        logger = logging.getLogger(name)
        if not any(isinstance(filter_, FloodFilter) for filter_ in logger.filters):
            logger.addFilter(FloodFilter())
