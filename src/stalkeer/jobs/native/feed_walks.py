"""Remember where the pages of a feed ended, so that the next page begins there.

Without this, each page would read all offers before it again, and a release that is imported meanwhile would shift the
following pages, so that a program reading page after page would miss a release.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime

from stalkeer.store.offers.offerable import PlaceInFeed

KEPT_S = 300.0  # both programs wait two seconds between pages, and read at most thirty pages
MOST = 1_000


@dataclass
class FeedWalks:
    """Hold the ends of pages by feed and offset. The first page starts a new walk."""

    monotonic: Callable[[], float] = time.monotonic
    _ends: dict[tuple[Hashable, int], tuple[datetime, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def begin(self, feed: Hashable | None, offset: int) -> PlaceInFeed:
        """Return where the page at an offset begins. Pass None for a search, whose pages are not remembered."""
        with self._lock:
            if feed is not None and offset == 0:
                self._ends = {key: end for key, end in self._ends.items() if key[0] != feed}
            after, until = self._ends.get((feed, offset), (None, 0.0))
        if after is None or until < self.monotonic():
            return PlaceInFeed(skip=offset)
        return PlaceInFeed(after=after)

    def note(self, feed: Hashable | None, offset: int, end: datetime) -> None:
        """Store the date after which the page at an offset begins."""
        if feed is None:
            return
        with self._lock:
            while len(self._ends) >= MOST:
                self._ends.pop(next(iter(self._ends)))
            self._ends[feed, offset] = (end, self.monotonic() + KEPT_S)
