"""Serve /downloads: the queue and its statistics. `download_requests` has the routes that change it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from stalkeer.core.downloads.waiting import Waiting
from stalkeer.faces.api.deps import CurrentApp
from stalkeer.faces.api.overrides import OverridesView, get_overrides
from stalkeer.faces.http.ids import RowId
from stalkeer.faces.http.models import ApiModel
from stalkeer.faces.http.paging import Page, PageOf, PageParams, encode_cursor, last_id, page_of_all
from stalkeer.faces.http.sorting import Direction, sorted_by
from stalkeer.jobs.downloads.admission import explain_waiting
from stalkeer.jobs.downloads.view import Shown, read_grabs, read_names, read_story, show
from stalkeer.model import DownloadId, DownloadState, Drive
from stalkeer.runtime import App
from stalkeer.store.downloads import downloads as queue
from stalkeer.store.downloads import statistics
from stalkeer.store.downloads.downloads import DownloadFilter, QueueOrder
from stalkeer.store.downloads.rows import DownloadRow

router = APIRouter(prefix="/downloads", tags=["downloads"])


class WaitingView(ApiModel):
    reason: str = Field(description="back_off, slot, host, account, viewer, closing, source, disk, folder, hours, ...")
    until: datetime | None
    text: str


class ItemView(ApiModel):
    wanted_id: int
    instance: str | None
    arr_id: int
    state: str
    imported_file_id: int | None
    refusal: str | None
    hand_over: Drive = Field(
        description="`ours`: Stalkeer has the file imported. `native`: the instance imports it by itself."
    )


class GrabView(ApiModel):
    """Describe a release that an instance with `drive: native` grabbed."""

    instance: str
    download_id: str = Field(description="The instance's id of the download.")
    release: str
    category: str
    status: str = Field(description="The state as the instance sees it, in SABnzbd's words.")
    imported: bool
    fail_message: str


class FactsView(ApiModel):
    """Describe what reading the file found."""

    container: str | None = None
    is_whole: bool | None = Field(None, description="null: the container cannot show it.")
    reason: str = Field("", description="Why the file is not whole, or not known to be.")
    duration_seconds: float | None = None
    audio_languages: list[str] = []
    subtitle_languages: list[str] = []
    has_video: bool = False
    is_encrypted: bool = False
    flaw: str = Field("", description="A defect that whole files may have too.")
    extension: str | None = Field(None, description="The file's extension, where it differs from the name's.")
    checksums: dict[str, str] = Field({}, description="Of the whole file, by algorithm.")


class DownloadView(ApiModel):
    """Describe a download. Sizes are in bytes, speeds in bytes per second."""

    id: int
    title: str
    name: str = Field(description="The name of the chosen variant on the playlist.")
    kind: str
    state: DownloadState
    waiting: WaitingView | None = Field(description="Why a queued download does not run at present.")
    priority: str
    rank: float
    source: str | None
    entry_id: int
    size: int | None
    received: int
    progress: float | None = Field(description="From 0 to 1.")
    speed: int | None
    eta_seconds: int | None
    bandwidth_limit: int | None
    bytes_resumed: int = Field(description="Bytes that were kept over interruptions and not fetched again.")
    bytes_fetched: int
    interruptions: int
    failures: int
    not_before: datetime | None
    error_code: str | None
    error: str | None
    worker: str | None
    facts: FactsView | None = Field(description="null: the file was not read yet.")
    path: str | None
    items: list[ItemView]
    grabs: list[GrabView] = Field(description="Only in the answer for a single download.")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    updated_at: datetime

    @classmethod
    def of(cls, shown: Shown) -> DownloadView:
        return cls.model_validate(shown.to_document())


class StoryLineView(ApiModel):
    at: datetime
    kind: str = Field(description="The kind of the event, as in history, or `log`.")
    level: str
    text: str
    output: str = Field("", description="The output of a hook script.")


class StatsView(ApiModel):
    counts: dict[str, int]
    speed: int
    overrides: OverridesView = Field(description="The pause of the queue and the speed limit for now.")
    completed: int
    failed: int
    success_rate: float | None
    resume_rate: float | None = Field(description="Share of interruptions after which no byte was fetched twice.")
    interruptions: int
    bytes_fetched: int
    bytes_resumed: int


class RatePoint(ApiModel):
    at: datetime
    rate: float


class RatesView(ApiModel):
    points: list[RatePoint]


class ScorecardView(ApiModel):
    """Describe the results of a source."""

    source: str
    completed: int
    failed: int
    refusals: int
    success_rate: float | None
    bytes_fetched: int
    median_speed: float | None
    speed_by_hour: dict[int, float] = Field(description="Median speed by hour of the day, in UTC.")


# the orders that have an index
ORDERS = {
    ("queue", Direction.ASCENDING): QueueOrder.QUEUE,
    ("createdAt", Direction.DESCENDING): QueueOrder.NEWEST,
}


@router.get("")
def list_downloads(
    app: CurrentApp,
    page: PageParams,
    order: Annotated[QueueOrder, Depends(sorted_by(ORDERS))],
    state: Annotated[list[DownloadState] | None, Query(description="Only these states.")] = None,
    source: Annotated[str | None, Query(max_length=80, description="Only downloads from this source.")] = None,
    instance: Annotated[
        str | None, Query(max_length=80, description="Only downloads for this Radarr or Sonarr.")
    ] = None,
    search: Annotated[str, Query(max_length=200, description="Only titles that contain this text.")] = "",
) -> PageOf[DownloadView]:
    """List the downloads with their progress, and the reason why a download waits."""
    with app.database.connect() as connection:
        names = read_names(connection)
        chosen = DownloadFilter(
            states=tuple(state or ()),
            source_id=None if source is None else names.find_source(source),
            instance_id=None if instance is None else names.find_instance(instance),
            search=search,
        )
        after = _cursor_row(app, page)
        rows = queue.list_downloads(
            connection, chosen, order=order, limit=page.size + 1, offset=page.offset, after=after
        )
        total = queue.count_downloads(connection, chosen)
    more, rows = len(rows) > page.size, rows[: page.size]
    return PageOf[DownloadView](
        records=[DownloadView.of(shown) for shown in show(rows, names, _waiting(app, rows))],
        page=None if page.after is not None else page.page,
        page_size=page.size,
        total_records=total,
        next_cursor=encode_cursor((rows[-1].id,)) if more else None,
    )


@router.get("/stats")
def get_download_stats(app: CurrentApp) -> StatsView:
    """Show counts, the present speed, and how often downloads succeed and resume."""
    with app.database.connect() as connection:
        counts = queue.count_by_state(connection).by_state
        running = queue.list_downloads(connection, DownloadFilter(states=(DownloadState.DOWNLOADING,)), limit=500)
        sums = statistics.totals(connection)
    return StatsView(
        counts={state.value: counts.get(state, 0) for state in DownloadState},
        speed=round(sum(row.transfer.speed or 0 for row in running)),
        overrides=get_overrides(app),
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
) -> RatesView:
    """List the speed over all downloads, for a graph."""
    until = app.clock()
    with app.database.connect() as connection:
        found = statistics.rates(connection, until - timedelta(hours=hours), until, points)
    return RatesView(points=[RatePoint(at=point.at, rate=round(point.rate, 1)) for point in found])


@router.get("/scorecards")
def list_scorecards(
    app: CurrentApp, page: PageParams, days: Annotated[float, Query(gt=0, le=366)] = 30
) -> PageOf[ScorecardView]:
    """Show the results of each source."""
    with app.database.connect() as connection:
        cards = statistics.scorecards(connection, app.clock() - timedelta(days=days))
    return page_of_all([_scorecard(card) for card in cards], page)


@router.get("/{download_id}")
def get_download(app: CurrentApp, download_id: RowId) -> DownloadView:
    """Show one download with its items."""
    return view_download(app, DownloadId(download_id))


@router.get("/{download_id}/log")
def get_download_log(app: CurrentApp, download_id: RowId, page: PageParams) -> PageOf[StoryLineView]:
    """List the events and log lines of a download, in order of time."""
    story = read_story(app.database, app.paths.logs, DownloadId(download_id))
    return page_of_all([StoryLineView.model_validate(line) for line in story], page)


def view_download(app: App, download_id: DownloadId) -> DownloadView:
    with app.database.connect() as connection:
        row = queue.get_download(connection, download_id)
        grabs, names = read_grabs(connection, download_id), read_names(connection)
    return DownloadView.of(Shown(row, names, _waiting(app, [row]).get(row.id), grabs))


def view_downloads(app: App, download_ids: Sequence[DownloadId]) -> list[DownloadView]:
    """Show several downloads without their grabs. What they wait for is planned once for all."""
    with app.database.connect() as connection:
        rows, names = queue.get_downloads(connection, download_ids), read_names(connection)
    return [DownloadView.of(shown) for shown in show(rows, names, _waiting(app, rows))]


def _scorecard(card: statistics.Scorecard) -> ScorecardView:
    return ScorecardView(
        source=card.slug,
        completed=card.completed,
        failed=card.failed,
        refusals=card.refusals,
        success_rate=card.success_rate,
        bytes_fetched=card.bytes_fetched,
        median_speed=card.median_speed,
        speed_by_hour=dict(card.speed_by_hour),
    )


def _waiting(app: App, rows: list[DownloadRow]) -> Mapping[DownloadId, Waiting]:
    if not any(row.state is DownloadState.QUEUED for row in rows):
        return {}
    return explain_waiting(app.database, app.settings, app.clock(), [row.id for row in rows])


def _cursor_row(app: App, page: Page) -> DownloadRow | None:
    last = last_id(page)
    if last is None:
        return None
    with app.database.connect() as connection:
        return queue.get_download(connection, DownloadId(last))
