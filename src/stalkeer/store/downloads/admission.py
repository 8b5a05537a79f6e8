"""Admit, claim, watch and take back runs of downloads. `run_writes` has the writes of a run's owner."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)

from stalkeer.core.downloads.admission import LONGEST_WAIT, QueuedDownload, Running
from stalkeer.core.downloads.states import FINISHING_STATES, Intent
from stalkeer.core.downloads.viewing import UseTimes
from stalkeer.model import DownloadId, DownloadState, InstanceId, SourceId
from stalkeer.store.db.tables import downloads, sources, workers
from stalkeer.store.downloads.downloads import (
    DownloadRow,
    ItemState,
    end_items,
    is_resting,
    list_items,
    to_download,
)
from stalkeer.store.downloads.run_writes import Ownership
from stalkeer.store.sources.sources import SourceOptions

_FINISHING = tuple(state.value for state in FINISHING_STATES)
_D = downloads.c


@dataclass(frozen=True)
class RunRef:
    """Name an admitted run, which any worker may claim."""

    download_id: DownloadId
    run: int


@dataclass(frozen=True)
class OwnedRow:
    """Hold a row that names this process as its worker."""

    download_id: DownloadId
    run: int
    state: DownloadState
    intent: Intent | None


@dataclass(frozen=True)
class Progress:
    """Hold the progress of a transfer.

    `fetched` is added to the row's counter. `high_water` is the durable bytes at the last progress of this run, which
    reset the count of failures.
    """

    owner: Ownership
    offset: int
    durable_offset: int
    total: int | None
    validators: Mapping[str, str]
    speed: float
    fetched: int
    learned: Mapping[str, bool]
    high_water: int | None


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
    ranked = select(*_CANDIDATE, place).where(_D.state == DownloadState.QUEUED.value, _is_ripe(now)).subquery()
    rows = connection.execute(select(ranked).where(ranked.c.place <= per_source))
    return [_candidate(row._mapping) for row in rows]


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


def first_candidates(
    connection: Connection, limit: int = 1000, until: Collection[DownloadId] | None = None
) -> list[QueuedDownload]:
    """List the queue in its order, for showing why each one waits; with `until`, up to the last of these."""
    is_queued = _D.state == DownloadState.QUEUED.value
    query = select(*_CANDIDATE).where(is_queued)
    if until is not None:
        of_these = select(_D.priority, _D.rank, _D.id).where(is_queued, _D.id.in_(until))
        last = connection.execute(of_these.order_by(_D.priority, _D.rank.desc(), _D.id.desc()).limit(1)).one_or_none()
        if last is None:
            return []
        is_before = tuple_(_D.rank, _D.id) <= tuple_(literal(last.rank), literal(last.id))
        query = query.where(or_(_D.priority > last.priority, and_(_D.priority == last.priority, is_before)))
    rows = connection.execute(query.order_by(*_QUEUE_ORDER).limit(limit))
    return [_candidate(row._mapping) for row in rows.all()]


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


# --- ownership ---------------------------------------------------------------------------------------------------


def claim(connection: Connection, owner: Ownership, now: datetime) -> DownloadRow | None:
    """Claim an admitted run for this worker, which may claim it again.

    Return None when another worker has it, or it has ended.
    """
    query = (
        update(downloads)
        .where(_D.id == owner.download_id, _D.run == owner.run, _D.admitted_at.is_not(None))
        .where(or_(_D.worker.is_(None), _D.worker == owner.worker))
        .values(worker=owner.worker, claimed_at=now, updated_at=now)
        .returning(*downloads.c)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return to_download(row, list_items(connection, [owner.download_id]).get(owner.download_id, ()))


def is_unclaimed(connection: Connection, order: RunRef) -> bool:
    """Tell whether an admitted run still waits for a worker."""
    is_open = (_D.id == order.download_id) & (_D.run == order.run) & _D.admitted_at.is_not(None) & _D.worker.is_(None)
    return connection.execute(select(_D.id).where(is_open)).first() is not None


def held_by(connection: Connection, worker: str) -> list[OwnedRow]:
    query = select(_D.id, _D.run, _D.state, _D.intent).where(_D.worker == worker)
    return [
        OwnedRow(DownloadId(row.id), row.run, DownloadState(row.state), Intent(row.intent) if row.intent else None)
        for row in connection.execute(query)
    ]


def write_progress(connection: Connection, updates: Iterable[Progress], now: datetime) -> list[Ownership]:
    """Store the progress of transfers.

    Return those that this worker no longer owns. All of them share a statement, so that a heartbeat with hundreds of
    transfers holds the database only briefly.
    """
    ones = list(updates)
    for statement, group in (
        (_PROGRESS, [progress for progress in ones if progress.high_water is None]),
        (_PROGRESS_OF_NEW_BYTES, [progress for progress in ones if progress.high_water is not None]),
    ):
        if group:
            connection.execute(statement, [_progress_values(progress, now) for progress in group])
    kept = _still_owned(connection, {progress.owner.worker for progress in ones})
    return [progress.owner for progress in ones if progress.owner not in kept]


def _progress_values(progress: Progress, now: datetime) -> dict[str, Any]:
    values = {
        "of_id": progress.owner.download_id,
        "of_run": progress.owner.run,
        "of_worker": progress.owner.worker,
        "now_offset": progress.offset,
        "now_durable": progress.durable_offset,
        "now_total": progress.total,
        "now_validators": dict(progress.validators),
        "now_learned": dict(progress.learned),
        "now_speed": progress.speed,
        "more": progress.fetched,
        "now": now,
    }
    return values if progress.high_water is None else {**values, "mark": progress.high_water}


def _still_owned(connection: Connection, owners: set[str]) -> set[Ownership]:
    if not owners:
        return set()
    rows = connection.execute(select(_D.id, _D.run, _D.worker).where(_D.worker.in_(owners)))
    return {Ownership(DownloadId(row.id), row.run, row.worker) for row in rows}


# built once, because building the statement takes longer than executing it
_PROGRESS = (
    update(downloads)
    .where(_D.id == bindparam("of_id"), _D.run == bindparam("of_run"), _D.worker == bindparam("of_worker"))
    .values(
        offset=bindparam("now_offset"),
        durable_offset=bindparam("now_durable"),
        total=bindparam("now_total"),
        validators=bindparam("now_validators"),
        learned=bindparam("now_learned"),
        speed=bindparam("now_speed"),
        bytes_fetched=_D.bytes_fetched + bindparam("more"),
        updated_at=bindparam("now"),
    )
)
_PROGRESS_OF_NEW_BYTES = _PROGRESS.values(failures=0, high_water=bindparam("mark"))


def release_lost(
    connection: Connection, me: str, is_alive: Callable[[RunRef], bool], now: datetime, patience: timedelta
) -> int:
    """Take back runs that nobody works on: rows of dead workers, own rows without a thread, and runs that nobody
    claimed in time.

    `is_alive` is asked after the rows were read, because a thread is registered before it claims its row and until
    after it releases it.
    """
    known = select(workers.c.id)
    query = select(_D.id, _D.run, _D.worker, _D.state, _D.intent).where(
        _D.admitted_at.is_not(None),
        or_(_D.worker == me, _D.worker.not_in(known), and_(_D.worker.is_(None), _D.admitted_at < now - patience)),
    )
    rows = connection.execute(query).all()
    orphans = [row for row in rows if row.worker != me or not is_alive(RunRef(DownloadId(row.id), row.run))]
    return sum([_release_row(connection, row._mapping, now) for row in orphans])


def release_all(connection: Connection, now: datetime) -> int:
    """Take back all runs, for the only worker of a database before it starts."""
    query = select(_D.id, _D.run, _D.worker, _D.state, _D.intent).where(_D.admitted_at.is_not(None))
    rows = connection.execute(query).all()
    return sum([_release_row(connection, row._mapping, now) for row in rows])


def _release_row(connection: Connection, row: RowMapping, now: datetime) -> int:
    state = DownloadState(row["state"])
    values: dict[str, Any] = {"worker": None, "admitted_at": None, "claimed_at": None, "speed": None, "updated_at": now}
    if state is DownloadState.DOWNLOADING:
        values |= {"connection_closed_at": now, "closed_source_id": _D.source_id, "interruptions": _D.interruptions + 1}
        state = DownloadState.PAUSED if row["intent"] == Intent.PAUSE else DownloadState.QUEUED
    if row["intent"] == Intent.CANCEL:
        state = DownloadState.CANCELLED
        values["finished_at"] = now
        end_items(connection, DownloadId(row["id"]), ItemState.CANCELLED)
    values |= {"state": state.value, "intent": None}
    same = (_D.id == row["id"]) & (_D.run == row["run"]) & _D.admitted_at.is_not(None)
    return connection.execute(update(downloads).where(same).values(**values)).rowcount


# --- leftover files -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Litter:
    """Name the files of a download that are no longer needed."""

    download_id: DownloadId
    part_path: str | None
    placed_path: str | None


# a condition on a download whose files are no longer needed: it was cancelled, or it failed and was removed
_IS_LITTER = or_(
    _D.state == DownloadState.CANCELLED.value,
    and_(_D.state == DownloadState.FAILED.value, _D.removed_at.is_not(None)),
)


def litter(connection: Connection, limit: int = 20) -> list[Litter]:
    query = select(_D.id, _D.part_path, _D.placed_path).where(
        _IS_LITTER,
        or_(_D.part_path.is_not(None), _D.placed_path.is_not(None)),
        ~_D.keep_partial,
    )
    return [
        Litter(DownloadId(row.id), row.part_path, row.placed_path) for row in connection.execute(query.limit(limit))
    ]


def forget_litter(connection: Connection, download_id: DownloadId) -> None:
    still = (_D.id == download_id) & _IS_LITTER
    values = {"part_path": None, "placed_path": None, "durable_offset": 0, "offset": 0, "validators": None}
    connection.execute(update(downloads).where(still).values(**values))


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
