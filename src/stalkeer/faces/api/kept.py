"""Keep an answer for some seconds, so that many dashboards and monitors count the rows only once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

Value = TypeVar("Value")
KEPT = timedelta(seconds=10)


class CachedAnswer(Generic[Value]):
    """Hold the last value. While one caller reads it again, the others wait for the same value."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: tuple[datetime, Value] | None = None

    def read(self, now: datetime, load: Callable[[], Value]) -> Value:
        with self._lock:
            if self._kept is None or not timedelta(0) <= now - self._kept[0] < KEPT:
                self._kept = now, load()
            return self._kept[1]
