"""Read grabs with their downloads and items, and store what instances report about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, or_, select, update

from stalkeer.core.downloads.sabnzbd import GrabProgress, Stage
from stalkeer.core.downloads.states import FINISHING_STATES, check_transition
from stalkeer.model import DownloadId, DownloadState, Drive, EventKind, GrabState, InstanceId, SourceId, WantedId
from stalkeer.store.db.tables import download_items, downloads, grabs
from stalkeer.store.downloads.downloads import list_items, lock_download
from stalkeer.store.downloads.rows import REFUSALS, DownloadRow, ItemState, to_download
from stalkeer.store.downloads.run_writes import Ownership, fence
from stalkeer.store.journal.events import Event, Level, record_event
from stalkeer.store.library.targets import mark_imported
from stalkeer.store.offers.grabs import GrabRow, list_grabs_where

IMPORT_BLOCKED = "import_blocked"  # error code: the instance does not import the file, and reports the reason
_D, _I, _G = downloads.c, download_items.c, grabs.c
_OPEN = (ItemState.WAITING.value, ItemState.IMPORTING.value)
_IS_NATIVE = _I.hand_over == Drive.NATIVE.value


@dataclass(frozen=True)
class DownloadFacts:
    """Hold the part of a download that its instance is shown."""

    id: DownloadId
    state: DownloadState
    priority: int
    total: int | None
    received: int
    speed: float | None
    error_code: str | None
    error: str | None


@dataclass(frozen=True)
class NativeGrab:
    """Hold a grab, its download (None when its row is gone) and the states of its items."""

    grab: GrabRow
    download: DownloadFacts | None
    items: tuple[ItemState, ...]

    @property
    def progress(self) -> GrabProgress:
        found = self.download
        if found is None:
            return GrabProgress(self._stage, None, None, self.grab.fail_message)
        error = self.grab.fail_message or found.error
        return GrabProgress(self._stage, found.state, found.error_code, error)

    @property
    def _stage(self) -> Stage:
        is_cancelled = self.download is not None and self.download.state is DownloadState.CANCELLED
        is_released = bool(self.items) and all(state is ItemState.CANCELLED for state in self.items)
        if self.grab.state is GrabState.FAILED:
            return Stage.FAILED
        if is_cancelled and is_released:
            return Stage.DROPPED
        if self.grab.state is GrabState.COMPLETED:
            return Stage.READY
        return Stage.FAILED if is_released else Stage.ACTIVE

    @property
    def is_imported(self) -> bool:
        return bool(self.items) and all(state is ItemState.IMPORTED for state in self.items)


# --- reading -------------------------------------------------------------------------------------------------------


def list_native(connection: Connection, instance_id: InstanceId | None = None) -> list[NativeGrab]:
    """List the grabs in the queue or history of an instance, or of all instances, oldest first."""
    of_instance = () if instance_id is None else (_G.instance_id == instance_id,)
    return _with_facts(connection, list_grabs_where(connection, ~_G.removed, *of_instance))


def find_native(connection: Connection, nzo_id: str) -> NativeGrab | None:
    found = _with_facts(connection, list_grabs_where(connection, _G.nzo_id == nzo_id))
    return found[0] if found else None


def natives_of_download(connection: Connection, download_id: DownloadId) -> list[NativeGrab]:
    return _with_facts(connection, list_grabs_where(connection, _G.download_id == download_id))


def list_watched(connection: Connection) -> list[NativeGrab]:
    """List the grabs whose instance must be asked: it has a file to import, or does not know of a cancellation yet."""
    own = and_(_I.download_id == _G.download_id, _I.instance_id == _G.instance_id, _IS_NATIVE)
    imports = exists().where(own, _I.state == ItemState.IMPORTING.value)
    dropped = exists().where(
        own,
        _I.state == ItemState.CANCELLED.value,
        _D.id == _I.download_id,
        _D.state == DownloadState.CANCELLED.value,
    )
    is_open = _G.state != GrabState.FAILED.value
    # a removed grab may have been repeated, and the file belongs to the new grab
    given = and_(_G.state == GrabState.COMPLETED.value, imports)
    return _with_facts(connection, list_grabs_where(connection, is_open, or_(given, and_(~_G.removed, dropped))))


def list_untidy(connection: Connection) -> list[GrabRow]:
    """List the grabs that have ended in both programs, and whose file may still be in their folder."""
    open_items = exists().where(
        _I.download_id == _G.download_id, _I.instance_id == _G.instance_id, _IS_NATIVE, _I.state.in_(_OPEN)
    )
    return list_grabs_where(connection, _G.removed, _G.storage != "", ~open_items)


def _with_facts(connection: Connection, found: Sequence[GrabRow]) -> list[NativeGrab]:
    ids = sorted({grab.download_id for grab in found if grab.download_id is not None})
    facts: dict[int, DownloadFacts] = {}
    states: dict[tuple[int, int, int], ItemState] = {}
    for start in range(0, len(ids), 500):
        part = ids[start : start + 500]
        facts |= {row.id: _facts(row._mapping) for row in connection.execute(_facts_query().where(_D.id.in_(part)))}
        query = select(_I.download_id, _I.instance_id, _I.wanted_id, _I.state).where(_I.download_id.in_(part))
        for row in connection.execute(query.where(_IS_NATIVE).order_by(_I.id)):
            states[row.download_id, row.instance_id, row.wanted_id] = ItemState(row.state)
    return [NativeGrab(grab, facts.get(grab.download_id or 0), _states_of(grab, states)) for grab in found]


def _states_of(grab: GrabRow, states: dict[tuple[int, int, int], ItemState]) -> tuple[ItemState, ...]:
    keys = [(grab.download_id or 0, grab.instance_id, item.wanted_id) for item in grab.items]
    return tuple(states[key] for key in keys if key in states)


def _facts_query() -> Select[Any]:
    return select(_D.id, _D.state, _D.priority, _D.total, _D.offset, _D.speed, _D.error_code, _D.error)


def _facts(row: Any) -> DownloadFacts:  # noqa: ANN401 - a row of the query above
    return DownloadFacts(
        DownloadId(row["id"]),
        DownloadState(row["state"]),
        row["priority"],
        row["total"],
        row["offset"],
        row["speed"],
        row["error_code"],
        row["error"],
    )


def resting_downloads(connection: Connection) -> int:
    """Count the downloads that only wait for the import by their instances."""
    query = select(func.count()).select_from(downloads)
    mine = _I.download_id == _D.id
    waits = exists().where(mine, _IS_NATIVE, _I.state == ItemState.IMPORTING.value)
    other = exists().where(mine, _I.state.in_(_OPEN), or_(~_IS_NATIVE, _I.state == ItemState.WAITING.value))
    resting = (_D.state == DownloadState.IMPORTING.value, _D.admitted_at.is_(None), waits, ~other)
    return int(connection.scalar(query.where(*resting)) or 0)


def finishing_downloads(connection: Connection, files: Sequence[tuple[SourceId, str]]) -> list[DownloadRow]:
    """List the downloads of these entries (source and key) whose file was fetched and is not in every library yet."""
    states = _D.state.in_([state.value for state in FINISHING_STATES])
    of_entries = or_(*(and_(_D.source_id == source_id, _D.entry_key == key) for source_id, key in files))
    rows = connection.execute(select(downloads).where(states, of_entries).order_by(_D.id)).all() if files else []
    items = list_items(connection, [DownloadId(row.id) for row in rows])
    return [to_download(row, items.get(DownloadId(row.id), ())) for row in rows]


# --- writes of the worker ----------------------------------------------------------------------------------------


def offer_file(connection: Connection, owner: Ownership, grab: GrabRow, file: Path, size: int, now: datetime) -> bool:
    """Show the instance the file at `file`. The release moves from its queue to its history in a single step."""
    if connection.execute(select(_D.id).where(*fence(owner))).one_or_none() is None:
        return False
    waiting = and_(_of(grab), _I.state == ItemState.WAITING.value)
    values = {"state": ItemState.IMPORTING.value, "refusal": None}
    connection.execute(update(download_items).where(waiting).values(**values))
    completed = {"state": GrabState.COMPLETED.value, "storage": str(file), "bytes": size, "ended_at": now}
    connection.execute(update(grabs).where(_G.id == grab.id).values(**completed, fail_message=""))
    return True


def fail_released(connection: Connection, download_id: DownloadId, reason: str, now: datetime) -> None:
    """Fail the grabs whose items the download no longer serves."""
    left = exists().where(
        _I.download_id == _G.download_id, _I.instance_id == _G.instance_id, _IS_NATIVE, _I.state.in_(_OPEN)
    )
    released = (_G.download_id == download_id, _G.state == GrabState.ACTIVE.value, ~left)
    failed = {"state": GrabState.FAILED.value, "fail_message": reason, "ended_at": now}
    connection.execute(update(grabs).where(*released).values(**failed))


def _of(grab: GrabRow) -> ColumnElement[bool]:
    """Select the open items of a grab."""
    return and_(
        _I.download_id == grab.download_id,
        _I.instance_id == grab.instance_id,
        _I.wanted_id.in_([item.wanted_id for item in grab.items]),
        _IS_NATIVE,
        _I.state.in_(_OPEN),
    )


# --- reports of the instance ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ImportedFile:
    """Name the file that an instance imported from Stalkeer. `path` is the instance's path."""

    path: str
    file_id: int | None = None


