"""Admit runs of downloads, and read what admission needs to know about queue, accounts and limits.

`claims` has what workers do with an admitted run, `run_writes` the writes of a run's owner.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    func,
    or_,
    select,
    update,
)

from stalkeer.core.downloads.admission import LONGEST_WAIT, QueuedDownload, Running
from stalkeer.core.downloads.states import FINISHING_STATES, Intent
from stalkeer.core.downloads.viewing import UseTimes
from stalkeer.model import DownloadId, DownloadState, InstanceId, SourceId
from stalkeer.store.db.tables import downloads, sources
from stalkeer.store.downloads.downloads import list_items
from stalkeer.store.downloads.rows import DownloadRow, is_resting, to_download
from stalkeer.store.sources.description import SourceOptions

_FINISHING = tuple(state.value for state in FINISHING_STATES)
_D = downloads.c


@dataclass(frozen=True)
class RunRef:
    """Name an admitted run, which any worker may claim."""

    download_id: DownloadId
    run: int


# --- admission ---------------------------------------------------------------------------------------------------


_QUEUE_ORDER = (_D.priority.desc(), _D.rank, _D.id)
_CANDIDATE = (
    _D.id,
    _D.source_id,
    _D.host,
    _D.priority,
    _D.rank,
    _D.not_before,
    _D.connection_closed_at,
    _D.total,
    _D.durable_offset,
    _D.learned,
)


def waiting_candidates(connection: Connection, now: datetime, per_source: int) -> list[QueuedDownload]:
    """Return the first downloads of each source's queue without a delay, enough to fill every slot."""
    place = func.row_number().over(partition_by=_D.source_id, order_by=_QUEUE_ORDER).label("place")
    # rows are wide: only ids are sorted
    ranked = select(_D.id, place).where(_D.state == DownloadState.QUEUED.value, _is_ripe(now)).subquery()
    first = select(ranked.c.id).where(ranked.c.place <= per_source)
    return [_candidate(row._mapping) for row in connection.execute(select(*_CANDIDATE).where(_D.id.in_(first))).all()]


def _is_ripe(now: datetime) -> ColumnElement[bool]:
    """Return the condition for a download whose delay is over.

    A delay of over a day comes from a clock that was set back since, and is ignored.
    """
    return or_(_D.not_before.is_(None), _D.not_before <= now, _D.not_before > now + LONGEST_WAIT)


def without_host(connection: Connection, download_ids: Sequence[DownloadId]) -> list[DownloadRow]:
    """Return those of these downloads that never connected to the server of their present entry."""
    is_unknown = or_(_D.host.is_(None), _D.host == "")
    rows = connection.execute(select(downloads).where(_D.id.in_(download_ids), is_unknown))
    return [to_download(row, ()) for row in rows]


def set_host(connection: Connection, download_id: DownloadId, host: str) -> None:
    connection.execute(update(downloads).where(_D.id == download_id).values(host=host))


def first_candidates(connection: Connection, limit: int) -> list[QueuedDownload]:
    """List the queue in its order, for showing why each one waits."""
    query = select(*_CANDIDATE).where(_D.state == DownloadState.QUEUED.value).order_by(*_QUEUE_ORDER).limit(limit)
    return [_candidate(row._mapping) for row in connection.execute(query).all()]


def chosen_candidates(connection: Connection, download_ids: Collection[DownloadId]) -> list[QueuedDownload]:
    """Return those of these downloads that are queued."""
    query = select(*_CANDIDATE).where(_D.state == DownloadState.QUEUED.value, _D.id.in_(download_ids))
    return [_candidate(row._mapping) for row in connection.execute(query).all()]


def running_downloads(connection: Connection) -> list[Running]:
    columns = (_D.id, _D.source_id, _D.host, _D.priority, _D.rank, _D.total, _D.offset, _D.learned, _D.intent)
    rows = connection.execute(select(*columns).where(_D.state == DownloadState.DOWNLOADING.value))
    return [
        Running(
            id=DownloadId(row.id),
            source_id=SourceId(row.source_id),
            host=row.host or "",
            priority=row.priority,
            rank=row.rank,
            remaining=None if row.total is None else max(0, row.total - row.offset),
            is_size_confirmed=bool((row.learned or {}).get("is_total_confirmed")),
            volume="",
            is_leaving=row.intent is not None,
        )
        for row in rows
    ]


