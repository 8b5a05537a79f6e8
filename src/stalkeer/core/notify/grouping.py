"""Decide which waiting happenings make a message now: few messages, each whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from stalkeer.core.notify.quiet_hours import QuietHours
from stalkeer.core.notify.topics import Happening

QUIET = timedelta(minutes=3)  # a group that got nothing new for this long is whole
LONGEST = timedelta(minutes=30)  # a group that keeps growing makes a message after this long
MOST_GROUPS = 5  # more groups at a time become one message
MOST_LATELY = 5  # after this many messages within `LONGEST`, imports and failures wait for each other


@dataclass(frozen=True)
class Rhythm:
    """Hold what decides when messages are sent: local time, quiet hours, messages of the last 30 minutes."""

    now: datetime
    quiet_hours: QuietHours | None = None
    sent_lately: int = 0

    @property
    def is_quiet(self) -> bool:
        return self.quiet_hours is not None and self.quiet_hours.holds(self.now)


def ready(waiting: Sequence[Happening], rhythm: Rhythm) -> list[tuple[Happening, ...]]:
    """Return the happenings of each message that is to be written now.

    Nothing is sent in quiet hours. The happenings that waited for their end make one summary.
    """
    if rhythm.is_quiet:
        return []
    end = rhythm.quiet_hours.last_end(rhythm.now) if rhythm.quiet_hours is not None else None
    held = tuple(happening for happening in waiting if end is not None and happening.at < end)
    others = [happening for happening in waiting if end is None or happening.at >= end]
    troubles = [happening for happening in others if happening.trouble]
    files = [happening for happening in others if not happening.trouble]
    is_busy = rhythm.sent_lately >= MOST_LATELY
    due = [
        *_due(_grouped(troubles), rhythm.now, QUIET),
        *_due([tuple(files)] if is_busy and files else _grouped(files), rhythm.now, LONGEST if is_busy else QUIET),
    ]
    return [held, *due] if held else due


def _grouped(happenings: Iterable[Happening]) -> list[tuple[Happening, ...]]:
    groups: dict[str, list[Happening]] = {}
    for happening in happenings:
        groups.setdefault(happening.group, []).append(happening)
    if len(groups) > MOST_GROUPS:
        return [tuple(happening for group in groups.values() for happening in group)]
    return [tuple(group) for group in groups.values()]


def _due(groups: Iterable[tuple[Happening, ...]], now: datetime, quiet: timedelta) -> list[tuple[Happening, ...]]:
    return [
        group
        for group in groups
        if now - max(happening.at for happening in group) >= quiet
        or now - min(happening.at for happening in group) >= LONGEST
    ]
