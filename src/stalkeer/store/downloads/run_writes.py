"""Write a download as the owner of its run.

Every write names id, run and worker. It returns False where no such row exists: this worker no longer owns the
download, and the thread stops.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, select, update

from stalkeer.core.downloads.states import Intent, check_transition
from stalkeer.model import DownloadId, DownloadState, EntryId, SourceId, WantedId
from stalkeer.store.db.tables import download_items, downloads
from stalkeer.store.downloads.downloads import end_items, list_items
from stalkeer.store.downloads.rows import ItemRow, ItemState
from stalkeer.store.offers.grabs import fail_grabs

_D = downloads.c
_FROM_ZERO = {
    "durable_offset": 0,
    "offset": 0,
    "total": None,
    "validators": None,
    "learned": None,
    "part_path": None,
    "placed_path": None,
}


@dataclass(frozen=True)
class Ownership:
    """Identify the owner of a run. Every write checks it."""

    download_id: DownloadId
    run: int
    worker: str


@dataclass(frozen=True)
class RunProblem:
    """Hold the reason of a failure, as a message for users and a code for programs."""

    code: str
    message: str


def note_opened(connection: Connection, owner: Ownership, part_path: str, host: str, now: datetime) -> bool:
    """Store the path of the part file before its first byte is written, and the source of the connection."""
    return write_owned(connection, owner, {"part_path": part_path, "host": host, "updated_at": now})


def note_resumed(connection: Connection, owner: Ownership, kept: int) -> bool:
    """Count a run that resumed with `kept` bytes."""
    return write_owned(connection, owner, {"resumes": _D.resumes + 1, "bytes_resumed": _D.bytes_resumed + kept})


def note_reconnects(connection: Connection, owner: Ownership, kept: Sequence[int]) -> bool:
    """Count the interruptions that the run resumed from, each with the bytes that were kept."""
    resumed = [size for size in kept if size]
    values = {
        "interruptions": _D.interruptions + len(kept),
        "resumes": _D.resumes + len(resumed),
        "bytes_resumed": _D.bytes_resumed + sum(resumed),
    }
    return write_owned(connection, owner, values)


def let_go(
    connection: Connection, owner: Ownership, state: DownloadState, now: datetime, *, not_before: datetime | None = None
) -> bool:
    """End the run with the download in `state`, as the user asked. Its part file and offset stay."""
    return _leave(connection, owner, state, now, {"not_before": not_before})


def rest(connection: Connection, owner: Ownership, now: datetime) -> DownloadState | None:
    """End the run with a file that only waits for the import by its instances.

    Cancel it where the user asked for that meanwhile. Return None where this worker no longer owns it.
    """
    row = connection.execute(select(_D.intent).where(*fence(owner))).one_or_none()
    if row is None:
        return None
    state = DownloadState.CANCELLED if row.intent == Intent.CANCEL.value else DownloadState.IMPORTING
    return state if _leave(connection, owner, state, now, {"not_before": None, "failures": 0}) else None


def asked_to_end(connection: Connection, owner: Ownership) -> DownloadState | None:
    """Return the state that the user asked for while the transfer ended by itself; None without a request."""
    query = select(_D.intent).where(*fence(owner), _D.state == DownloadState.DOWNLOADING.value)
    wanted = connection.execute(query).scalar_one_or_none()
    return {Intent.PAUSE.value: DownloadState.PAUSED, Intent.CANCEL.value: DownloadState.CANCELLED}.get(wanted or "")


@dataclass(frozen=True)
class Setback:
    """Describe a failed attempt. `failures` counts the failures in a row, including this one."""

    problem: RunProblem
    failures: int
    not_before: datetime


def back_off(connection: Connection, owner: Ownership, setback: Setback, now: datetime) -> bool:
    """Return the download to the queue, or to its step of finishing, with a delay. Part file and offset stay."""
    state = connection.execute(select(_D.state).where(*fence(owner))).scalar_one_or_none()
    if state is None:
        return False
    values: dict[str, Any] = {
        "failures": setback.failures,
        "not_before": setback.not_before,
        "error": setback.problem.message,
        "error_code": setback.problem.code,
    }
    if state == DownloadState.DOWNLOADING.value:
        values["interruptions"] = _D.interruptions + 1
        return _leave(connection, owner, DownloadState.QUEUED, now, values)
    return _leave(connection, owner, DownloadState(state), now, values)


def give_up(connection: Connection, owner: Ownership, problem: RunProblem, now: datetime) -> bool:
    """Fail the download. Only the user may retry it."""
    values = {"error": problem.message, "error_code": problem.code, "finished_at": now}
    done = _leave(connection, owner, DownloadState.FAILED, now, values)
    if done:
        end_items(connection, owner.download_id, ItemState.CANCELLED)
        fail_grabs(connection, owner.download_id, problem.message, now)
    return done


def block(connection: Connection, owner: Ownership, problem: RunProblem, now: datetime) -> bool:
    """Block the download until the user decides. Until then, its items have an open download."""
    values = {"error": problem.message, "error_code": problem.code}
    return _leave(connection, owner, DownloadState.BLOCKED, now, values)


def fetch_anew(
    connection: Connection, owner: Ownership, setback: Setback, facts: Mapping[str, object], now: datetime
) -> bool:
    """Return the download to the queue to be fetched from its first byte, because the server sent something else.

    The part file stays.
    """
    values = {
        **_FROM_ZERO,
        "part_path": _D.part_path,
        "facts": dict(facts),
        "failures": setback.failures,
        "not_before": setback.not_before,
        "error": setback.problem.message,
        "error_code": setback.problem.code,
    }
    return _leave(connection, owner, DownloadState.QUEUED, now, values)


def block_unusable(connection: Connection, owner: Ownership, problem: RunProblem, now: datetime) -> bool:
    """Block the download, and count none of its bytes.

    They stay on the disk to be examined, until a retry or a cancel.
    """
    part = {"part_path": _D.part_path}
    values = {
        **_FROM_ZERO,
        **part,
        "high_water": 0,
        "facts": None,
        "error": problem.message,
        "error_code": problem.code,
    }
    return _leave(connection, owner, DownloadState.BLOCKED, now, values)


def mark_fetched(
    connection: Connection, owner: Ownership, size: int, validators: Mapping[str, str], now: datetime
) -> bool:
    """Record that all bytes are on the disk.

    The failure count stays until new bytes arrive or the file passes its checks.
    """
    values = {"offset": size, "durable_offset": size, "total": size, "validators": dict(validators)}
    return _leave(connection, owner, DownloadState.FETCHED, now, {**values, "error": None, "error_code": None})


def note_facts(connection: Connection, owner: Ownership, facts: Mapping[str, object]) -> bool:
    return write_owned(connection, owner, {"facts": dict(facts)})


def note_target(connection: Connection, owner: Ownership, release: str, placed_path: str) -> bool:
    """Store the target before the file moves there, so that it is found after a crash."""
    return write_owned(connection, owner, {"release": release, "placed_path": placed_path})


def advance(connection: Connection, owner: Ownership, state: DownloadState, now: datetime) -> bool:
    """Enter the next state, still as the owner."""
    return write_owned(connection, owner, {"state": state.value, "updated_at": now}, to=state)


def note_placed(connection: Connection, owner: Ownership, now: datetime) -> bool:
    values = {"state": DownloadState.PLACED.value, "part_path": None, "updated_at": now, "failures": 0}
    values |= {"error": None, "error_code": None}
    return write_owned(connection, owner, values, to=DownloadState.PLACED)


def complete(connection: Connection, owner: Ownership, final_path: str | None, now: datetime) -> bool:
    values = {"final_path": final_path, "finished_at": now, "error": None, "error_code": None, "part_path": None}
    done = _leave(connection, owner, DownloadState.COMPLETED, now, values)
    if done:
        of_this = download_items.c.download_id == owner.download_id
        connection.execute(update(download_items).where(of_this).values(active=False))
    return done


@dataclass(frozen=True)
class Replacement:
    """Name another entry for the same wanted items."""

    entry_id: EntryId
    source_id: SourceId
    entry_key: str
    name: str


def change_variant(
    connection: Connection, owner: Ownership, variant: Replacement, problem: RunProblem, now: datetime
) -> bool:
    """Restart the download with another entry, without the bytes of the old one."""
    query = select(_D.entry_id, _D.variants_tried).where(*fence(owner))
    row = connection.execute(query).one_or_none()
    if row is None:
        return False
    values = {
        "entry_id": variant.entry_id,
        "source_id": variant.source_id,
        "entry_key": variant.entry_key,
        "name": variant.name,
        "host": "",  # set again when the download connects
        "variants_tried": [*(row.variants_tried or ()), row.entry_id],
        **_FROM_ZERO,
        "high_water": 0,
        "release": None,
        "facts": None,
        "failures": 0,
        "not_before": None,
        "error": problem.message,
        "error_code": problem.code,
    }
    return _leave(connection, owner, DownloadState.QUEUED, now, values)


def restart(connection: Connection, owner: Ownership, problem: RunProblem, failures: int, now: datetime) -> bool:
    """Return the download to the queue, to be fetched again from its first byte."""
    values = {**_FROM_ZERO, "failures": failures, "error": problem.message, "error_code": problem.code, "facts": None}
    return _leave(connection, owner, DownloadState.QUEUED, now, values)


def fetch_on(connection: Connection, owner: Ownership, setback: Setback, now: datetime) -> bool:
    """Return the download to the queue with its bytes, because the file is larger than the server said."""
    values = {
        "total": None,
        "failures": setback.failures,
        "not_before": setback.not_before,
        "error": setback.problem.message,
        "error_code": setback.problem.code,
    }
    return _leave(connection, owner, DownloadState.QUEUED, now, values)


def drop_items(connection: Connection, download_id: DownloadId) -> None:
    """Release the items after a cancel, so that they can be queued again."""
    end_items(connection, download_id, ItemState.CANCELLED)


def release_items(connection: Connection, owner: Ownership, wanted_ids: Sequence[WantedId]) -> bool:
    """Release some of the items, so that another request can download them, while this worker owns the download."""
    ours = select(_D.id).where(*fence(owner))
    query = update(download_items).where(
        download_items.c.download_id.in_(ours), download_items.c.wanted_id.in_(wanted_ids)
    )
    values = {"state": ItemState.CANCELLED.value, "active": False}
    return connection.execute(query.values(**values)).rowcount > 0


def items_of(connection: Connection, owner: Ownership) -> tuple[ItemRow, ...]:
    return list_items(connection, [owner.download_id]).get(owner.download_id, ())


@dataclass(frozen=True)
class ItemStanding:
    """Hold the state of an item at its instance."""

    state: ItemState
    command_id: int | None = None
    imported_file_id: int | None = None
    refusal: str | None = None


def write_item(
    connection: Connection,
    owner: Ownership,
    item_id: int,
    standing: ItemStanding,
) -> bool:
    """Store the state of an item, while this worker owns the download."""
    ours = select(_D.id).where(*fence(owner))
    values = {**vars(standing), "state": standing.state.value}
    query = update(download_items).where(download_items.c.id == item_id, download_items.c.download_id.in_(ours))
    return connection.execute(query.values(**values)).rowcount == 1


def fence(owner: Ownership) -> tuple[ColumnElement[bool], ...]:
    return (_D.id == owner.download_id, _D.run == owner.run, _D.worker == owner.worker)


def write_owned(
    connection: Connection, owner: Ownership, values: Mapping[str, Any], *, to: DownloadState | None = None
) -> bool:
    if to is not None:
        old = connection.execute(select(_D.state).where(*fence(owner))).scalar_one_or_none()
        if old is None:
            return False
        check_transition(DownloadState(old), to)
    return connection.execute(update(downloads).where(*fence(owner)).values(**values)).rowcount == 1


def _leave(
    connection: Connection, owner: Ownership, state: DownloadState, now: datetime, values: Mapping[str, Any]
) -> bool:
    """Write the end of a run: no worker, no intent, and the time at which a held connection was closed."""
    old = connection.execute(select(_D.state).where(*fence(owner))).scalar_one_or_none()
    if old is None:
        return False
    check_transition(DownloadState(old), state)
    # the right side of an UPDATE reads the row before the change: the source of the connection, even if the variant
    # changes
    closed = {"connection_closed_at": now, "closed_source_id": _D.source_id}
    closing: dict[str, Any] = closed if old == DownloadState.DOWNLOADING.value else {}
    ending = {
        "state": state.value,
        "worker": None,
        "admitted_at": None,
        "claimed_at": None,
        "intent": None,
        "speed": None,
    }
    query = update(downloads).where(*fence(owner)).values(**{**ending, **closing, **values, "updated_at": now})
    return connection.execute(query).rowcount == 1
