"""Read what admission needs from database, settings and disk, and explain why each queued download waits."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import takewhile

from stalkeer.adapters.files.space import FOLDER_MEMORY, claim, mark_of, remember_mark, volume_of
from stalkeer.adapters.net.addresses import host_of
from stalkeer.adapters.transfers.pace import Bandwidth
from stalkeer.core.catalogue.access import Access, fill
from stalkeer.core.downloads.admission import (
    Account,
    DiskRoom,
    Gates,
    Limits,
    QueuedDownload,
    Surroundings,
    connections_for_us,
    plan,
)
from stalkeer.core.downloads.overrides import NO_OVERRIDES, Overrides
from stalkeer.core.downloads.pacing import Allowance, Window, allowance_at
from stalkeer.core.downloads.quota import Quota, period_start, quota_state
from stalkeer.core.downloads.sight import SeenFolder, WorkerSight, compare, right_folders
from stalkeer.core.downloads.viewing import REST
from stalkeer.core.downloads.waiting import Reason, Waiting
from stalkeer.errors import StalkeerError
from stalkeer.model import DownloadId, SourceId
from stalkeer.settings import Settings
from stalkeer.settings.folders import FOLDERS, folder_problems
from stalkeer.store.catalogue.addresses import find_address
from stalkeer.store.db.database import Database, Transaction
from stalkeer.store.downloads.admission import (
    BandwidthLimits,
    SourceLimits,
    chosen_candidates,
    closing_connections,
    first_candidates,
    running_downloads,
    set_host,
    source_limits,
    source_of,
    waiting_candidates,
    without_host,
)
from stalkeer.store.downloads.overrides import read_overrides
from stalkeer.store.downloads.statistics import fetched_since
from stalkeer.store.downloads.workers import DEAD_AFTER, WorkerRow, database_now, list_workers, live_workers
from stalkeer.store.library.instances import known_root_folders

UNUSABLE = ("expired", "banned", "disabled")
QUEUE_SHOWN = 1000
CANDIDATES_PER_SOURCE = 20  # of which each heartbeat admits
NOTHING: Mapping[DownloadId, int] = {}


def read_accounts(
    connection: Transaction,
    settings: Settings,
    now: datetime,
    limits: Sequence[SourceLimits],
    unasked: Collection[SourceId] = (),
) -> dict[SourceId, Account]:
    """Return the connections that each source's account allows now.

    Accounts in `unasked` must be asked before their downloads start.
    """
    gap = timedelta(seconds=settings.downloads.reconnect_gap)
    closing = closing_connections(connection, now - gap)
    return {
        source.source_id: _account(source, settings, now, closing, gap)
        if source.source_id not in unasked
        else Account(refusal="its account is being asked")
        for source in limits
    }


def _account(
    source: SourceLimits,
    settings: Settings,
    now: datetime,
    closing: Mapping[SourceId, tuple[int, datetime]],
    gap: timedelta,
) -> Account:
    count, last = closing.get(source.source_id, (0, None))
    viewers = max(source.viewers, _watching(source, now))
    return Account(
        connections=connections_for_us(source.override, source.maximum, viewers, settings.downloads.viewer_reserve),
        viewers=viewers,
        busy_until=source.busy_until,
        closing=count,
        closing_until=None if last is None else last + gap,
        refusal=_refusal(source, now),
    )


def _watching(source: SourceLimits, now: datetime) -> int:
    """Count the viewers of the account that a media server reported within the last two minutes."""
    seen = source.watched_at
    return source.watched if seen is not None and seen <= now + REST and now < seen + REST else 0


def _refusal(source: SourceLimits, now: datetime) -> str | None:
    if not source.enabled:
        return f"{source.slug} is switched off"
    if source.expires_at is not None and source.expires_at <= now:
        return f"the account of {source.slug} has expired"
    if source.status in UNUSABLE:
        return f"the account of {source.slug} is {source.status}" + (f": {source.message}" if source.message else "")
    return None


def measure_volume(connection: Transaction, settings: Settings) -> DiskRoom:
    """Return the free space for incomplete downloads. A problem with any folder stops all downloads."""
    roots = known_root_folders(connection)
    problems = [problem for problem in folder_problems(settings, roots) if not problem.is_unmade]
    if problems:
        return DiskRoom(trouble=f"{problems[0].key}: {problems[0].reason}. {problems[0].fix}")
    folder = settings.directories.temp
    found = claim(folder, settings.data_dir / FOLDER_MEMORY)
    if not found.is_usable:
        return DiskRoom(trouble=found.problem)
    return DiskRoom(room=max(0, volume_of(folder).free - settings.downloads.min_free))


def look_at_folders(
    connection: Transaction, settings: Settings, worker_id: str, alive_since: datetime
) -> tuple[SeenFolder, ...]:
    """Return what worker `worker_id` sees, compared with the workers that sent a heartbeat after `alive_since`.

    `serve` is right before others, then who was started first. The right folder gets a mark where it has none.
    """
    alive = [row for row in list_workers(connection) if row.heartbeat >= alive_since or row.id == worker_id]
    ordered = sorted(alive, key=lambda row: (row.role != "serve", row.started_at, row.id))
    before = takewhile(lambda row: row.id != worker_id, ordered)
    return tuple(_see(connection, settings, right_folders(map(sight_of, before))))


def sees_everything(row: WorkerRow) -> bool:
    """Tell whether a worker has looked at the folders and can use all of them."""
    return bool(row.folders) and not sight_of(row).trouble


def sight_of(row: WorkerRow) -> WorkerSight:
    return WorkerSight(row.host, row.folders)


def _see(
    connection: Transaction, settings: Settings, right: Mapping[str, tuple[str, SeenFolder]]
) -> Iterator[SeenFolder]:
    memory = settings.data_dir / FOLDER_MEMORY
    problems = {
        problem.key: f"{problem.key}: {problem.reason}. {problem.fix}"
        for problem in folder_problems(settings, known_root_folders(connection))
        if not problem.is_unmade
    }
    for name in FOLDERS:
        key, folder = f"directories.{name}", getattr(settings.directories, name)
        if key in problems:
            yield SeenFolder(key, str(folder), problem=problems[key])
            continue
        seen = compare(SeenFolder(key, str(folder), mark_of(folder)), right)
        if seen.problem:
            yield seen
            continue
        if key in right:
            remember_mark(folder, memory, seen.mark)
        found = claim(folder, memory)
        is_usable = found.is_usable
        yield replace(
            seen, mark=mark_of(folder) if is_usable else "", problem="" if is_usable else f"{key}: {found.problem}"
        )


def limits_of(settings: Settings) -> Limits:
    downloads = settings.downloads
    return Limits(
        downloads.concurrent_limit or None,
        downloads.per_host_limit or None,
        downloads.assumed_size,
        timedelta(seconds=downloads.reconnect_gap),
    )


def learn_hosts(
    connection: Transaction, access: Callable[[SourceId], Access], candidates: Sequence[QueuedDownload]
) -> list[QueuedDownload]:
    """Return `candidates` with the host of each. A host that was not known yet is stored."""
    found: dict[DownloadId, str] = {}
    for row in without_host(connection, [candidate.id for candidate in candidates if not candidate.host]):
        address = find_address(connection, row.identity.entry_id, row.identity.source_id, row.identity.entry_key)
        if address is None:
            continue  # the run reports that the entry is gone
        with contextlib.suppress(StalkeerError):  # the run also reports a login that cannot be decrypted
            found[row.id] = host_of(fill(address.template, access(row.identity.source_id)))
            set_host(connection, row.id, found[row.id])
    return [replace(candidate, host=found.get(candidate.id, candidate.host)) for candidate in candidates]


def explain_waiting(
    database: Database, settings: Settings, now: datetime, shown: Collection[DownloadId] | None = None
) -> dict[DownloadId, Waiting]:
    """Return why each queued download waits, as admission would decide at this moment.

    With `shown`, of these only. The first of each source's queue are planned with them: they take the connections.
    """
    with database.connect() as connection:
        volume = measure_volume(connection, settings)
        if volume.trouble is not None and _others_see_folders(connection, now):
            volume = DiskRoom()
        candidates = _to_explain(connection, now, shown)
        if not candidates:
            return {}
        sources = source_limits(connection)
        around = Surroundings(limits_of(settings), {"": volume}, read_gates(connection, settings, now, sources))
        accounts = read_accounts(connection, settings, now, sources)
        decided = plan(candidates, running_downloads(connection), accounts, around, now)
    starting = {download_id: Waiting(Reason.NEXT) for download_id in decided.admitted}
    reasons = {**decided.waiting, **starting}
    return reasons if shown is None else {shown_id: reasons[shown_id] for shown_id in shown if shown_id in reasons}


def _to_explain(
    connection: Transaction, now: datetime, shown: Collection[DownloadId] | None
) -> Collection[QueuedDownload]:
    if shown is None:
        return first_candidates(connection, QUEUE_SHOWN)
    chosen = chosen_candidates(connection, shown)
    if not chosen:
        return ()
    first = waiting_candidates(connection, now, CANDIDATES_PER_SOURCE)
    return {candidate.id: candidate for candidate in (*first, *chosen)}.values()


def _others_see_folders(connection: Transaction, now: datetime) -> bool:
    """Tell whether a worker on another machine can use the folders. With SQLite there is no other worker."""
    if connection.dialect.name == "sqlite":
        return False
    return any(map(sees_everything, live_workers(connection, database_now(connection, now), DEAD_AFTER)))


def read_gates(
    connection: Transaction,
    settings: Settings,
    now: datetime,
    limits: Sequence[SourceLimits],
    unsampled: Mapping[DownloadId, int] = NOTHING,
) -> Gates:
    """Return what stops downloads: the pause of the queue, the hours of the settings, and used-up quotas.

    `unsampled` are fetched bytes of this process that are not in the database yet.
    """
    local = now.astimezone()
    hours = _pause(settings, read_overrides(connection, now), now)
    quota: dict[SourceId | None, Waiting] = {}
    for limit in settings.downloads.quotas:
        source_id = next((known.source_id for known in limits if known.slug == limit.source), None)
        if limit.source and source_id is None:
            continue
        used = fetched_since(connection, period_start(limit.period, local), source_id)
        used += _of_source(connection, unsampled, source_id)
        state = quota_state(Quota(limit.period, limit.size), used, local)
        if state.is_exhausted:
            quota[source_id] = Waiting(Reason.QUOTA, state.until)
    barred = {source.source_id: source.use.bar(now) for source in limits}
    return Gates(hours, quota, {source_id: bar for source_id, bar in barred.items() if bar is not None})


def _pause(settings: Settings, overrides: Overrides, now: datetime) -> Waiting | None:
    if overrides.pause is not None:
        return Waiting(Reason.PAUSED, overrides.pause.until)
    allowed = allowance(settings, now)
    return Waiting(Reason.HOURS, allowed.until) if allowed.is_paused else None


def allowance(settings: Settings, now: datetime, overrides: Overrides = NO_OVERRIDES) -> Allowance:
    """Return the speed limit of all downloads at this time."""
    windows = [
        Window(frozenset(hours.days), hours.start, hours.end, 0 if hours.pause else hours.limit or None)
        for hours in settings.downloads.hours
    ]
    planned = allowance_at(now.astimezone(), windows, settings.downloads.bandwidth_limit or None)
    return overrides.apply(planned)


def throttle(bandwidth: Bandwidth, limits: Sequence[BandwidthLimits], total: float | None, workers: int = 1) -> None:
    """Set the speed limits of the downloads in this process.

    Several workers share the total evenly, without communication.
    """
    bandwidth.limit(Bandwidth.GLOBAL, None if total is None else total / max(1, workers))
    for limit in limits:
        bandwidth.limit(source_limit_name(limit.source_id), limit.of_source)
        bandwidth.limit(download_limit_name(limit.download_id), limit.own)


def source_limit_name(source_id: SourceId) -> str:
    return f"source {source_id}"


def download_limit_name(download_id: DownloadId) -> str:
    return f"download {download_id}"


def _of_source(connection: Transaction, fetched: Mapping[DownloadId, int], source_id: SourceId | None) -> int:
    """Return the bytes of `fetched` from a source, or all of them for None."""
    if source_id is None or not fetched:
        return sum(fetched.values())
    sources = source_of(connection, list(fetched))
    return sum(size for download_id, size in fetched.items() if sources.get(download_id) == source_id)