def confirm_import(connection: Connection, grab: GrabRow, file: ImportedFile, now: datetime) -> bool:
    """Record that the instance has the file. Return True the first time. A cancelled download may still be imported."""
    if grab.download_id is None:
        return False
    row = lock_download(connection, grab.download_id)
    late = and_(_late(grab), _I.state == ItemState.CANCELLED.value)
    values = {"state": ItemState.IMPORTED.value, "imported_file_id": file.file_id, "refusal": None}
    changed = connection.execute(update(download_items).where(or_(_of(grab), late)).values(**values)).rowcount
    if not changed:
        return False
    mark_imported(connection, [item.wanted_id for item in grab.items], now)
    connection.execute(update(downloads).where(_D.id == row.id).values(final_path=file.path, updated_at=now))
    _show_trouble(connection, row, now)
    _tell(connection, grab, f"{row.identity.title} was imported as {file.path}", EventKind.IMPORT_CONFIRMED, now)
    return True


def _late(grab: GrabRow) -> ColumnElement[bool]:
    of_grab = _I.wanted_id.in_([item.wanted_id for item in grab.items])
    return and_(_I.download_id == grab.download_id, _I.instance_id == grab.instance_id, of_grab, _IS_NATIVE)


def note_trouble(connection: Connection, grab: GrabRow, words: str | None, now: datetime) -> bool:
    """Store the reason why the instance does not import the file, in its own words; None clears it.

    The download is blocked while any of its instances has such a reason. Return False where nothing changed.
    """
    if grab.download_id is None:
        return False
    row = lock_download(connection, grab.download_id)
    changed = and_(_of(grab), _I.state == ItemState.IMPORTING.value, _I.refusal.is_distinct_from(words))
    if not connection.execute(update(download_items).where(changed).values(refusal=words)).rowcount:
        return False
    if words is not None:
        text = f"{row.identity.title} is not imported yet: {words}"
        _tell(connection, grab, text, EventKind.IMPORT_BLOCKED, now, Level.WARNING)
    return _show_trouble(connection, row, now)


