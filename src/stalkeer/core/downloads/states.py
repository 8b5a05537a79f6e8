"""Define the transitions of a download's states, and the effect of each user action in each state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from stalkeer.errors import Conflict
from stalkeer.model import DownloadState

_S = DownloadState

TRANSITIONS: Mapping[DownloadState, frozenset[DownloadState]] = {
    _S.QUEUED: frozenset({_S.DOWNLOADING, _S.PAUSED, _S.FAILED, _S.CANCELLED}),
    _S.DOWNLOADING: frozenset({_S.FETCHED, _S.QUEUED, _S.PAUSED, _S.BLOCKED, _S.FAILED, _S.CANCELLED}),
    # after a wrong file, the download returns to the queue with another variant, or fails
    _S.FETCHED: frozenset({_S.PLACED, _S.QUEUED, _S.FAILED, _S.BLOCKED, _S.CANCELLED}),
    # without an instance to import it (`import.mode: none`) a placed file is complete
    _S.PLACED: frozenset({_S.IMPORTING, _S.COMPLETED, _S.BLOCKED, _S.FAILED, _S.CANCELLED}),
    _S.IMPORTING: frozenset({_S.PLACED, _S.COMPLETED, _S.BLOCKED, _S.FAILED, _S.CANCELLED}),
    _S.PAUSED: frozenset({_S.QUEUED, _S.CANCELLED}),
    # a blocked download continues its import once its instance can import the file again
    _S.BLOCKED: frozenset({_S.FETCHED, _S.PLACED, _S.IMPORTING, _S.QUEUED, _S.COMPLETED, _S.CANCELLED}),
    # a failed download completes when the instance turns out to have the file
    _S.FAILED: frozenset({_S.QUEUED, _S.FETCHED, _S.PLACED, _S.COMPLETED, _S.CANCELLED}),
    _S.CANCELLED: frozenset({_S.QUEUED}),
    _S.COMPLETED: frozenset(),
}

FINISHING_STATES = (_S.FETCHED, _S.PLACED, _S.IMPORTING)  # the file is complete; no connection is held


class Action(StrEnum):
    """Define an action of the user that changes the state of a download."""

    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    RETRY = "retry"


class ActionOutcome(StrEnum):
    """Define the outcome of a user's action on one download."""

    DONE = "done"
    ASKED = "asked"  # its worker stops in a moment
    NOTHING = "nothing"  # it already has this state
    REFUSED = "refused"


class Priority(StrEnum):
    """Define the priorities: higher ones start first, and FORCE also ignores hours and quotas."""

    FORCE = "force"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"

    @property
    def level(self) -> int:
        """Return the stored number. A higher number starts first."""
        return _LEVELS[self]


_LEVELS = {Priority.FORCE: 2, Priority.HIGH: 1, Priority.NORMAL: 0, Priority.LOW: -1}


class Part(StrEnum):
    """Define what happens to the part file of a cancelled download."""

    REMOVE = "remove"
    KEEP = "keep"  # a retry resumes it


class Intent(StrEnum):
    """Define the requests to the worker of a download. The row keeps its slot until the worker has stopped."""

    PAUSE = "pause"
    CANCEL = "cancel"
    YIELD = "yield"  # from the queue, not the user: a viewer or a forced download needs the slot


class FileStage(StrEnum):
    """Define how far a download's file is, from where a retry continues."""

    PARTIAL = "partial"  # incomplete, or no file yet
    WHOLE = "whole"  # complete, in the folder of incomplete files
    PLACED = "placed"  # at its staging place


@dataclass(frozen=True)
class Become:
    """Apply the new state at once, because no worker owns the download."""

    state: DownloadState


@dataclass(frozen=True)
class Ask:
    """Ask the worker that owns the download. It stops within seconds."""

    intent: Intent


@dataclass(frozen=True)
class AlreadySo:
    """Do nothing, because the state is already as wanted."""


@dataclass(frozen=True)
class Refuse:
    """Refuse the action in this state; `reason` is for the user."""

    reason: str


Effect = Become | Ask | AlreadySo | Refuse


def check_transition(old: DownloadState, new: DownloadState) -> None:
    """Raise Conflict unless `new` may follow `old`. A state may follow itself."""
    if new is not old and new not in TRANSITIONS[old]:
        raise Conflict(f"A download that is {old.value} cannot become {new.value}.")


IN_WATCH_FOLDER = "its file lies in a watch folder; retry it there"
FORGOTTEN = "its instance has forgotten this grab; search there again"


@dataclass(frozen=True)
class Handing:
    """Define how a file gets into the library."""

    by_instance: bool = False  # an instance with the native drive grabbed it and imports it
    is_waiting: bool = False  # only the import by the instance is left
    is_watched_file: bool = False  # nothing can be fetched: the file lies in a watch folder


OURS = Handing()


def decide(
    action: Action,
    state: DownloadState,
    *,
    is_owned: bool,
    stage: FileStage = FileStage.PARTIAL,
    handing: Handing = OURS,
) -> Effect:
    """Return the effect of `action` on a download in `state`.

    `is_owned` means that a worker was assigned or has claimed it. A retry continues from `stage`.
    """
    if action is Action.RETRY and handing.by_instance and state in (_S.FAILED, _S.CANCELLED):
        return Refuse(FORGOTTEN)
    if action is Action.RETRY and handing.is_watched_file and _retry(state, stage) == Become(_S.QUEUED):
        return Refuse(IN_WATCH_FOLDER)
    if action is Action.CANCEL and handing.is_waiting and not is_owned and state is _S.IMPORTING:
        return Become(_S.CANCELLED)  # no import runs here, and the instance learns of it
    if action is Action.PAUSE:
        return _pause(state)
    if action is Action.RESUME:
        return _resume(state)
    if action is Action.CANCEL:
        return _cancel(state, is_owned=is_owned)
    return _retry(state, stage)


def _pause(state: DownloadState) -> Effect:
    if state is _S.QUEUED:
        return Become(_S.PAUSED)
    if state is _S.DOWNLOADING:
        return Ask(Intent.PAUSE)
    if state is _S.PAUSED:
        return AlreadySo()
    if state in FINISHING_STATES:
        return Refuse("its file is complete and on its way to the library; it holds no connection")
    return Refuse(f"it is {state.value}")


def _resume(state: DownloadState) -> Effect:
    if state is _S.PAUSED:
        return Become(_S.QUEUED)
    if state in (_S.QUEUED, _S.DOWNLOADING, *FINISHING_STATES):
        return AlreadySo()
    return Refuse(f"it is {state.value}; retry it")


def _cancel(state: DownloadState, *, is_owned: bool) -> Effect:
    if state is _S.CANCELLED:
        return AlreadySo()
    if state is _S.COMPLETED:
        return Refuse("it is completed")
    if state is _S.IMPORTING or (is_owned and state in (_S.DOWNLOADING, *FINISHING_STATES)):
        return Ask(Intent.CANCEL)  # the instance may be importing the file now: only the owner knows
    return Become(_S.CANCELLED)


def _retry(state: DownloadState, stage: FileStage) -> Effect:
    if state in (_S.FAILED, _S.BLOCKED) and stage is FileStage.PLACED:
        return Become(_S.PLACED)
    if state is _S.BLOCKED and stage is FileStage.WHOLE:
        return Become(_S.FETCHED)
    if state in (_S.FAILED, _S.BLOCKED, _S.CANCELLED):
        return Become(_S.QUEUED)
    if state is _S.QUEUED:
        return AlreadySo()  # `store.downloads` ends its delay
    return Refuse(f"it is {state.value}")