def closing_connections(connection: Connection, since: datetime) -> dict[SourceId, tuple[int, datetime]]:
    """Return how many connections of each source were closed after `since`, and when the last one was."""
    whose = func.coalesce(_D.closed_source_id, _D.source_id)
    query = (
        select(whose, func.count(), func.max(_D.connection_closed_at))
        .where(_D.connection_closed_at > since, _D.connection_closed_at < since + LONGEST_WAIT)
        .group_by(whose)
    )
    return {SourceId(source_id): (count, last) for source_id, count, last in connection.execute(query)}


def admit(connection: Connection, download_ids: Sequence[DownloadId], now: datetime) -> list[RunRef]:
    """Set queued downloads to `downloading`, each with a new run that no worker has claimed yet."""
    orders = []
    for download_id in download_ids:
        query = (
            update(downloads)
            .where(_D.id == download_id, _D.state == DownloadState.QUEUED.value)
            .values(state=DownloadState.DOWNLOADING.value, run=_D.run + 1, worker=None, claimed_at=None, intent=None)
            .values(admitted_at=now, updated_at=now, not_before=None, started_at=func.coalesce(_D.started_at, now))
            .returning(_D.run)
        )
        run = connection.execute(query).scalar_one_or_none()
        if run is not None:
            orders.append(RunRef(download_id, run))
    return orders


def ask_to_leave(connection: Connection, download_ids: Sequence[DownloadId]) -> None:
    """Ask running downloads to make room. A request of the user has precedence."""
    if download_ids:
        free = (_D.state == DownloadState.DOWNLOADING.value) & _D.intent.is_(None)
        connection.execute(update(downloads).where(_D.id.in_(download_ids), free).values(intent=Intent.YIELD.value))


def admit_finishing(connection: Connection, now: datetime) -> list[RunRef]:
    """Admit the files to be verified, placed and handed over, one at a time for each instance.

    A file that only waits for the import of the instance that grabbed it does not count.
    """
    query = select(_D.id, _D.admitted_at, _is_ripe(now).label("is_ripe")).where(_D.state.in_(_FINISHING))
    rows = list(connection.execute(query.order_by(_D.priority.desc(), _D.rank, _D.id)))
    if not rows:
        return []
    items = list_items(connection, [DownloadId(row.id) for row in rows])
    instances = {row.id: {item.instance_id for item in items.get(DownloadId(row.id), ())} for row in rows}
    rows = [row for row in rows if row.admitted_at is not None or not is_resting(items.get(DownloadId(row.id), ()))]
    busy: set[InstanceId] = set()
    for row in rows:
        if row.admitted_at is not None:
            busy |= instances[row.id]
    orders = []
    for row in rows:
        is_ripe = row.admitted_at is None and row.is_ripe
        if is_ripe and not instances[row.id] & busy:
            busy |= instances[row.id]
            orders.extend(_give_out(connection, DownloadId(row.id), now))
    return orders


def _give_out(connection: Connection, download_id: DownloadId, now: datetime) -> list[RunRef]:
    query = (
        update(downloads)
        .where(_D.id == download_id, _D.state.in_(_FINISHING), _D.admitted_at.is_(None))
        .values(run=_D.run + 1, worker=None, claimed_at=None, admitted_at=now, not_before=None)
        .returning(_D.run)
    )
    return [RunRef(download_id, run) for run in connection.execute(query).scalars()]


def _candidate(row: RowMapping) -> QueuedDownload:
    return QueuedDownload(
        id=DownloadId(row["id"]),
        source_id=SourceId(row["source_id"]),
        host=row["host"] or "",
        priority=row["priority"],
        rank=row["rank"],
        not_before=row["not_before"],
        closed_at=row["connection_closed_at"],
        remaining=None if row["total"] is None else max(0, row["total"] - row["durable_offset"]),
        is_size_confirmed=bool((row["learned"] or {}).get("is_total_confirmed")),
        volume="",
    )


