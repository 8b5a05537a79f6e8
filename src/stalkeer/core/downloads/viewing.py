"""Decide when downloads may use a source's account, and whether somebody watches with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from stalkeer.core.downloads.pacing import WEEK, Window, allowance_at
from stalkeer.core.downloads.waiting import Reason, Waiting

REST = timedelta(minutes=2)  # pause after the last sign of a viewer
FULL_STATUSES = frozenset({456, 458, 509})  # statuses with which panels report that all connections are in use
NIGHT = (time(1), time(7))


class UseWhen(StrEnum):
    """Define when downloads may use an account."""

    ANY = "any"
    HOURS = "hours"  # between two times of the day
    MANUAL = "manual"  # only downloads that the user starts


@dataclass(frozen=True)
class UseTimes:
    """Hold the times at which a source's account may be used. `start` and `end` apply to `hours`, in local time."""

    when: UseWhen = UseWhen.ANY
    start: time = NIGHT[0]
    end: time = NIGHT[1]

    def bar(self, now: datetime) -> Waiting | None:
        """Return why no download of the source starts at `now`, or None."""
        if self.when is UseWhen.ANY:
            return None
        if self.when is UseWhen.MANUAL:
            return Waiting(Reason.MANUAL)
        window = Window(frozenset(WEEK), self.start, self.end, None)
        found = allowance_at(now.astimezone(), [window], -1)
        if found.rate is None:
            return None
        return Waiting(Reason.HOURS, _next(now.astimezone(), self.start))


def _next(moment: datetime, clock: time) -> datetime:
    today = datetime.combine(moment.date(), clock, moment.tzinfo)
    return today if today > moment else today + timedelta(days=1)


@dataclass(frozen=True)
class Stream:
    """Hold a stream that somebody watches.

    For a stream without an address, `listed_by` has the sources whose list has it.
    """

    address: str = ""
    listed_by: frozenset[int] = frozenset()


def share_viewers(streams: Sequence[Stream], hosts: Mapping[int, frozenset[str]]) -> dict[int, int]:
    """Count the viewers of each source.

    An address belongs to the sources of its host. A stream without an address, as live TV, belongs to the sources that
    list it, and to none where no list has it.
    """
    counts: dict[int, int] = {}
    for stream in streams:
        host = urlsplit(stream.address).hostname if "://" in stream.address else None
        theirs = (
            stream.listed_by if host is None else {source_id for source_id, known in hosts.items() if host in known}
        )
        for source in theirs:
            counts[source] = counts.get(source, 0) + 1
    return counts
