"""Decide which queued downloads start, which running downloads make room, and why the others wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from stalkeer.core.downloads.waiting import Reason, Waiting
from stalkeer.model import DownloadId, SourceId

FORCE = 2  # the priority of "start now", the only priority that replaces a running download
LONGEST_WAIT = timedelta(days=1)  # a later time comes from a clock that has been put back since
UNKNOWN_SIZE = 4_000_000_000  # bytes assumed for a file of unknown size


@dataclass(frozen=True)
class QueuedDownload:
    """Hold a queued download. `remaining` is in bytes; None when the size is unknown.

    For an unconfirmed size, no more space is kept than for an unknown size. `closed_at` is the end of its last
    connection to any account.
    """

    id: DownloadId
    source_id: SourceId
    host: str
    priority: int = 0
    rank: float = 0.0
    not_before: datetime | None = None
    closed_at: datetime | None = None
    remaining: int | None = None
    is_size_confirmed: bool = False
    volume: str = ""  # the file system of its partial file

    @property
    def order(self) -> tuple[int, float, int]:
        return (-self.priority, self.rank, self.id)


@dataclass(frozen=True)
class Running:
    """Hold a download that has a connection or will have one soon. `is_leaving` means that its worker was asked to
    stop.

    `is_slow`: it has been slower than the minimum speed for a while.
    """

    id: DownloadId
    source_id: SourceId
    host: str
    priority: int = 0
    rank: float = 0.0
    remaining: int | None = None
    is_size_confirmed: bool = False
    volume: str = ""
    is_leaving: bool = False
    is_slow: bool = False

    @property
    def order(self) -> tuple[int, float, int]:
        return (-self.priority, self.rank, self.id)


@dataclass(frozen=True)
class Account:
    """Hold the limits of a source's account.

    `connections` are for downloads, without those of viewers; None is unlimited.
    """

    connections: int | None = 1
    viewers: int = 0
    closing: int = 0  # connections closed so recently that the provider may still count them
    closing_until: datetime | None = None
    busy_until: datetime | None = None  # others use all of its connections until then
    refusal: str | None = None  # the reason it cannot be used: expired, banned, switched off, asked too early


@dataclass(frozen=True)
class DiskRoom:
    """Hold the state of a file system. `room` is the free space above the minimum; `trouble` stops every download."""

    room: int | None = None
    trouble: str | None = None
    is_full: bool = False  # a write found the disk full: nothing starts until there is room again


@dataclass(frozen=True)
class Gates:
    """Hold the conditions that stop all downloads, or all downloads of a source."""

    hours: Waiting | None = None  # the hours of the settings, or the pause of the queue
    quota: Mapping[SourceId | None, Waiting] = field(default_factory=dict)  # None: for all sources together
    sources: Mapping[SourceId, Waiting] = field(default_factory=dict)  # when each source may be used

    def bar(self, source_id: SourceId) -> Waiting | None:
        return self.hours or self.quota.get(None) or self.quota.get(source_id) or self.sources.get(source_id)


@dataclass(frozen=True)
class Limits:
    """Hold the numbers of parallel connections; None is unlimited. `unknown_size` is assumed for files of unknown size.

    `reconnect_gap` is the time between the end of a download's last connection and its next one, to any account. Only
    the last end is stored, so a shorter gap could hide the end before it.
    """

    total: int | None = 3
    per_host: int | None = None
    unknown_size: int = UNKNOWN_SIZE
    reconnect_gap: timedelta = timedelta(0)


@dataclass(frozen=True)
class Plan:
    admitted: tuple[DownloadId, ...]
    leaving: tuple[DownloadId, ...]  # running downloads that make room for a viewer or a forced download
    waiting: Mapping[DownloadId, Waiting]
    too_slow: tuple[DownloadId, ...] = ()  # running downloads that make room because they are too slow


def is_taken_by_viewers(override: int | None, maximum: int | None, viewers: int) -> bool:
    """Tell whether viewers use every connection of an account, so that it rests for a while after them."""
    return viewers > 0 and connections_for_us(override, maximum, viewers, 0) == 0


def connections_for_us(override: int | None, maximum: int | None, viewers: int, reserve: int) -> int | None:
    """Return the number of an account's connections for downloads; None is unlimited.

    The user's `override` (0: unlimited) wins over the account's `maximum`; without both it is one. `reserve`
    connections stay free for viewers, except where only one exists, since nothing could be downloaded otherwise.
    Viewers within the reserve do not reduce the number.
    """
    if override == 0:
        return None
    limit = override or maximum or 1
    kept = 0 if limit <= 1 else min(reserve, limit - 1)
    return max(0, limit - max(kept, viewers))


def plan(
    candidates: Iterable[QueuedDownload],
    running: Iterable[Running],
    accounts: Mapping[SourceId, Account],
    surroundings: Surroundings,
    now: datetime,
) -> Plan:
    """Decide for the whole queue, ordered by priority, then manual rank, then age."""
    table = _Usage(list(running), accounts, surroundings, now)
    table.yield_to_viewers()
    admitted: list[DownloadId] = []
    waiting: dict[DownloadId, Waiting] = {}
    for candidate in sorted(candidates, key=lambda queued: queued.order):
        obstacle = table.obstacle(candidate)
        if obstacle is None:
            admitted.append(candidate.id)
            table.take(candidate)
        else:
            waiting[candidate.id] = obstacle
            table.make_room(candidate, obstacle)
    return Plan(tuple(admitted), tuple(sorted(table.leaving)), waiting, tuple(sorted(table.too_slow)))


@dataclass(frozen=True)
class Surroundings:
    """Hold the present state of this machine and its limits."""

    limits: Limits = Limits()
    volumes: Mapping[str, DiskRoom] = field(default_factory=dict)
    gates: Gates = Gates()


class _Usage:
    """Count the used connections and disk space while a plan is made."""

    def __init__(
        self,
        running: list[Running],
        accounts: Mapping[SourceId, Account],
        surroundings: Surroundings,
        now: datetime,
    ) -> None:
        self.now = now
        self.limits = surroundings.limits
        self.gates = surroundings.gates
        self.volumes = surroundings.volumes
        self.accounts = accounts
        self.running = running
        self.leaving: set[DownloadId] = set()
        self.too_slow: set[DownloadId] = set()
        self.is_any_slow = any(download.is_slow for download in running)
        self.total = len(running)
        self.by_host = Counter(download.host for download in running)
        self.by_source = Counter(download.source_id for download in running)
        self.reserved: Counter[str] = Counter()
        for download in running:
            self.reserved[download.volume] += self._need(download)

    def yield_to_viewers(self) -> None:
        """Stop the least urgent downloads when an account allows fewer connections than they hold."""
        for source_id, account in self.accounts.items():
            if account.connections is None or self.by_source[source_id] <= account.connections:
                continue
            ours = [download for download in self.running if download.source_id == source_id]
            surplus = len(ours) - account.connections
            if surplus > 0:
                staying_last = sorted(ours, key=lambda download: (download.is_leaving, download.order), reverse=True)
                self.leaving.update(download.id for download in staying_last[:surplus] if not download.is_leaving)

    def take(self, candidate: QueuedDownload) -> None:
        self.total += 1
        self.by_host[candidate.host] += 1
        self.by_source[candidate.source_id] += 1
        self.reserved[candidate.volume] += self._need(candidate)

    def obstacle(self, candidate: QueuedDownload) -> Waiting | None:
        """Return the first obstacle of a download. Obstacles that last longer are checked first."""
        return (
            self._account_is_unusable(candidate)
            or self._someone_watches(candidate)
            or self._time_has_not_come(candidate)
            or self._no_room_on_disk(candidate)
            or self._no_connection(candidate)
            or self._no_slot(candidate)
        )

    def make_room(self, candidate: QueuedDownload, obstacle: Waiting) -> None:
        """Stop a download to make room: a slow one, or, for a forced download, the least urgent one."""
        if obstacle.reason not in (Reason.SLOT, Reason.HOST, Reason.ACCOUNT):
            return
        if candidate.priority < FORCE and not self.is_any_slow:
            return  # no running download would make room for it
        in_the_way = [
            download
            for download in self.running
            if download.priority < FORCE
            and (obstacle.reason is not Reason.HOST or download.host == candidate.host)
            and (obstacle.reason is not Reason.ACCOUNT or download.source_id == candidate.source_id)
        ]
        going = self.leaving | self.too_slow
        if any(download.is_leaving or download.id in going for download in in_the_way) or not in_the_way:
            return
        slow = [download for download in in_the_way if download.is_slow]
        if slow:
            self.too_slow.add(max(slow, key=lambda download: download.order).id)
        elif candidate.priority >= FORCE:
            self.leaving.add(max(in_the_way, key=lambda download: download.order).id)

    def _account_is_unusable(self, candidate: QueuedDownload) -> Waiting | None:
        account = self.accounts.get(candidate.source_id, Account())
        return Waiting(Reason.SOURCE, detail=account.refusal) if account.refusal else None

    def _someone_watches(self, candidate: QueuedDownload) -> Waiting | None:
        account = self.accounts.get(candidate.source_id, Account())
        if account.busy_until is not None and self.now < account.busy_until <= self.now + LONGEST_WAIT:
            return Waiting(Reason.VIEWER, account.busy_until)
        return Waiting(Reason.VIEWER) if account.viewers and account.connections == 0 else None

    def _time_has_not_come(self, candidate: QueuedDownload) -> Waiting | None:
        if candidate.not_before is not None and self.now < candidate.not_before <= self.now + LONGEST_WAIT:
            return Waiting(Reason.BACK_OFF, candidate.not_before)
        if candidate.priority >= FORCE:
            return None  # "start now" overrides the user's own schedule
        return self.gates.bar(candidate.source_id)

    def _no_room_on_disk(self, candidate: QueuedDownload) -> Waiting | None:
        volume = self.volumes.get(candidate.volume, DiskRoom())
        if volume.trouble is not None:
            return Waiting(Reason.FOLDER, detail=volume.trouble)
        if volume.is_full:
            return Waiting(Reason.DISK, detail="the last write found the disk full")
        need = self._need(candidate)
        if volume.room is not None and self.reserved[candidate.volume] + need > volume.room:
            left = max(0, volume.room - self.reserved[candidate.volume])
            return Waiting(Reason.DISK, detail=f"needs {_amount(need)}, {_amount(left)} may still be used")
        return None

    def _no_connection(self, candidate: QueuedDownload) -> Waiting | None:
        account = self.accounts.get(candidate.source_id, Account())
        if candidate.closed_at is not None:
            rested = candidate.closed_at + self.limits.reconnect_gap
            if self.now < rested <= self.now + LONGEST_WAIT:
                return Waiting(Reason.CLOSING, rested)
        if account.connections is None:
            return None
        ours = self.by_source[candidate.source_id]
        if ours >= account.connections:
            return Waiting(Reason.ACCOUNT)
        if ours + account.closing >= account.connections:
            return Waiting(Reason.CLOSING, account.closing_until)
        return None

    def _no_slot(self, candidate: QueuedDownload) -> Waiting | None:
        if self.limits.per_host is not None and self.by_host[candidate.host] >= self.limits.per_host:
            return Waiting(Reason.HOST)
        if self.limits.total is not None and self.total >= self.limits.total:
            return Waiting(Reason.SLOT)
        return None

    def _need(self, download: QueuedDownload | Running) -> int:
        unknown, remaining = self.limits.unknown_size, download.remaining
        if remaining is None:
            return unknown
        return remaining if download.is_size_confirmed else min(remaining, unknown)


def _amount(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1_000_000_000 else f"{size / 1e6:.1f} MB"
