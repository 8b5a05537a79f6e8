"""Apply the user's actions on downloads, for every face.

Each download is changed in a separate transaction. A download that cannot be changed does not stop the others: its
result has the reason. Every change wakes the heartbeat.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path

from stalkeer.core.downloads.overrides import LONGEST_OVERRIDE, Overrides, QueuePause, SpeedLimit
from stalkeer.core.downloads.states import Action, ActionOutcome, Part, Priority
from stalkeer.errors import Conflict, InvalidInput, NotFound, StalkeerError
from stalkeer.jobs.downloads.context import DownloadQueue
from stalkeer.jobs.downloads.outcomes import sweep
from stalkeer.model import DownloadId
from stalkeer.store.db.database import Transaction
from stalkeer.store.downloads import actions as store
from stalkeer.store.downloads.actions import ActionResult
from stalkeer.store.downloads.downloads import get_download
from stalkeer.store.downloads.overrides import read_overrides, write_pause, write_speed_limit
from stalkeer.store.downloads.quarantine import QuarantinedFile, forget_set_aside, get_set_aside, take_set_aside

Change = Callable[[Transaction, DownloadId, datetime], ActionResult]


class Verb(StrEnum):
    """Define an action on one download or on many."""

    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    RETRY = "retry"
    NOW = "now"
    ACCEPT = "accept"  # import a file that an instance rejected
    TOP = "top"
    BOTTOM = "bottom"
    REMOVE = "remove"  # remove an ended download from the list
    AGAIN = "again"  # repeat an ended download, even where the library has the item


class MoveStep(StrEnum):
    """Define a move past the next download that waits."""

    UP = "up"
    DOWN = "down"


class Side(StrEnum):
    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True)
class Beside:
    """Name the place before or after another download."""

    other: DownloadId
    side: Side = Side.BEFORE


@dataclass(frozen=True)
class Moved:
    """Hold the outcome of a move. NOTHING means that the download was the first or the last already."""

    title: str
    outcome: ActionOutcome


def act_on(
    queue: DownloadQueue, download_ids: Sequence[DownloadId], verb: Verb, part: Part = Part.REMOVE
) -> list[ActionResult]:
    """Apply an action to each of these downloads. `part` says what happens to the part file of a cancelled download."""
    change = partial(_cancel, part=part) if verb is Verb.CANCEL else _CHANGES[verb]
    results = _change_each(queue, download_ids, change)
    if verb is Verb.REMOVE:
        while sweep(queue.database):
            pass
    return results


def act_on_all(queue: DownloadQueue, verb: Verb, part: Part = Part.REMOVE) -> list[ActionResult]:
    """Apply an action to all downloads in a suitable state. Raises Conflict for an action that cannot apply to all."""
    if verb not in _OF_ALL:
        raise Conflict(f"{verb.value!r} cannot be done with all downloads at once: name them")
    with queue.database.connect() as connection:
        is_removal = verb is Verb.REMOVE
        download_ids = store.ended_ids(connection) if is_removal else store.fitting_ids(connection, Action(verb.value))
    return act_on(queue, download_ids, verb, part)


def set_priority(queue: DownloadQueue, download_ids: Sequence[DownloadId], priority: Priority) -> list[ActionResult]:
    """Set the priority of downloads."""

    def change(connection: Transaction, download_id: DownloadId, now: datetime) -> ActionResult:
        store.set_priority(connection, download_id, priority, now)
        return ActionResult(download_id, ActionOutcome.DONE)

    return _change_each(queue, download_ids, change)


def set_bandwidth_limit(queue: DownloadQueue, download_id: DownloadId, limit: int) -> ActionResult:
    """Set the speed limit of a download in bytes/s; 0 removes it."""

    def change(connection: Transaction, download_id: DownloadId, now: datetime) -> ActionResult:
        store.set_limit(connection, download_id, limit, now)
        return ActionResult(download_id, ActionOutcome.DONE)

    return _change_each(queue, [download_id], change)[0]


def move(queue: DownloadQueue, download_id: DownloadId, place: MoveStep | Beside) -> Moved:
    """Move a download within its priority. Raises NotFound, and InvalidInput for a place in another priority."""
    with queue.database.begin() as connection:
        row = get_download(connection, download_id)
        if isinstance(place, MoveStep):
            neighbour = store.find_neighbour(connection, row, above=place is MoveStep.UP)
            if neighbour is None:
                return Moved(row.identity.title, ActionOutcome.NOTHING)
            place = Beside(neighbour, Side.BEFORE if place is MoveStep.UP else Side.AFTER)
        put = store.move_before if place.side is Side.BEFORE else store.move_after
        put(connection, download_id, place.other, queue.clock())
    queue.wake()
    return Moved(row.identity.title, ActionOutcome.DONE)


def pause_queue(queue: DownloadQueue, duration: timedelta | None = None) -> Overrides:
    """Pause all downloads except those with priority `force`, for `duration` or until the queue is resumed.

    A restart does not end the pause.
    """
    now = queue.clock()
    pause = QueuePause(now, _end_of(now, duration))
    return _override(queue, lambda connection: write_pause(connection, pause))


def resume_queue(queue: DownloadQueue) -> Overrides:
    """End the pause of the queue. The hours of the settings apply again."""
    return _override(queue, lambda connection: write_pause(connection, None))


def limit_speed(queue: DownloadQueue, rate: int, duration: timedelta | None = None) -> Overrides:
    """Limit all downloads together to `rate` bytes/s, for `duration` or until the limit is ended; 0 is unlimited.

    It has precedence over `downloads.bandwidth_limit` and the limits of `downloads.hours`.
    """
    if rate < 0:
        raise InvalidInput("A speed limit is a number of bytes per second; 0 is unlimited.")
    now = queue.clock()
    limit = SpeedLimit(rate, now, _end_of(now, duration))
    return _override(queue, lambda connection: write_speed_limit(connection, limit))


def end_speed_limit(queue: DownloadQueue) -> Overrides:
    """End the temporary speed limit. The limit of the settings applies again."""
    return _override(queue, lambda connection: write_speed_limit(connection, None))


def queue_overrides(queue: DownloadQueue) -> Overrides:
    """Return the pause of the queue and the temporary speed limit that apply now."""
    with queue.database.connect() as connection:
        return read_overrides(connection, queue.clock())


def _end_of(now: datetime, duration: timedelta | None) -> datetime | None:
    if duration is None:
        return None
    if not timedelta(0) < duration <= LONGEST_OVERRIDE:
        raise InvalidInput(
            f"The duration must be over 0 and at most {LONGEST_OVERRIDE.days} days; "
            "without one it lasts until you end it."
        )
    return now + duration


def _override(queue: DownloadQueue, write: Callable[[Transaction], None]) -> Overrides:
    with queue.database.begin() as connection:
        write(connection)
    queue.wake()
    return queue_overrides(queue)


def accept_set_aside(queue: DownloadQueue, file_id: int) -> DownloadId:
    """Import a quarantined file as it is. Raises NotFound, and Conflict where its item is being downloaded."""
    with queue.database.begin() as connection:
        file = get_set_aside(connection, file_id)
        path = _complete_move(file.path)
        if not path.is_file():
            raise NotFound(f"{path} is gone; delete it from the quarantine and download the item again.")
        download_id = take_set_aside(connection, file, path.stat().st_size, queue.clock())
    queue.wake()
    return download_id


def delete_set_aside(queue: DownloadQueue, file_id: int) -> QuarantinedFile:
    """Delete a quarantined file."""
    with queue.database.begin() as connection:
        file = get_set_aside(connection, file_id)
        _complete_move(file.path).unlink(missing_ok=True)
        forget_set_aside(connection, [file.path])
    return file


def _complete_move(path: Path) -> Path:
    """Complete the move of a part file into the quarantine that a kill interrupted."""
    part = path.parent.parent / f"{path.stem.rpartition('-')[0]}{path.suffix}"
    if not path.exists() and part.is_file():
        part.replace(path)
    return path


def check(result: ActionResult) -> ActionResult:
    """Raise the error of a refused result, for requests about a single download."""
    if result.error is not None:
        raise result.error
    return result


def _change_each(queue: DownloadQueue, download_ids: Sequence[DownloadId], change: Change) -> list[ActionResult]:
    results = [_try(queue, download_id, change) for download_id in download_ids]
    if any(result.outcome is not ActionOutcome.REFUSED for result in results):
        queue.wake()
    return results


def _try(queue: DownloadQueue, download_id: DownloadId, change: Change) -> ActionResult:
    try:
        with queue.database.begin() as connection:
            return change(connection, download_id, queue.clock())
    except StalkeerError as error:
        return ActionResult(download_id, ActionOutcome.REFUSED, error=error)


def _act(connection: Transaction, download_id: DownloadId, now: datetime, *, action: Action) -> ActionResult:
    return store.act(connection, download_id, action, now)


def _cancel(connection: Transaction, download_id: DownloadId, now: datetime, *, part: Part) -> ActionResult:
    return store.cancel(connection, download_id, part, now)


def _to_top(connection: Transaction, download_id: DownloadId, now: datetime) -> ActionResult:
    store.move_to_top(connection, download_id, now)
    return ActionResult(download_id, ActionOutcome.DONE)


def _to_bottom(connection: Transaction, download_id: DownloadId, now: datetime) -> ActionResult:
    store.move_to_bottom(connection, download_id, now)
    return ActionResult(download_id, ActionOutcome.DONE)


_CHANGES: Mapping[Verb, Change] = {
    Verb.PAUSE: partial(_act, action=Action.PAUSE),
    Verb.RESUME: partial(_act, action=Action.RESUME),
    Verb.RETRY: partial(_act, action=Action.RETRY),
    Verb.NOW: store.start_now,
    Verb.ACCEPT: store.accept_refusal,
    Verb.TOP: _to_top,
    Verb.BOTTOM: _to_bottom,
    Verb.REMOVE: store.remove_ended,
    Verb.AGAIN: store.download_again,
}
_OF_ALL = (Verb.PAUSE, Verb.RESUME, Verb.CANCEL, Verb.RETRY, Verb.REMOVE)
