"""Apply a user's actions to downloads, each within one transaction of the caller. Works from any process."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select, update

from stalkeer.core.downloads.states import Action, ActionOutcome, AlreadySo, Ask, Become, Part, Priority, Refuse, decide
from stalkeer.errors import Conflict, InvalidInput, StalkeerError
from stalkeer.model import FINAL_STATES, DownloadId, DownloadState, EventKind
from stalkeer.store.catalogue.addresses import find_address
from stalkeer.store.db.tables import download_items, downloads
from stalkeer.store.downloads.downloads import (
    NewDownload,
    NewItem,
    create_download,
    end_items,
    last_rank,
    lock_download,
)
from stalkeer.store.downloads.native_items import IMPORT_BLOCKED, take_back
from stalkeer.store.downloads.rows import ACCEPTED, REFUSALS, UNPROVEN, DownloadRow, ItemState
from stalkeer.store.journal.events import Event, record_event
from stalkeer.store.library.targets import SettledItem, lock_settled, read_targets
from stalkeer.store.offers.grabs import list_grabs_of_download


@dataclass(frozen=True)
class ActionResult:
    """Hold the outcome of an action on a download. `error` is the reason of a refusal."""

    download_id: DownloadId
    outcome: ActionOutcome
    state: DownloadState | None = None
    error: StalkeerError | None = None
    made: DownloadId | None = None  # the new download, where the action makes one

    @property
    def reason(self) -> str:
        return "" if self.error is None else str(self.error)


def act(connection: Connection, download_id: DownloadId, action: Action, now: datetime) -> ActionResult:
    """Apply the action, or ask the worker of the download to apply it. Works from any process."""
    row = lock_download(connection, download_id)
    effect = decide(action, row.state, is_owned=row.queue.is_owned, stage=row.file_stage, handing=row.handing)
    if isinstance(effect, Refuse):
        return _refused(row, f"{row.identity.title} cannot be {_past(action)}: {effect.reason}.")
    if isinstance(effect, Ask):
        connection.execute(
            update(downloads).where(downloads.c.id == download_id).values(intent=effect.intent.value, updated_at=now)
        )
        return ActionResult(download_id, ActionOutcome.ASKED, row.state)
    if isinstance(effect, AlreadySo):
        _withdraw(connection, row, action, now)
        return ActionResult(download_id, ActionOutcome.NOTHING, row.state)
    if action is Action.RETRY and effect.state is DownloadState.QUEUED:
        settled = _settled(connection, row)
        if settled is not None:
            return _refused(row, settled.refusal(row.identity.title))
    _become(connection, row, effect, now)
    event = Event(
        _DONE[action],
        f"{row.identity.title} was {_past(action)}",
        download_id=download_id,
        source_id=row.identity.source_id,
    )
    record_event(connection, now, event)
    return ActionResult(download_id, ActionOutcome.DONE, effect.state)


def _refused(row: DownloadRow, reason: str) -> ActionResult:
    return ActionResult(row.id, ActionOutcome.REFUSED, row.state, Conflict(reason))


def cancel(connection: Connection, download_id: DownloadId, part: Part, now: datetime) -> ActionResult:
    """Cancel a download, and keep or remove its part file. A second cancel does not change that choice."""
    result = act(connection, download_id, Action.CANCEL, now)
    if result.outcome in (ActionOutcome.DONE, ActionOutcome.ASKED) or (
        result.outcome is ActionOutcome.NOTHING and part is Part.KEEP
    ):
        query = update(downloads).where(downloads.c.id == download_id)
        connection.execute(query.values(keep_partial=part is Part.KEEP))
    return result


def fitting_ids(connection: Connection, action: Action) -> list[DownloadId]:
    """Return the downloads in a suitable state for `action`, for actions on all downloads."""
    states = {
        Action.PAUSE: (DownloadState.QUEUED, DownloadState.DOWNLOADING),
        Action.RESUME: (DownloadState.PAUSED,),
        Action.RETRY: (DownloadState.FAILED, DownloadState.BLOCKED),
        Action.CANCEL: tuple(set(DownloadState) - FINAL_STATES),
    }[action]
    query = select(downloads.c.id).where(downloads.c.state.in_([state.value for state in states]))
    return [DownloadId(download_id) for download_id in connection.execute(query.order_by(downloads.c.id)).scalars()]


def _settled(connection: Connection, row: DownloadRow) -> SettledItem | None:
    """Return the reason why no item of the download is wanted any more; None where one still is."""
    open_ids = [item.wanted_id for item in row.items if item.state is not ItemState.IMPORTED]
    settled = lock_settled(connection, open_ids)
    return settled[open_ids[0]] if open_ids and len(settled) == len(set(open_ids)) else None


def _withdraw(connection: Connection, row: DownloadRow, action: Action, now: datetime) -> None:
    """Withdraw a pause that the worker has not carried out yet, or end the delay after a failure."""
    if action in (Action.RESUME, Action.RETRY):
        query = update(downloads).where(downloads.c.id == row.id)
        connection.execute(query.values(intent=None, not_before=None, updated_at=now))


def _become(connection: Connection, row: DownloadRow, effect: Become, now: datetime) -> None:
    values: dict[str, Any] = {"state": effect.state.value, "intent": None, "updated_at": now, "speed": None}
    if effect.state is DownloadState.CANCELLED:
        values |= {"finished_at": now, "not_before": None}
        end_items(connection, row.id, ItemState.CANCELLED)
    elif effect.state is not DownloadState.PAUSED:
        values |= {"failures": 0, "not_before": None, "error": None, "error_code": None, "finished_at": None}
        values |= {"keep_partial": False, "removed_at": None}
        _revive_items(connection, row)
    connection.execute(update(downloads).where(downloads.c.id == row.id).values(**values))


def _revive_items(connection: Connection, row: DownloadRow) -> None:
    wanted = [item.wanted_id for item in row.items if item.state is not ItemState.IMPORTED]
    query = select(download_items.c.download_id).where(
        download_items.c.active, download_items.c.wanted_id.in_(wanted), download_items.c.download_id != row.id
    )
    other = connection.execute(query.limit(1)).scalar_one_or_none()
    if other is not None:
        raise Conflict(f"{row.identity.title} is being downloaded already, as download {other}; cancel that one first.")
    connection.execute(
        update(download_items)
        .where(download_items.c.download_id == row.id, download_items.c.state != ItemState.IMPORTED.value)
        .values(active=True, state=ItemState.WAITING.value, command_id=None, refusal=None)
    )


def remove_ended(connection: Connection, download_id: DownloadId, now: datetime) -> ActionResult:
    """Remove an ended download from the list.

    Its row and history stay, so that its items are not queued again automatically.
    """
    row = lock_download(connection, download_id)
    if row.state not in FINAL_STATES:
        return _refused(row, f"{row.identity.title} is {row.state.value}; only an ended download can be removed.")
    query = update(downloads).where(downloads.c.id == download_id)
    connection.execute(query.values(removed_at=now, keep_partial=False))
    return ActionResult(download_id, ActionOutcome.DONE, row.state)


def download_again(connection: Connection, download_id: DownloadId, now: datetime) -> ActionResult:
    """Queue the entry of an ended download again for the same items, whatever the library has."""
    row = lock_download(connection, download_id)
    title = row.identity.title
    if row.state not in FINAL_STATES:
        return _refused(row, f"{title} is {row.state.value}; only an ended download can be downloaded again.")
    identity = row.identity
    if find_address(connection, identity.entry_id, identity.source_id, identity.entry_key) is None:
        return _refused(row, f"{identity.name} is no longer on its playlist, so it cannot be downloaded again.")
    wanted_ids = [item.wanted_id for item in row.items]
    if wanted_ids and not read_targets(connection, wanted_ids):
        return _refused(row, f"{title} is no longer in any library. Add it there again and scan, then download it.")
    new = NewDownload(
        entry_id=identity.entry_id,
        source_id=identity.source_id,
        entry_key=identity.entry_key,
        name=identity.name,
        title=title,
        kind=identity.kind,
        items=tuple(NewItem(item.wanted_id, item.instance_id, item.arr_id) for item in row.items),
        replaces=True,
        destination=identity.destination,
    )
    made = create_download(connection, new, now)
    if made is None:
        return _refused(row, f"{title} is being downloaded already; `stalkeer download list` shows it.")
    return ActionResult(download_id, ActionOutcome.DONE, row.state, made=made)


def ended_ids(connection: Connection) -> list[DownloadId]:
    """Return the ended downloads on the list."""
    states = [state.value for state in FINAL_STATES]
    query = select(downloads.c.id).where(downloads.c.state.in_(states), downloads.c.removed_at.is_(None))
    return [DownloadId(download_id) for download_id in connection.execute(query.order_by(downloads.c.id)).scalars()]


def accept_refusal(connection: Connection, download_id: DownloadId, now: datetime) -> ActionResult:
    """Accept a file that an instance rejected, or that could not be proven complete."""
    row = lock_download(connection, download_id)
    if row.state is DownloadState.BLOCKED and row.outcome.error_code == UNPROVEN:
        facts = {**(row.outcome.facts or {}), ACCEPTED: True}
        connection.execute(update(downloads).where(downloads.c.id == download_id).values(facts=facts))
        return act(connection, download_id, Action.RETRY, now)
    if row.state is DownloadState.BLOCKED and row.outcome.error_code == IMPORT_BLOCKED:
        return _import_ourselves(connection, row, now)
    reasons = [item.refusal for item in row.items if item.state is ItemState.REFUSED and item.refusal]
    if row.state is not DownloadState.BLOCKED or not reasons:
        raise Conflict(f"{row.identity.title} is {row.state.value}; only what an instance refused can be accepted.")
    facts = {**(row.outcome.facts or {}), "accepted": [part for reason in reasons for part in reason.split(REFUSALS)]}
    connection.execute(update(downloads).where(downloads.c.id == download_id).values(facts=facts))
    return act(connection, download_id, Action.RETRY, now)


def _import_ourselves(connection: Connection, row: DownloadRow, now: datetime) -> ActionResult:
    """Import a file that the instances that grabbed it rejected."""
    reasons = [item.refusal for item in row.items if item.is_open and item.refusal]
    accepted = [part for reason in reasons for part in reason.split(REFUSALS)]
    facts = {**(row.outcome.facts or {}), "accepted": accepted}
    connection.execute(update(downloads).where(downloads.c.id == row.id).values(facts=facts))
    grabs = list_grabs_of_download(connection, row.id)
    # present grabs before removed ones: a repeated grab owns the items of the removed one
    for grab in sorted(grabs, key=lambda grab: grab.removed):
        take_back(connection, grab, "as the user wishes", now)
    return ActionResult(row.id, ActionOutcome.DONE, DownloadState.IMPORTING)


def set_priority(connection: Connection, download_id: DownloadId, priority: Priority, now: datetime) -> None:
    """Set the priority for the next admission."""
    lock_download(connection, download_id)
    query = update(downloads).where(downloads.c.id == download_id)
    connection.execute(query.values(priority=priority.level, updated_at=now))


def start_now(connection: Connection, download_id: DownloadId, now: datetime) -> ActionResult:
    """Start a download now, before all others and regardless of hours and quotas.

    A running download makes room if necessary.
    """
    row = lock_download(connection, download_id)
    result = ActionResult(download_id, ActionOutcome.DONE, row.state)
    if row.state in (DownloadState.PAUSED, DownloadState.FAILED, DownloadState.CANCELLED):
        action = Action.RESUME if row.state is DownloadState.PAUSED else Action.RETRY
        result = act(connection, download_id, action, now)
    elif row.state is not DownloadState.QUEUED:
        return replace(result, outcome=ActionOutcome.NOTHING)
    if result.outcome is ActionOutcome.DONE:
        set_priority(connection, download_id, Priority.FORCE, now)
        connection.execute(update(downloads).where(downloads.c.id == download_id).values(not_before=None))
        move_to_top(connection, download_id, now)
    return result


def move_to_top(connection: Connection, download_id: DownloadId, now: datetime) -> None:
    first = connection.execute(select(func.coalesce(func.min(downloads.c.rank), 0.0))).scalar_one()
    _set_rank(connection, download_id, float(first) - 1, now)


def move_to_bottom(connection: Connection, download_id: DownloadId, now: datetime) -> None:
    _set_rank(connection, download_id, last_rank(connection) + 1, now)


def move_before(connection: Connection, download_id: DownloadId, other: DownloadId, now: datetime) -> None:
    """Move a download directly before `other`. Raises InvalidInput where the two differ in priority."""
    target = _lock_target(connection, download_id, other)
    before = connection.execute(
        select(func.max(downloads.c.rank)).where(downloads.c.rank < target.queue.rank, downloads.c.id != download_id)
    ).scalar_one_or_none()
    _set_rank(
        connection, download_id, target.queue.rank - 1 if before is None else (before + target.queue.rank) / 2, now
    )


def move_after(connection: Connection, download_id: DownloadId, other: DownloadId, now: datetime) -> None:
    """Move a download directly behind `other`. Raises InvalidInput where the two differ in priority."""
    target = _lock_target(connection, download_id, other)
    behind = connection.execute(
        select(func.min(downloads.c.rank)).where(downloads.c.rank > target.queue.rank, downloads.c.id != download_id)
    ).scalar_one_or_none()
    _set_rank(
        connection, download_id, target.queue.rank + 1 if behind is None else (target.queue.rank + behind) / 2, now
    )


def _lock_target(connection: Connection, download_id: DownloadId, other: DownloadId) -> DownloadRow:
    row, target = lock_download(connection, download_id), lock_download(connection, other)
    if row.queue.priority != target.queue.priority:
        raise InvalidInput(
            f"{row.identity.title} and {target.identity.title} have different priorities: the higher always goes first."
        )
    return target


MOVABLE = (DownloadState.QUEUED, DownloadState.PAUSED)  # only waiting downloads have a place in the queue


def find_neighbour(connection: Connection, row: DownloadRow, *, above: bool) -> DownloadId | None:
    """Return the adjacent waiting download of the same priority, or None."""
    rank, own = downloads.c.rank, DownloadId(row.id)
    is_there = (
        or_(rank < row.queue.rank, and_(rank == row.queue.rank, downloads.c.id < own))
        if above
        else or_(rank > row.queue.rank, and_(rank == row.queue.rank, downloads.c.id > own))
    )
    order = (rank.desc(), downloads.c.id.desc()) if above else (rank, downloads.c.id)
    states = [state.value for state in MOVABLE]
    query = (
        select(downloads.c.id)
        .where(is_there, downloads.c.state.in_(states), downloads.c.priority == row.queue.priority)
        .order_by(*order)
        .limit(1)
    )
    found = connection.execute(query).scalar_one_or_none()
    return None if found is None else DownloadId(found)


def set_limit(connection: Connection, download_id: DownloadId, limit: int | None, now: datetime) -> None:
    """Set the speed limit of this download in bytes/s. None and 0 remove it."""
    lock_download(connection, download_id)
    connection.execute(
        update(downloads).where(downloads.c.id == download_id).values(bandwidth_limit=limit or None, updated_at=now)
    )


def _set_rank(connection: Connection, download_id: DownloadId, rank: float, now: datetime) -> None:
    lock_download(connection, download_id)
    connection.execute(update(downloads).where(downloads.c.id == download_id).values(rank=rank, updated_at=now))


_PAST = {Action.PAUSE: "paused", Action.RESUME: "resumed", Action.CANCEL: "cancelled", Action.RETRY: "retried"}

_DONE = {
    Action.PAUSE: EventKind.DOWNLOAD_PAUSED,
    Action.RESUME: EventKind.DOWNLOAD_RESUMED,
    Action.CANCEL: EventKind.DOWNLOAD_CANCELLED,
    Action.RETRY: EventKind.DOWNLOAD_RETRIED,
}


def _past(action: Action) -> str:
    return _PAST[action]
