"""/downloads: the queue, what is done with it, and its figures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import Field, StrictBool, model_validator

from stalkeer.api.deps import CurrentApp
from stalkeer.api.ids import LARGEST_ID, RowId
from stalkeer.api.models import ApiModel, RunAccepted
from stalkeer.api.paging import Page, PageOf, PageParams, UnknownCursor, encode_cursor
from stalkeer.downloads.states import Action
from stalkeer.downloads.waiting import Waiting
from stalkeer.errors import Conflict, InvalidInput, StalkeerError
from stalkeer.jobs.admitting import explain_waiting
from stalkeer.jobs.queue import queue_match, queue_pair
from stalkeer.jobs.showing import PRIORITIES, Shown, show
from stalkeer.model import DownloadId, DownloadState, EntryId, InstanceId, MatchId, SourceId, WantedId
from stalkeer.runtime import App
from stalkeer.store import downloads as queue
from stalkeer.store import statistics
from stalkeer.store.downloads import ActionResult, DownloadFilter, DownloadRow, Order

router = APIRouter(prefix="/downloads", tags=["downloads"])


class Priority(StrEnum):
    FORCE = "force"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class WaitingView(ApiModel):
    reason: str = Field(description="back_off, slot, host, account, viewer, closing, source, disk, folder, hours, ...")
    until: datetime | None
    text: str


class ItemView(ApiModel):
    wanted_id: int
    instance_id: int
    arr_id: int
    state: str
    imported_file_id: int | None
    refusal: str | None


class DownloadView(ApiModel):
    """Sizes are bytes, speeds bytes a second."""

    id: int
    title: str
    name: str = Field(description="The playlist's name for the chosen variant.")
    kind: str
    state: DownloadState
    waiting: WaitingView | None = Field(description="Why a queued download does not run; computed now.")
    priority: str
    rank: float
    source_id: int
    entry_id: int
    size: int | None
    received: int
    progress: float | None = Field(description="From 0 to 1.")
    speed: int | None
    eta_seconds: int | None
    bandwidth_limit: int | None
    bytes_resumed: int = Field(description="Kept over interruptions, not fetched again.")
    bytes_fetched: int
    interruptions: int
    failures: int
    not_before: datetime | None
    error_code: str | None
    error: str | None
    worker: str | None
    facts: dict[str, Any] | None = Field(description="What the file itself says: duration, languages.")
    path: str | None
    items: list[ItemView]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    updated_at: datetime

    @classmethod
    def of(cls, shown: Shown) -> DownloadView:
        return cls.model_validate(shown.to_document())


class ActionView(ApiModel):
    id: int
    outcome: str = Field(description="`done`, `asked` (its worker lets go in a moment), `nothing` or `refused`.")
    state: DownloadState | None
    reason: str | None

    @classmethod
    def of(cls, result: ActionResult) -> ActionView:
        return cls(id=result.download_id, outcome=result.outcome, state=result.state, reason=result.reason or None)


class NewDownloadRequest(ApiModel):
    """Either a match, or an entry and a wanted item that were matched."""

    match_id: int | None = Field(None, ge=1, le=LARGEST_ID)
    entry_id: int | None = Field(None, ge=1, le=LARGEST_ID)
    wanted_id: int | None = Field(None, ge=1, le=LARGEST_ID)
    priority: Priority = Priority.NORMAL

    @model_validator(mode="after")
    def _names_one(self) -> NewDownloadRequest:
        pair = (self.entry_id is not None, self.wanted_id is not None)
        if (self.match_id is not None) == all(pair) or any(pair) != all(pair):
            raise ValueError("give either matchId, or entryId and wantedId")
        return self


class StartRequest(ApiModel):
    limit: int | None = Field(None, ge=1, le=1_000_000, description="Queue at most so many.")


class ChangeRequest(ApiModel):
    priority: Priority | None = None
    bandwidth_limit: int | None = Field(None, ge=0, le=LARGEST_ID, description="Bytes a second; 0 lifts it.")


class Place(StrEnum):
    TOP = "top"
    BOTTOM = "bottom"
    BEFORE = "before"


class MoveRequest(ApiModel):
    to: Place
    other: int | None = Field(
        None, ge=1, le=LARGEST_ID, description="With `before`: the download in front of which it is put."
    )


class BulkAction(StrEnum):
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    RETRY = "retry"
    NOW = "now"


class BulkRequest(ApiModel):
    action: BulkAction
    ids: list[Annotated[int, Field(ge=1, le=LARGEST_ID)]] = Field([], max_length=1000)
    all: StrictBool = Field(False, description="Every download for which the action makes sense.")


class BulkAnswer(ApiModel):
    results: list[ActionView]


class StatsView(ApiModel):
    counts: dict[str, int]
    speed: int
    completed: int
    failed: int
    success_rate: float | None
    resume_rate: float | None = Field(description="Share of interruptions after which nothing was fetched twice.")
    interruptions: int
    bytes_fetched: int
    bytes_resumed: int


class RatePoint(ApiModel):
    at: datetime
    rate: float


class ScorecardView(ApiModel):
    """What one source is worth."""

    source_id: int
    slug: str
    completed: int
    failed: int
    refusals: int
    success_rate: float | None
    bytes_fetched: int
    median_speed: float | None
    speed_by_hour: dict[int, float] = Field(description="Median by hour of the day, UTC.")


# --- lists -------------------------------------------------------------------------------------------------------


@router.get("")
def list_downloads(
    app: CurrentApp,
    page: PageParams,
    state: Annotated[list[DownloadState] | None, Query(description="Only these states.")] = None,
    source_id: Annotated[int | None, Query(alias="sourceId", le=LARGEST_ID)] = None,
    instance_id: Annotated[int | None, Query(alias="instanceId", le=LARGEST_ID)] = None,
    search: Annotated[str, Query(max_length=200, description="Only titles that contain this.")] = "",
    order: Annotated[Order, Query(description="`queue`: as they start; `newest` first.")] = Order.QUEUE,
) -> PageOf[DownloadView]:
    """Downloads with their progress, and why those that wait do so."""
    chosen = DownloadFilter(
        states=tuple(state or ()),
        source_id=None if source_id is None else SourceId(source_id),
        instance_id=None if instance_id is None else InstanceId(instance_id),
        search=search,
    )
    with app.database.connect() as connection:
        after = _cursor_row(app, page)
        rows = queue.list_downloads(
            connection, chosen, order=order, limit=page.size + 1, offset=page.offset, after=after
        )
        total = queue.count_downloads(connection, chosen)
    more, rows = len(rows) > page.size, rows[: page.size]
    return PageOf[DownloadView](
        records=[DownloadView.of(one) for one in show(rows, _waiting(app, rows))],
        page=None if page.after is not None else page.page,
        page_size=page.size,
        total_records=total,
        next_cursor=encode_cursor((rows[-1].id,)) if more else None,
    )


@router.get("/stats")
def get_download_stats(app: CurrentApp) -> StatsView:
    """Counts, the present speed, and how often downloads succeed and resume."""
    with app.database.connect() as connection:
        counts = queue.count_by_state(connection).by_state
        running = queue.list_downloads(connection, DownloadFilter(states=(DownloadState.DOWNLOADING,)), limit=500)
        sums = statistics.totals(connection)
    return StatsView(
        counts={one.value: counts.get(one, 0) for one in DownloadState},
        speed=round(sum(row.speed or 0 for row in running)),
        completed=sums.completed,
        failed=sums.failed,
        success_rate=sums.success_rate,
        resume_rate=sums.resume_rate,
        interruptions=sums.interruptions,
        bytes_fetched=sums.bytes_fetched,
        bytes_resumed=sums.bytes_resumed,
    )


@router.get("/rates")
def list_rates(
    app: CurrentApp,
    hours: Annotated[float, Query(ge=0.1, le=24 * 31)] = 6,
    points: Annotated[int, Query(ge=2, le=1000)] = 120,
) -> list[RatePoint]:
    """The rate over all downloads, for a graph."""
    until = app.clock()
    with app.database.connect() as connection:
        found = statistics.rates(connection, until - timedelta(hours=hours), until, points)
    return [RatePoint(at=point.at, rate=round(point.rate, 1)) for point in found]


@router.get("/scorecards")
def list_scorecards(app: CurrentApp, days: Annotated[float, Query(gt=0, le=366)] = 30) -> list[ScorecardView]:
    """How each source has done."""
    with app.database.connect() as connection:
        cards = statistics.scorecards(connection, app.clock() - timedelta(days=days))
    return [ScorecardView.model_validate(card) for card in cards]


@router.get("/{download_id}")
def get_download(app: CurrentApp, download_id: RowId) -> DownloadView:
    """One download with its items."""
    return _view(app, DownloadId(download_id))


# --- requests ----------------------------------------------------------------------------------------------------


@router.post("", status_code=201)
def create_download(app: CurrentApp, wish: NewDownloadRequest) -> DownloadView:
    """Queue one entry for one item. What is under way already answers 409."""
    priority = PRIORITIES[wish.priority.value]
    if wish.match_id is not None:
        made = queue_match(app.database, app.clock, MatchId(wish.match_id), priority)
    else:
        entry_id, wanted_id = EntryId(wish.entry_id or 0), WantedId(wish.wanted_id or 0)
        made = queue_pair(app.database, app.clock, entry_id, wanted_id, priority)
    return _view(app, made)


@router.post("/start", status_code=202)
def start_downloads(app: CurrentApp, wish: StartRequest) -> RunAccepted:
    """Queue the confirmed matches."""
    if app.engine is None:
        raise Conflict("No engine runs in this process; start `stalkeer serve`.")
    options = {} if wish.limit is None else {"limit": wish.limit}
    return RunAccepted(run_id=app.engine.start("download", None, options), job="download")


@router.patch("/{download_id}")
def change_download(app: CurrentApp, download_id: RowId, change: ChangeRequest) -> DownloadView:
    """Change its priority or its own bandwidth limit."""
    with app.database.begin() as connection:
        if change.priority is not None:
            queue.set_priority(connection, DownloadId(download_id), PRIORITIES[change.priority.value], app.clock())
        if change.bandwidth_limit is not None:
            queue.set_limit(connection, DownloadId(download_id), change.bandwidth_limit, app.clock())
    return _view(app, DownloadId(download_id))


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


@router.post("/{download_id}/pause")
def pause_download(app: CurrentApp, download_id: RowId) -> ActionView:
    """What it has is kept."""
    return _act(app, DownloadId(download_id), BulkAction.PAUSE)


@router.post("/{download_id}/resume")
def resume_download(app: CurrentApp, download_id: RowId) -> ActionView:
    """Let a paused download go on."""
    return _act(app, DownloadId(download_id), BulkAction.RESUME)


@router.post("/{download_id}/cancel")
def cancel_download(app: CurrentApp, download_id: RowId) -> ActionView:
    """What it has is removed."""
    return _act(app, DownloadId(download_id), BulkAction.CANCEL)


@router.post("/{download_id}/retry")
def retry_download(app: CurrentApp, download_id: RowId) -> ActionView:
    """Also ends the wait of one that failed a moment ago."""
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
def move_download(app: CurrentApp, download_id: RowId, wish: MoveRequest) -> Response:
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
    return Response(status_code=204)


# --- parts -------------------------------------------------------------------------------------------------------


def _act(app: App, download_id: DownloadId, action: BulkAction) -> ActionView:
    result = _do(app, download_id, action)
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


def _view(app: App, download_id: DownloadId) -> DownloadView:
    with app.database.connect() as connection:
        row = queue.get_download(connection, download_id)
    return DownloadView.of(Shown(row, _waiting(app, [row]).get(row.id)))


def _waiting(app: App, rows: list[DownloadRow]) -> Mapping[DownloadId, Waiting]:
    if not any(row.state is DownloadState.QUEUED for row in rows):
        return {}
    return explain_waiting(app.database, app.settings, app.clock())


def _cursor_row(app: App, page: Page) -> DownloadRow | None:
    if page.after is None:
        return None
    (last,) = page.after if len(page.after) == 1 else (None,)
    if not isinstance(last, int):
        raise UnknownCursor()
    with app.database.connect() as connection:
        return queue.get_download(connection, DownloadId(last))
