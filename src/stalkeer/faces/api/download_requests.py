"""Serve the routes of /downloads that add and change downloads."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import ConfigDict, Field, StrictBool, StrictInt, model_validator

from stalkeer.core.downloads.states import ActionOutcome, Part, Priority
from stalkeer.errors import InvalidInput
from stalkeer.faces.api.deps import CurrentApp, start_run
from stalkeer.faces.api.downloads import DownloadView, view_download, view_downloads
from stalkeer.faces.http.ids import LARGEST_ID, RowId
from stalkeer.faces.http.models import ApiModel, RunAccepted
from stalkeer.faces.http.problems import ItemProblem, item_problem, refused_items
from stalkeer.jobs.downloads.actions import (
    Beside,
    Verb,
    act_on,
    act_on_all,
    check,
    move,
    set_bandwidth_limit,
    set_priority,
)
from stalkeer.jobs.downloads.queue import OfMatch, OfPair, Queued, QueueOptions, queue_all
from stalkeer.jobs.downloads.queue import Request as QueueRequest
from stalkeer.model import DownloadId, DownloadState, EntryId, JobName, MatchId, WantedId
from stalkeer.runtime import App
from stalkeer.store.downloads.actions import ActionResult

router = APIRouter(prefix="/downloads", tags=["downloads"])


class DownloadRequest(ApiModel):
    """Name the download to queue: a match, or an entry and the wanted item that it was matched with."""

    match_id: StrictInt | None = Field(None, ge=1, le=LARGEST_ID)
    entry_id: StrictInt | None = Field(None, ge=1, le=LARGEST_ID)
    wanted_id: StrictInt | None = Field(None, ge=1, le=LARGEST_ID)
    priority: Priority = Priority.NORMAL
    ourselves: StrictBool = Field(
        False,
        description="Download it here even if the instance's drive is native. Otherwise it is pushed to the instance.",
    )

    @model_validator(mode="after")
    def _names_one(self) -> DownloadRequest:
        pair = (self.entry_id is not None, self.wanted_id is not None)
        if (self.match_id is not None) == all(pair) or any(pair) != all(pair):
            raise ValueError("give either matchId, or entryId and wantedId")
        return self

    def to_request(self) -> QueueRequest:
        if self.match_id is not None:
            return OfMatch(MatchId(self.match_id), self.ourselves)
        return OfPair(EntryId(self.entry_id or 0), WantedId(self.wanted_id or 0), self.ourselves)


class NewDownloads(ApiModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [{"matchId": 17, "priority": "high"}]}]})

    items: list[DownloadRequest] = Field(min_length=1, max_length=1000)


class NewDownloadResult(ApiModel):
    """Hold the result for an item of the request: the download, or the reason why there is none.

    The order is the request's.
    """

    download: DownloadView | None
    problem: ItemProblem | None


class NewDownloadResults(ApiModel):
    results: list[NewDownloadResult]


class StartRequest(ApiModel):
    limit: StrictInt | None = Field(None, ge=1, le=1_000_000, description="Queue at most this many.")


NO_LIMIT = StartRequest()


class ChangeRequest(ApiModel):
    priority: Priority | None = None
    bandwidth_limit: StrictInt | None = Field(
        None, ge=0, le=LARGEST_ID, description="Bytes per second; 0 removes the limit."
    )


class NewPlace(StrEnum):
    TOP = "top"
    BOTTOM = "bottom"
    BEFORE = "before"


class MoveRequest(ApiModel):
    to: NewPlace
    other: StrictInt | None = Field(
        None, ge=1, le=LARGEST_ID, description="With `before`: the download that comes next."
    )


class BulkAction(StrEnum):
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    RETRY = "retry"
    NOW = "now"
    REMOVE = "remove"
    AGAIN = "again"


class BulkRequest(ApiModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"action": "pause", "ids": [12, 13]}]})

    action: BulkAction
    ids: list[Annotated[StrictInt, Field(ge=1, le=LARGEST_ID)]] = Field([], max_length=1000)
    all: StrictBool = Field(False, description="All downloads in a suitable state.")


class ActionView(ApiModel):
    id: int
    outcome: ActionOutcome = Field(
        description="`done`, `asked` (its worker stops in a moment), `nothing` or `refused`."
    )
    state: DownloadState | None
    problem: ItemProblem | None = Field(description="Why it was refused.")
    new_id: int | None = Field(None, description="The new download, after `again`.")

    @classmethod
    def of(cls, result: ActionResult) -> ActionView:
        return cls(
            id=result.download_id,
            outcome=result.outcome,
            state=result.state,
            problem=None if result.error is None else item_problem(result.error),
            new_id=result.made,
        )


class BulkResult(ApiModel):
    results: list[ActionView]


# --- new downloads ----------------------------------------------------------------------------------------------------


@router.post("", status_code=201, response_model=NewDownloadResults)
def create_downloads(app: CurrentApp, request: Request, wishes: NewDownloads) -> NewDownloadResults | Response:
    """Queue one or many downloads.

    A refused item does not stop the others. Where none could be queued, the answer is a problem document, and its
    `errors` give the reason for each item.
    """
    made = _queue_wishes(app, wishes.items)
    refused = [(f"/items/{place}", result.error) for place, result in enumerate(made) if result.error is not None]
    if len(refused) == len(made):
        return refused_items(request, refused)
    ids = list(dict.fromkeys(result.download_id for result in made if result.download_id is not None))
    views = dict(zip(ids, view_downloads(app, ids), strict=True))
    return NewDownloadResults(results=[_result(result, views) for result in made])


def _queue_wishes(app: App, wishes: list[DownloadRequest]) -> list[Queued]:
    """Queue the items one by one, because each has its own priority."""
    return [queue_all(app.download_queue, [wish.to_request()], wish.priority)[0] for wish in wishes]


def _result(made: Queued, views: Mapping[DownloadId, DownloadView]) -> NewDownloadResult:
    if made.download_id is None:
        assert made.error is not None, "a request that was not met says why"
        return NewDownloadResult(download=None, problem=item_problem(made.error))
    return NewDownloadResult(download=views[made.download_id], problem=None)


@router.post("/start", status_code=202)
def start_downloads(app: CurrentApp, wish: StartRequest = NO_LIMIT) -> RunAccepted:
    """Queue the confirmed matches."""
    return start_run(app, JobName.DOWNLOAD, options=QueueOptions(wish.limit).to_run())


# --- changes ----------------------------------------------------------------------------------------


@router.patch("/{download_id}")
def change_download(app: CurrentApp, download_id: RowId, change: ChangeRequest) -> DownloadView:
    """Change the priority or the speed limit of a download."""
    changed = DownloadId(download_id)
    if change.priority is not None:
        check(set_priority(app.download_queue, [changed], change.priority)[0])
    if change.bandwidth_limit is not None:
        check(set_bandwidth_limit(app.download_queue, changed, change.bandwidth_limit))
    return view_download(app, changed)


@router.post("/bulk", response_model=BulkResult)
def act_on_downloads(app: CurrentApp, request: Request, wish: BulkRequest) -> BulkResult | Response:
    """Apply an action to many downloads.

    A refused download does not stop the others. Where all were refused, the answer is a problem document, and its
    `errors` give the reason for each.
    """
    verb = Verb(wish.action.value)
    ids = [DownloadId(download_id) for download_id in wish.ids]
    results = act_on_all(app.download_queue, verb) if wish.all else act_on(app.download_queue, ids, verb)
    refused = [(f"/ids/{place}", result.error) for place, result in enumerate(results) if result.error is not None]
    if refused and len(refused) == len(results):
        return refused_items(request, refused)
    return BulkResult(results=[ActionView.of(result) for result in results])


@router.put("/{download_id}/pause")
def pause_download(app: CurrentApp, download_id: RowId) -> ActionView:
    """Pause a download. Its incomplete file is kept."""
    return _act(app, download_id, Verb.PAUSE)


@router.put("/{download_id}/resume")
def resume_download(app: CurrentApp, download_id: RowId) -> ActionView:
    """Resume a paused download."""
    return _act(app, download_id, Verb.RESUME)


@router.delete("/{download_id}", status_code=204)
def cancel_download(
    app: CurrentApp,
    download_id: RowId,
    keep_partial: Annotated[
        bool, Query(alias="keepPartial", description="Keep the incomplete file, so that a retry resumes it.")
    ] = False,
) -> None:
    """Cancel a download. It stays in the list and in history until `retention.downloads` removes it."""
    _act(app, download_id, Verb.CANCEL, Part.KEEP if keep_partial else Part.REMOVE)


@router.post("/{download_id}/retry")
def retry_download(app: CurrentApp, download_id: RowId) -> ActionView:
    """Retry a failed, cancelled or rejected download, and skip the delay after a failure."""
    return _act(app, download_id, Verb.RETRY)


@router.post("/{download_id}/again")
def repeat_download(app: CurrentApp, download_id: RowId) -> ActionView:
    """Repeat an ended download, even where the library has the item. `newId` is the new download."""
    return _act(app, download_id, Verb.AGAIN)


@router.post("/{download_id}/remove")
def remove_download(app: CurrentApp, download_id: RowId) -> ActionView:
    """Remove an ended download from the list. History keeps it, and an imported file stays."""
    return _act(app, download_id, Verb.REMOVE)


@router.post("/{download_id}/now")
def start_download_now(app: CurrentApp, download_id: RowId) -> ActionView:
    """Start a download now, before all others and regardless of hours and quotas.

    A running download makes room for it if necessary.
    """
    return _act(app, download_id, Verb.NOW)


@router.post("/{download_id}/accept")
def accept_download(app: CurrentApp, download_id: RowId) -> ActionView:
    """Import the file although its instance rejected it."""
    return _act(app, download_id, Verb.ACCEPT)


@router.post("/{download_id}/move", status_code=204)
def move_download(app: CurrentApp, download_id: RowId, wish: MoveRequest) -> None:
    """Move a download within its priority."""
    moved = DownloadId(download_id)
    if wish.to is not NewPlace.BEFORE:
        check(act_on(app.download_queue, [moved], Verb(wish.to.value))[0])
    elif wish.other is None:
        raise InvalidInput("`before` needs `other`: the download that comes next")
    else:
        move(app.download_queue, moved, Beside(DownloadId(wish.other)))


# --- parts -------------------------------------------------------------------------------------------------------


def _act(app: App, download_id: int, verb: Verb, part: Part = Part.REMOVE) -> ActionView:
    return ActionView.of(check(act_on(app.download_queue, [DownloadId(download_id)], verb, part)[0]))