def _show_trouble(connection: Connection, row: DownloadRow, now: datetime) -> bool:
    """Update the state of the download from the reasons of its instances, unless a worker has it."""
    is_blocked = row.state is DownloadState.BLOCKED and row.outcome.error_code == IMPORT_BLOCKED
    if row.queue.is_owned or not (is_blocked or row.state is DownloadState.IMPORTING):
        return False
    query = select(_I.refusal).where(_I.download_id == row.id, _IS_NATIVE, _I.state == ItemState.IMPORTING.value)
    troubles = list(dict.fromkeys(text for text in connection.scalars(query.order_by(_I.id)) if text))
    state = DownloadState.BLOCKED if troubles else DownloadState.IMPORTING
    check_transition(row.state, state)
    values = {
        "state": state.value,
        "error": REFUSALS.join(troubles) or None,
        "error_code": IMPORT_BLOCKED if troubles else None,
        "updated_at": now,
    }
    connection.execute(update(downloads).where(_D.id == row.id).values(**values))
    return True


def release_grab(connection: Connection, grab: GrabRow, words: str, now: datetime) -> bool:
    """Release the items of a grab that its instance no longer wants.

    Return True where the download then serves no item: the caller cancels it. A download that also serves others
    continues.
    """
    if grab.download_id is None:
        return False
    row = lock_download(connection, grab.download_id)
    values = {"state": ItemState.CANCELLED.value, "active": False}
    changed = connection.execute(update(download_items).where(_of(grab)).values(**values)).rowcount
    if changed:
        _tell(connection, grab, f"{row.identity.title} {words}", EventKind.GRAB_RELEASED, now)
        _show_trouble(connection, row, now)
    others = select(_I.id).where(_I.download_id == row.id, _I.state.in_((*_OPEN, ItemState.REFUSED.value)))
    is_served = connection.execute(others.limit(1)).one_or_none() is not None
    imported = any(item.state is ItemState.IMPORTED for item in row.items)
    return bool(changed) and not is_served and not imported


