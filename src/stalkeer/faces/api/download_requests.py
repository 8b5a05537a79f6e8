"""/downloads: what is asked of the queue - new downloads, and what is done to those that are there."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import ConfigDict, Field, StrictBool, StrictInt, model_validator

from stalkeer.core.downloads.states import Action
from stalkeer.errors import Conflict, InvalidInput, StalkeerError
from stalkeer.faces.api.deps import CurrentApp, start_run
from stalkeer.faces.api.downloads import DownloadView, view_download
from stalkeer.faces.http.ids import LARGEST_ID, RowId
from stalkeer.faces.http.models import ApiModel, RunAccepted
from stalkeer.faces.http.problems import ItemProblem, item_problem, refused_items
from stalkeer.jobs.downloads.queue import queue_match, queue_pair
from stalkeer.jobs.downloads.view import PRIORITIES
from stalkeer.model import DownloadId, DownloadState, EntryId, JobName, MatchId, WantedId
from stalkeer.runtime import App
from stalkeer.store.downloads import downloads as queue
from stalkeer.store.downloads.downloads import ActionResult

router = APIRouter(prefix="/downloads", tags=["downloads"])


class Priority(StrEnum):
    FORCE = "force"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class NewDownload(ApiModel):
    """Either a match, or an entry and a wanted item that were matched."""

    match_id: StrictInt | None = Field(None, ge=1, le=LARGEST_ID)
    entry_id: StrictInt | None = Field(None, ge=1, le=LARGEST_ID)
    wanted_id: StrictInt | None = Field(None, ge=1, le=LARGEST_ID)
    priority: Priority = Priority.NORMAL

    @model_validator(mode="after")
    def _names_one(self) -> NewDownload:
        pair = (self.entry_id is not None, self.wanted_id is not None)
        if (self.match_id is not None) == all(pair) or any(pair) != all(pair):
            raise ValueError("give either matchId, or entryId and wantedId")
        return self


class NewDownloads(ApiModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [{"matchId": 17, "priority": "high"}]}]})

    items: list[NewDownload] = Field(min_length=1, max_length=1000)


class NewDownloadResult(ApiModel):
    """One wish of the request, in its order: either the download, or why there is none."""

    download: DownloadView | None
    problem: ItemProblem | None


class NewDownloadResults(ApiModel):
    results: list[NewDownloadResult]


class StartRequest(ApiModel):
    limit: StrictInt | None = Field(None, ge=1, le=1_000_000, description="Queue at most so many.")


class PriorityRequest(ApiModel):
    priority: Priority


class ChangeRequest(ApiModel):
    priority: Priority | None = None
    bandwidth_limit: StrictInt | None = Field(None, ge=0, le=LARGEST_ID, description="Bytes a second; 0 lifts it.")


class Place(StrEnum):
    TOP = "top"
    BOTTOM = "bottom"
    BEFORE = "before"


class MoveRequest(ApiModel):
    to: Place
    other: StrictInt | None = Field(
        None, ge=1, le=LARGEST_ID, description="With `before`: the download in front of which it is put."
    )


class BulkAction(StrEnum):
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    RETRY = "retry"
    NOW = "now"


class BulkRequest(ApiModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"action": "pause", "ids": [12, 13]}]})

    action: BulkAction
    ids: list[Annotated[StrictInt, Field(ge=1, le=LARGEST_ID)]] = Field([], max_length=1000)
    all: StrictBool = Field(False, description="Every download for which the action makes sense.")


class ActionView(ApiModel):
    id: int
    outcome: str = Field(description="`done`, `asked` (its worker lets go in a moment), `nothing` or `refused`.")
    state: DownloadState | None
    reason: str | None

    @classmethod
    def of(cls, result: ActionResult) -> ActionView:
        return cls(id=result.download_id, outcome=result.outcome, state=result.state, reason=result.reason or None)


class BulkAnswer(ApiModel):
    results: list[ActionView]


# --- new ones ----------------------------------------------------------------------------------------------------


@router.post("", status_code=201, response_model=NewDownloadResults)
def create_downloads(app: CurrentApp, request: Request, wishes: NewDownloads) -> NewDownloadResults | Response:
    """Queue entries for items: one or many. A wish that is refused does not stop the others.

    Where none could be queued the answer is a problem; `errors` says of each why, what is under way already among it.
    """
    made = [_try_wish(app, wish) for wish in wishes.items]
    refused = [(f"/items/{place}", one) for place, one in enumerate(made) if isinstance(one, StalkeerError)]
    if len(refused) == len(made):
        return refused_items(request, refused)
    return NewDownloadResults(results=[_result(app, one) for one in made])


def _try_wish(app: App, wish: NewDownload) -> DownloadId | StalkeerError:
    priority = PRIORITIES[wish.priority.value]
    try:
        if wish.match_id is not None:
            return queue_match(app.database, app.clock, MatchId(wish.match_id), priority)
        entry_id, wanted_id = EntryId(wish.entry_id or 0), WantedId(wish.wanted_id or 0)
        return queue_pair(app.database, app.clock, entry_id, wanted_id, priority)
    except StalkeerError as error:
        return error


def _result(app: App, made: DownloadId | StalkeerError) -> NewDownloadResult:
    if isinstance(made, StalkeerError):
        return NewDownloadResult(download=None, problem=item_problem(made))
    return NewDownloadResult(download=view_download(app, made), problem=None)


@router.post("/start", status_code=202)
def start_downloads(app: CurrentApp, wish: StartRequest) -> RunAccepted:
    """Queue the confirmed matches."""
    return start_run(app, JobName.DOWNLOAD, options={} if wish.limit is None else {"limit": wish.limit})


# --- what is done to them ----------------------------------------------------------------------------------------


@router.patch("/{download_id}")
def change_download(app: CurrentApp, download_id: RowId, change: ChangeRequest) -> DownloadView:
    """Change its priority or its own bandwidth limit."""
    with app.database.begin() as connection:
        if change.priority is not None:
            queue.set_priority(connection, DownloadId(download_id), PRIORITIES[change.priority.value], app.clock())
        if change.bandwidth_limit is not None:
            queue.set_limit(connection, DownloadId(download_id), change.bandwidth_limit, app.clock())
    return view_download(app, DownloadId(download_id))


@router.post("/bulk")
def act_on_downloads(app: CurrentApp, wish: BulkRequest) -> BulkAnswer:
    """One action on many; one that is refused does not stop the others."""
    ids = wish.ids
    if wish.all:
        if wish.action is BulkAction.NOW:
            raise Conflict("Starting everything now has no meaning: give ids")
        with app.database.connect() as connection:
            ids = [*queue.fitting_ids(connection, Action(wish.action.value))]
    return BulkAnswer(results=[_tried(app, DownloadId(one), wish.action) for one in ids])


@router.put("/{download_id}/pause")
def pause_download(app: CurrentApp, download_id: RowId) -> ActionView:
    """Let it stop for now; what it has is kept."""
    return _act(app, DownloadId(download_id), BulkAction.PAUSE)


@router.put("/{download_id}/resume")
def resume_download(app: CurrentApp, download_id: RowId) -> ActionView:
    """Let a paused download go on."""
    return _act(app, DownloadId(download_id), BulkAction.RESUME)


@router.put("/{download_id}/priority")
def put_download_priority(app: CurrentApp, download_id: RowId, wish: PriorityRequest) -> DownloadView:
    """Let it start before others, or after them."""
    return change_download(app, download_id, ChangeRequest(priority=wish.priority))


@router.delete("/{download_id}")
def cancel_download(
    app: CurrentApp,
    download_id: RowId,
    keep_partial: Annotated[
        bool, Query(alias="keepPartial", description="Keep what it has: a retry goes on from there.")
    ] = False,
) -> ActionView:
    """Cancel it. Its row stays in the list and in history until `retention.downloads` lets it go."""
    with app.database.begin() as connection:
        result = queue.act(connection, DownloadId(download_id), Action.CANCEL, app.clock())
        if result.outcome != "refused":
            queue.keep_part(connection, DownloadId(download_id), keep=keep_partial)
    return _done(result)


@router.post("/{download_id}/retry")
def retry_download(app: CurrentApp, download_id: RowId) -> ActionView:
    """Try again what failed, was cancelled or refused; ends the wait of one that failed a moment ago."""
    return _act(app, DownloadId(download_id), BulkAction.RETRY)


@router.post("/{download_id}/now")
def start_download_now(app: CurrentApp, download_id: RowId) -> ActionView:
    """First in the queue, whatever hours and quotas say; it takes the place of a running one where it must."""
    return _act(app, DownloadId(download_id), BulkAction.NOW)


@router.post("/{download_id}/accept")
def accept_download(app: CurrentApp, download_id: RowId) -> ActionView:
    """Import it all the same, whatever its instance said against it."""
    with app.database.begin() as connection:
        return ActionView.of(queue.accept_refusal(connection, DownloadId(download_id), app.clock()))


@router.post("/{download_id}/move", status_code=204)
def move_download(app: CurrentApp, download_id: RowId, wish: MoveRequest) -> None:
    """Change its place among those of its priority."""
    moved = DownloadId(download_id)
    with app.database.begin() as connection:
        if wish.to is Place.TOP:
            queue.move_to_top(connection, moved, app.clock())
        elif wish.to is Place.BOTTOM:
            queue.move_to_bottom(connection, moved, app.clock())
        elif wish.other is None:
            raise InvalidInput("`before` needs `other`: the download in front of which it is put")
        else:
            queue.move_before(connection, moved, DownloadId(wish.other), app.clock())


# --- parts -------------------------------------------------------------------------------------------------------


def _act(app: App, download_id: DownloadId, action: BulkAction) -> ActionView:
    return _done(_do(app, download_id, action))


def _done(result: ActionResult) -> ActionView:
    if result.outcome == "refused":
        raise Conflict(result.reason)
    return ActionView.of(result)


def _do(app: App, download_id: DownloadId, action: BulkAction) -> ActionResult:
    with app.database.begin() as connection:
        if action is BulkAction.NOW:
            return queue.start_now(connection, download_id, app.clock())
        return queue.act(connection, download_id, Action(action.value), app.clock())


def _tried(app: App, download_id: DownloadId, action: BulkAction) -> ActionView:
    try:
        return ActionView.of(_do(app, download_id, action))
    except StalkeerError as error:
        return ActionView(id=download_id, outcome="refused", state=None, reason=str(error))
