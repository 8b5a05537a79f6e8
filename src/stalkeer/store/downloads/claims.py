"""Claim admitted runs, store their progress, and take back the runs of dead workers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Connection,
    RowMapping,
    and_,
    bindparam,
    or_,
    select,
    update,
)

from stalkeer.core.downloads.states import Intent
from stalkeer.model import DownloadId, DownloadState
from stalkeer.store.db.tables import downloads, workers
from stalkeer.store.downloads.admission import RunRef
from stalkeer.store.downloads.downloads import end_items, list_items
from stalkeer.store.downloads.rows import DownloadRow, ItemState, to_download
from stalkeer.store.downloads.run_writes import Ownership

_D = downloads.c


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
