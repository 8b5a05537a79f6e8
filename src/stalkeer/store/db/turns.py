"""Let the writers of a process take turns in the order of their arrival.

SQLite has one writer at a time, and the others try again every tenth of a second, in no order. With hundreds of
transfers, a pause or a heartbeat could wait for seconds.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """Provide a lock that goes to the thread that has waited longest."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._is_taken = False

    @contextmanager
    def take(self, patience_s: float) -> Iterator[None]:
        """Wait for the turn. After `patience_s`, continue without it: the database's own lock then decides."""
        is_ours = self._acquire(patience_s)
        try:
            yield
        finally:
            if is_ours:
                self._hand_on()

    @property
    def waiting(self) -> int:
        with self._lock:
            return len(self._waiting)

    def _acquire(self, patience_s: float) -> bool:
        turn = threading.Event()
        with self._lock:
            if not self._is_taken:
                self._is_taken = True
                return True
            self._waiting.append(turn)
        if turn.wait(patience_s):
            return True
        with self._lock:
            if turn.is_set():  # the turn came at the moment of the time-out
                return True
            self._waiting.remove(turn)
            return False

    def _hand_on(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._is_taken = False