def take_back(connection: Connection, grab: GrabRow, reason: str, now: datetime) -> bool:
    """Let Stalkeer hand the file over, because its instance does not import it.

    Return False where no item is left to import. The instance no longer sees the grab, so that nothing is imported
    twice.
    """
    if grab.download_id is None:
        return False
    row = lock_download(connection, grab.download_id)
    values = {"hand_over": Drive.OURS.value, "state": ItemState.WAITING.value, "refusal": None}
    if not connection.execute(update(download_items).where(_of(grab)).values(**values)).rowcount:
        return False
    connection.execute(update(grabs).where(_G.id == grab.id).values(removed=True))
    _show_trouble(connection, row, now)
    _tell(connection, grab, f"{row.identity.title} is imported by Stalkeer: {reason}", EventKind.GRAB_TAKEN_BACK, now)
    return True


def forget_storage(connection: Connection, grab: GrabRow) -> None:
    """Record that the file of a grab is no longer in its folder."""
    connection.execute(update(grabs).where(_G.id == grab.id).values(storage=""))


def take_over(connection: Connection, download_id: DownloadId, wanted_ids: Sequence[WantedId]) -> None:
    """Let the instance import these items, which Stalkeer would otherwise hand over."""
    mine = and_(_I.download_id == download_id, _I.wanted_id.in_(wanted_ids), _I.state == ItemState.WAITING.value)
    connection.execute(update(download_items).where(mine).values(hand_over=Drive.NATIVE.value))


def release_ours(connection: Connection, download_id: DownloadId, wanted_ids: Sequence[WantedId]) -> None:
    """Release these items from a download that also serves others."""
    mine = and_(_I.download_id == download_id, _I.wanted_id.in_(wanted_ids), _I.state.in_(_OPEN))
    connection.execute(update(download_items).where(mine).values(state=ItemState.CANCELLED.value, active=False))


def _tell(
    connection: Connection, grab: GrabRow, text: str, kind: EventKind, now: datetime, level: Level = Level.INFO
) -> None:
    event = Event(
        kind,
        text,
        level,
        download_id=grab.download_id,
        wanted_id=grab.items[0].wanted_id if grab.items else None,
        instance_id=grab.instance_id,
        data={"release": grab.release, "downloadId": grab.nzo_id},
    )
    record_event(connection, now, event)