# --- accounts ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SourceLimits:
    """Hold the facts about a source's account that admission needs."""

    source_id: SourceId
    slug: str
    enabled: bool
    override: int | None
    maximum: int | None
    viewers: int
    status: str | None
    message: str | None
    expires_at: datetime | None
    checked_at: datetime | None
    bandwidth_limit: int | None
    busy_until: datetime | None
    watched: int
    watched_at: datetime | None
    use: UseTimes


def source_limits(connection: Connection) -> list[SourceLimits]:
    query = select(
        sources.c.id,
        sources.c.slug,
        sources.c.enabled,
        sources.c.removed_at,
        sources.c.max_connections,
        sources.c.account_max,
        sources.c.account_viewers,
        sources.c.account_status,
        sources.c.account_message,
        sources.c.account_expires_at,
        sources.c.account_checked_at,
        sources.c.bandwidth_limit,
        sources.c.busy_until,
        sources.c.watched,
        sources.c.watched_at,
        sources.c.options,
    )
    return [
        SourceLimits(
            source_id=SourceId(row.id),
            slug=row.slug,
            enabled=row.enabled and row.removed_at is None,
            override=row.max_connections,
            maximum=row.account_max,
            viewers=row.account_viewers or 0,
            status=row.account_status,
            message=row.account_message,
            expires_at=row.account_expires_at,
            checked_at=row.account_checked_at,
            bandwidth_limit=row.bandwidth_limit,
            busy_until=row.busy_until,
            watched=row.watched or 0,
            watched_at=row.watched_at,
            use=SourceOptions.of_json(row.options or {}).use_times,
        )
        for row in connection.execute(query)
    ]


def sources_in_use(connection: Connection) -> dict[SourceId, int]:
    """Return the sources with queued or running downloads, and how many of these hold a connection now."""
    holds = func.sum((_D.state == DownloadState.DOWNLOADING.value).cast(_D.run.type))
    query = select(_D.source_id, holds).where(
        _D.state.in_((DownloadState.QUEUED.value, DownloadState.DOWNLOADING.value))
    )
    return {SourceId(source_id): int(count) for source_id, count in connection.execute(query.group_by(_D.source_id))}


@dataclass(frozen=True)
class RunningPart:
    download_id: DownloadId
    path: str
    total: int


def running_parts(connection: Connection) -> list[RunningPart]:
    query = select(_D.id, _D.part_path, _D.total).where(
        _D.state == DownloadState.DOWNLOADING.value, _D.part_path.is_not(None), _D.total.is_not(None)
    )
    return [RunningPart(DownloadId(row.id), row.part_path, row.total) for row in connection.execute(query)]


@dataclass(frozen=True)
class BandwidthLimits:
    """Hold the speed limits of a running download and of its source in bytes/s, None without a limit."""

    download_id: DownloadId
    source_id: SourceId
    own: int | None
    of_source: int | None


def rate_limits(connection: Connection, worker: str) -> list[BandwidthLimits]:
    query = (
        select(_D.id, _D.source_id, _D.bandwidth_limit, sources.c.bandwidth_limit.label("of_source"))
        .join(sources, sources.c.id == _D.source_id)
        .where(_D.worker == worker, _D.state == DownloadState.DOWNLOADING.value)
    )
    return [
        BandwidthLimits(DownloadId(row.id), SourceId(row.source_id), row.bandwidth_limit, row.of_source)
        for row in connection.execute(query)
    ]


def source_of(connection: Connection, download_ids: Sequence[DownloadId]) -> dict[DownloadId, SourceId]:
    query = select(_D.id, _D.source_id).where(_D.id.in_(download_ids))
    return {DownloadId(download_id): SourceId(source_id) for download_id, source_id in connection.execute(query)}
