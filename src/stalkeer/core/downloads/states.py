"""Which state of a download may follow which, and what an action of the user means in each. One table each."""

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
    # a file that is not what was asked for goes back to the queue with another variant, or fails
    _S.FETCHED: frozenset({_S.PLACED, _S.QUEUED, _S.FAILED, _S.BLOCKED, _S.CANCELLED}),
    # without an instance to import it (`import.mode: none`) a placed file is done
    _S.PLACED: frozenset({_S.IMPORTING, _S.COMPLETED, _S.BLOCKED, _S.FAILED, _S.CANCELLED}),
    _S.IMPORTING: frozenset({_S.PLACED, _S.COMPLETED, _S.BLOCKED, _S.FAILED, _S.CANCELLED}),
    _S.PAUSED: frozenset({_S.QUEUED, _S.CANCELLED}),
    _S.BLOCKED: frozenset({_S.FETCHED, _S.PLACED, _S.QUEUED, _S.COMPLETED, _S.CANCELLED}),
    # a file that the instance has after all completes what was given up
    _S.FAILED: frozenset({_S.QUEUED, _S.FETCHED, _S.PLACED, _S.COMPLETED, _S.CANCELLED}),
    _S.CANCELLED: frozenset({_S.QUEUED}),
    _S.COMPLETED: frozenset(),
}

FINISHING_STATES = (_S.FETCHED, _S.PLACED, _S.IMPORTING)  # the bytes are here; no connection is held


class Action(StrEnum):
    """An action of the user that changes the state of a download."""

    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    RETRY = "retry"


class Outcome(StrEnum):
    """The outcome of a user's action on one download."""

    DONE = "done"
    ASKED = "asked"  # its worker lets go in a moment
    NOTHING = "nothing"  # it is so already
    REFUSED = "refused"


class Priority(StrEnum):
    """Downloads of a higher priority start first; FORCE also ignores hours and quotas."""

    FORCE = "force"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"

    @property
    def level(self) -> int:
        """The number that is stored: a higher one starts first."""
        return _LEVELS[self]


_LEVELS = {Priority.FORCE: 2, Priority.HIGH: 1, Priority.NORMAL: 0, Priority.LOW: -1}


class Part(StrEnum):
    """The fate of what a cancelled download has on disk."""

    REMOVE = "remove"
    KEEP = "keep"  # a retry goes on from there


class Intent(StrEnum):
    """What a download's owner is asked to do; the row keeps its slot until the owner lets go."""

    PAUSE = "pause"
    CANCEL = "cancel"
    YIELD = "yield"  # not the user but the queue: a viewer, or a download that is to start now, needs the place


class FileStage(StrEnum):
    """How far a download's file has come, for a retry to go on from."""

    PARTIAL = "partial"  # or nothing of it is here
    WHOLE = "whole"  # among the incomplete ones
    PLACED = "placed"  # at its staging place


@dataclass(frozen=True)
class Become:
    """Nobody works on it: the new state is true at once."""

    state: DownloadState


@dataclass(frozen=True)
class Ask:
    """A worker has it: it is asked, and lets go within seconds."""

    intent: Intent


@dataclass(frozen=True)
class AlreadySo:
    """There is nothing to do."""


@dataclass(frozen=True)
class Refuse:
    """It cannot be done in this state; `reason` is for the user."""

    reason: str


Effect = Become | Ask | AlreadySo | Refuse


def check_transition(old: DownloadState, new: DownloadState) -> None:
    """Raise Conflict unless `new` may follow `old`. A state may be written over itself."""
    if new is not old and new not in TRANSITIONS[old]:
        raise Conflict(f"A download that is {old.value} cannot become {new.value}.")


def decide(action: Action, state: DownloadState, *, is_owned: bool, stage: FileStage = FileStage.PARTIAL) -> Effect:
    """What `action` does to a download in `state`.

    `is_owned`: a worker is admitted to it or has claimed it. `stage`: what a retry goes on from.
    """
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
        return Ask(Intent.CANCEL)  # the instance may be taking the file at this moment: its owner knows
    return Become(_S.CANCELLED)


def _retry(state: DownloadState, stage: FileStage) -> Effect:
    if state in (_S.FAILED, _S.BLOCKED) and stage is FileStage.PLACED:
        return Become(_S.PLACED)
    if state is _S.BLOCKED and stage is FileStage.WHOLE:
        return Become(_S.FETCHED)
    if state in (_S.FAILED, _S.BLOCKED, _S.CANCELLED):
        return Become(_S.QUEUED)
    if state is _S.QUEUED:
        return AlreadySo()  # its back-off is over now: see store.downloads
    return Refuse(f"it is {state.value}")
