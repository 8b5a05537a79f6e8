"""Provide the download client for instances and phones: its queue and history, and changes to them.

An instance sees only its own grabs. Downloads without a grab are listed only for other keys, under a separate category,
because an instance that saw them would import them a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from stalkeer.core.downloads.sabnzbd import (
    OWN_CATEGORY,
    OWN_PREFIX,
    GrabProgress,
    HistorySlot,
    InHistory,
    InQueue,
    QueueSlot,
    Stage,
    is_paused_on_arrival,
    place_of,
    read_priority,
)
from stalkeer.core.downloads.states import ActionOutcome
from stalkeer.errors import Conflict, InvalidInput, NotFound
from stalkeer.jobs.downloads.actions import Beside, Side, Verb, act_on, check, move, set_priority
from stalkeer.jobs.downloads.context import DownloadQueue
from stalkeer.jobs.library.path_map import path_map
from stalkeer.jobs.native.watch import drop_grab
from stalkeer.model import FINAL_STATES, DownloadId, DownloadState, Drive, InstanceId
from stalkeer.store.db.database import Transaction
from stalkeer.store.downloads.downloads import DownloadFilter, QueueOrder, get_download, list_downloads
from stalkeer.store.downloads.native_items import NativeGrab, find_native, list_native
from stalkeer.store.downloads.rows import DownloadRow
from stalkeer.store.library.instances import InstanceRow, get_instance_by_id
from stalkeer.store.offers.grabs import remove_grab

DEFAULT_PRIORITY = "-100"
MOST_OWN = 1000  # most downloads without a grab in either list
SHOWN_FOR = timedelta(days=30)  # time that an imported release stays in the history if its instance leaves it there
OPEN_STATES = tuple(state for state in DownloadState if state not in FINAL_STATES)
OWN_HISTORY = (DownloadState.COMPLETED, DownloadState.FAILED)


@dataclass(frozen=True)
class Lists:
    """Hold the queue in its order, and the history, newest first."""

    queue: tuple[QueueSlot, ...]
    history: tuple[HistorySlot, ...]
    speed: float  # bytes/s of the listed downloads


@dataclass(frozen=True)
class SlotFilter:
    """Select slots. `limit` 0 is no limit."""

    category: str = ""
    search: str = ""
    ids: frozenset[str] = frozenset()
    start: int = 0
    limit: int = 0

    def pick(self, slots: Sequence[QueueSlot]) -> list[QueueSlot]:
        return [slot for slot in slots if self._fits(slot)]

    def pick_history(self, slots: Sequence[HistorySlot]) -> list[HistorySlot]:
        return [slot for slot in slots if self._fits(slot)]

    def _fits(self, slot: QueueSlot | HistorySlot) -> bool:
        if self.category and slot.category != self.category:
            return False
        if self.ids and slot.nzo_id not in self.ids:
            return False
        return self.search.casefold() in slot.name.casefold()

    @property
    def page(self) -> slice:
        return slice(self.start, self.start + self.limit if self.limit else None)


def read_lists(queue: DownloadQueue, instance: InstanceRow | None) -> Lists:
    """Return both lists from the same snapshot of the database, so that no download is in both or in neither."""
    with queue.database.connect() as connection:
        grabs = list_native(connection, None if instance is None else instance.id)
        views = {} if instance is None else {instance.id: instance}
        for native in grabs:
            if native.grab.instance_id not in views:
                views[native.grab.instance_id] = get_instance_by_id(connection, native.grab.instance_id)
        own = [] if instance is not None else _own_downloads(connection)
    queued: list[QueueSlot] = []
    ended: list[tuple[int, HistorySlot]] = []
    for native in grabs:
        place = place_of(native.progress)
        if isinstance(place, InQueue):
            queued.append(_queue_slot(native, place))
        elif not native.is_imported or queue.clock() - _ended(native) < SHOWN_FOR:
            ended.append((_urgency(native), _history_slot(native, place, views[native.grab.instance_id])))
    for row in own:
        _add_own(row, queued, ended)
    ended.sort(key=lambda pair: (pair[0], -pair[1].ended.timestamp()))
    speed = sum(native.download.speed or 0 for native in grabs if native.download) + sum(
        row.transfer.speed or 0 for row in own
    )
    return Lists(tuple(queued), tuple(slot for _, slot in ended), speed)


def _urgency(native: NativeGrab) -> int:
    """Return the sort key of a row.

    Both programs read only the first 60 rows, so rows that they must act on come first.
    """
    if native.is_imported:
        return 2
    return 1 if native.download is not None and native.download.state is DownloadState.BLOCKED else 0


def _ended(native: NativeGrab) -> datetime:
    return native.grab.ended_at or native.grab.created_at


def _queue_slot(native: NativeGrab, place: InQueue) -> QueueSlot:
    found = native.download
    total = found.total if found else None
    received = found.received if found else 0
    speed = found.speed if found else None
    left_s = None if total is None or not speed else (total - received) / speed
    return QueueSlot(
        nzo_id=native.grab.nzo_id,
        name=native.grab.release,
        category=native.grab.category,
        status=place.status,
        priority=found.priority if found else native.grab.priority,
        size=total,
        received=min(received, total or received),
        left_s=left_s,
        added=native.grab.created_at,
    )


def _history_slot(native: NativeGrab, place: InHistory, instance: InstanceRow) -> HistorySlot:
    grab = native.grab
    storage = path_map(instance).to_remote(Path(grab.storage)) if grab.storage else ""
    ended = _ended(native)
    return HistorySlot(
        nzo_id=grab.nzo_id,
        name=grab.release,
        category=grab.category,
        status=place.status,
        fail_message=place.fail_message,
        size=grab.bytes or (native.download.total if native.download else 0) or 0,
        storage=storage,
        seconds=(ended - grab.created_at).total_seconds(),
        added=grab.created_at,
        ended=ended,
    )


# --- our own downloads ---------------------------------------------------------------------------------------------


def _own_downloads(connection: Transaction) -> list[DownloadRow]:
    """Return the downloads that Stalkeer, or an earlier version of it, hands over itself."""
    waiting = list_downloads(connection, DownloadFilter(OPEN_STATES), limit=MOST_OWN)
    ended = list_downloads(connection, DownloadFilter(OWN_HISTORY), order=QueueOrder.NEWEST, limit=MOST_OWN)
    return [row for row in (*waiting, *ended) if any(item.hand_over is Drive.OURS for item in row.items)]


def _add_own(row: DownloadRow, queued: list[QueueSlot], ended: list[tuple[int, HistorySlot]]) -> None:
    stage = Stage.FAILED if row.state is DownloadState.FAILED else Stage.ACTIVE
    place = place_of(GrabProgress(stage, row.state, row.outcome.error_code, row.outcome.error))
    name = row.outcome.release or row.identity.title
    if isinstance(place, InQueue):
        slot = QueueSlot(
            nzo_id=f"{OWN_PREFIX}{row.id}",
            name=name,
            category=OWN_CATEGORY,
            status=place.status,
            priority=row.queue.priority,
            size=row.transfer.total,
            received=row.transfer.offset,
            left_s=row.eta_s,
            added=row.identity.created_at,
        )
        queued.append(slot)
        return
    at = row.outcome.finished_at or row.updated_at
    began = row.transfer.started_at or row.identity.created_at
    past = HistorySlot(
        nzo_id=f"{OWN_PREFIX}{row.id}",
        name=name,
        category=OWN_CATEGORY,
        status=place.status,
        fail_message=place.fail_message,
        size=row.transfer.total or 0,
        storage=row.outcome.final_path or row.outcome.placed_path or "",
        seconds=(at - began).total_seconds(),
        added=row.identity.created_at,
        ended=at,
    )
    ended.append((2, past))


# --- changes -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Changer:
    """Identify the caller that changes the lists: an instance, or None for a user with an admin key."""

    queue: DownloadQueue
    instance: InstanceRow | None

    def delete_queued(self, ids: Sequence[str]) -> list[str]:
        """Cancel downloads. An unknown id is not an error, because it may already be gone."""
        return self._each(ids, self._drop if self.instance is not None else self._cancel)

    def delete_ended(self, ids: Sequence[str]) -> list[str]:
        """Remove rows from the history.

        A release that is not imported yet is settled by the next report of its instance.
        """
        return self._each(ids, self._forget)

    def act(self, ids: Sequence[str], verb: Verb) -> list[str]:
        return self._each(ids, lambda nzo_id, grab: self._act(nzo_id, grab, verb))

    def set_priority(self, ids: Sequence[str], text: str) -> list[str]:
        """Set the priority: -100 is the category's default, which is normal, and -2 a pause."""
        if is_paused_on_arrival(text):
            return self.act(ids, Verb.PAUSE)
        priority = read_priority("0" if text.strip() == DEFAULT_PRIORITY else text)
        if priority is None:
            raise InvalidInput(f"{text!r} is no priority; accepted: -1 (low), 0 (normal), 1 (high), 2 (force)")

        def change(nzo_id: str, grab: NativeGrab | None) -> None:
            check(set_priority(self.queue, [self._download_of(nzo_id, grab)], priority)[0])

        return self._each(ids, change)

    def move(self, nzo_id: str, other: str) -> None:
        """Put a download before another one."""
        ids = [self._download_of(nzo, self._find(nzo)) for nzo in (nzo_id, other)]
        move(self.queue, ids[0], Beside(ids[1], Side.BEFORE))

    def _each(self, ids: Sequence[str], change: Callable[[str, NativeGrab | None], None]) -> list[str]:
        """Change the downloads that exist and belong to the caller. Return their ids."""
        done: list[str] = []
        for nzo_id in ids:
            with suppress(NotFound):
                change(nzo_id, self._find(nzo_id))
                done.append(nzo_id)
        if done:
            self.queue.wake()
        return done

    def _find(self, nzo_id: str) -> NativeGrab | None:
        """Return the grab with this id; None for a download without a grab. Raises NotFound for an unknown id."""
        if self.instance is None and _own_id(nzo_id) is not None:
            return None
        with self.queue.database.connect() as connection:
            found = find_native(connection, nzo_id)
        if found is None or found.grab.removed:
            raise NotFound(f"There is no download {nzo_id}.")
        if self.instance is not None and found.grab.instance_id != self.instance.id:
            raise NotFound(f"There is no download {nzo_id}.")
        return found

    def _download_of(self, nzo_id: str, grab: NativeGrab | None) -> DownloadId:
        """Return the download of an id. Raise Conflict for an instance where the download also serves others."""
        download_id = _own_id(nzo_id) if grab is None else grab.grab.download_id
        if download_id is None:
            raise NotFound(f"There is no download {nzo_id}.")
        with self.queue.database.connect() as connection:
            row = get_download(connection, download_id)
        if grab is not None and not _is_alone(row, grab.grab.instance_id):
            raise Conflict(f"{row.identity.title} is downloaded for others too. Change it in Stalkeer")
        return row.id

    def _act(self, nzo_id: str, grab: NativeGrab | None, verb: Verb) -> None:
        result = check(act_on(self.queue, [self._download_of(nzo_id, grab)], verb)[0])
        assert result.outcome is not ActionOutcome.REFUSED, "check raises its reason"

    def _cancel(self, nzo_id: str, grab: NativeGrab | None) -> None:
        """Cancel a download at the request of a user. Its instance learns of it."""
        self._act(nzo_id, grab, Verb.CANCEL)

    def _drop(self, _nzo_id: str, grab: NativeGrab | None) -> None:
        """Drop a grab that its instance no longer wants."""
        assert grab is not None, "an instance sees only its grabs"
        with self.queue.database.begin() as connection:
            drop_grab(connection, grab.grab, self.queue.clock())

    def _forget(self, nzo_id: str, grab: NativeGrab | None) -> None:
        if grab is None:
            raise Conflict("The history of Stalkeer's own downloads is kept as long as its retention says")
        stage = None if grab.download is None else grab.progress.stage
        if self.instance is None and stage in (Stage.ACTIVE, Stage.READY) and not grab.is_imported:
            raise Conflict(f"{grab.grab.release} is not imported yet; remove it in the queue of its instance")
        with self.queue.database.begin() as connection:
            # after a problem of Stalkeer's disks, its instance sees a failure while its download still waits
            if stage is Stage.ACTIVE:
                drop_grab(connection, grab.grab, self.queue.clock())
            else:
                remove_grab(connection, nzo_id)


def _own_id(nzo_id: str) -> DownloadId | None:
    number = nzo_id.removeprefix(OWN_PREFIX)
    is_own = nzo_id.startswith(OWN_PREFIX) and number.isascii() and number.isdigit() and len(number) < 19
    return DownloadId(int(number)) if is_own else None


def _is_alone(row: DownloadRow, instance_id: InstanceId) -> bool:
    return all(item.instance_id == instance_id and item.hand_over is Drive.NATIVE for item in row.items if item.is_open)
