"""Serve /missing: the wanted items of the instances, with the matches found for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import Field, StrictBool

from stalkeer.adapters.arr.values import WantedReason
from stalkeer.faces.api.deps import CurrentApp, start_run
from stalkeer.faces.http.ids import LARGEST_ID, RowId
from stalkeer.faces.http.models import ApiModel, RunAccepted
from stalkeer.faces.http.paging import Page, PageOf, PageParams, encode_cursor, last_id
from stalkeer.faces.http.problems import problem_answers
from stalkeer.faces.http.sorting import Direction, sorted_by
from stalkeer.jobs.matching.search_upstream import refresh_item, search_item, search_series
from stalkeer.model import InstanceKind, JobName, LibraryId, WantedId, WantedKind
from stalkeer.runtime import App
from stalkeer.store.library.instances import get_instance
from stalkeer.store.library.wanted_list import (
    BestMatch,
    Slice,
    WantedFilter,
    WantedOrder,
    WantedRow,
    get_wanted,
    page_wanted,
)
from stalkeer.store.library.wanted_series import count_wanted_series, list_wanted_series

router = APIRouter(prefix="/missing", tags=["missing"])


class CurrentQuality(ApiModel):
    id: int
    name: str
    source: str
    resolution: int

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> CurrentQuality:
        """Take what the API shows of a stored quality, which has also the instance's id of the file."""
        return cls(**{name: stored[name] for name in cls.model_fields})


class MissingItem(ApiModel):
    id: int
    name: str = Field(description="`Dune (2021)`, `Severance S01E02`.")
    instance: str
    instance_kind: InstanceKind
    series_id: int | None = Field(
        None, description="The same for all episodes of a series: `libraryId` of /missing/series."
    )
    kind: WantedKind
    reason: str = Field(description="`missing`, or `cutoff`: has a file below its profile's cutoff.")
    title: str
    item_title: str
    year: int | None
    season: int | None
    episode: int | None
    air_date: str | None
    poster: str | None
    current_quality: CurrentQuality | None
    skip: str | None = Field(description="The rule that prevents the download at present.")
    owned_by: str | None = Field(description="Another instance that has a file of the item.")
    found: BestMatch
    score: float | None
    variants: int
    download_id: int | None
    download_state: str | None
    first_seen: datetime
    last_searched_at: datetime | None


class MissingSeriesItem(ApiModel):
    library_id: int
    instance: str
    title: str
    year: int | None
    poster: str | None
    missing: int
    confirmed: int
    review: int
    skipped: int
    seasons: tuple[int, ...]


class ScanToStart(ApiModel):
    instance: str | None = Field(None, max_length=80, description="Only this Radarr or Sonarr.")
    dry_run: StrictBool = Field(False, description="Only report, in the run, what the scan would find; save nothing.")


async def missing_filter(
    instance: Annotated[str | None, Query(max_length=80, description="Only this Radarr or Sonarr.")] = None,
    kind: WantedKind | None = None,
    found: Annotated[BestMatch | None, Query(description="The decision on the best match.")] = None,
    reason: Annotated[WantedReason | None, Query()] = None,
    skipped: Annotated[bool | None, Query(description="Only items that a rule skips, or only the others.")] = None,
    series_id: Annotated[int | None, Query(alias="seriesId", ge=1, le=LARGEST_ID)] = None,
    text: Annotated[str | None, Query(alias="search", max_length=200, description="Part of a title.")] = None,
) -> WantedFilter:
    library_id = None if series_id is None else LibraryId(series_id)
    return WantedFilter(
        instance=instance,
        kind=kind,
        found=found,
        reason=reason,
        skipped=skipped,
        library_id=library_id,
        text=text,
    )


ChosenItems = Annotated[WantedFilter, Depends(missing_filter)]
ORDERS = {
    ("title", Direction.ASCENDING): WantedOrder.TITLE,
    ("firstSeen", Direction.DESCENDING): WantedOrder.NEWEST,
    ("airDate", Direction.DESCENDING): WantedOrder.AIRED,
}
Sorting = Annotated[WantedOrder, Depends(sorted_by(ORDERS))]
NO_SCAN_OPTIONS = ScanToStart()


@router.get("")
def list_missing_items(app: CurrentApp, chosen: ChosenItems, page: PageParams, order: Sorting) -> PageOf[MissingItem]:
    """List the wanted items of the instances: missing items, and items below the cutoff."""
    return _page(app, chosen, page, order)


@router.get("/movies")
def list_missing_movies(app: CurrentApp, chosen: ChosenItems, page: PageParams, order: Sorting) -> PageOf[MissingItem]:
    """List the wanted movies, as of the last scan."""
    return _page(app, replace(chosen, kind=WantedKind.MOVIE), page, order)


@router.get("/tvshows")
def list_missing_episodes(
    app: CurrentApp, chosen: ChosenItems, page: PageParams, order: Sorting
) -> PageOf[MissingItem]:
    """List the wanted episodes, as of the last scan. `/missing/series` groups them."""
    return _page(app, replace(chosen, kind=WantedKind.EPISODE), page, order)


@router.get("/series")
def list_missing_by_series(app: CurrentApp, chosen: ChosenItems, page: PageParams) -> PageOf[MissingSeriesItem]:
    """List the wanted episodes grouped by series, ordered by title."""
    after = last_id(page)
    with app.database.connect() as connection:
        series = None if after is None else LibraryId(after)
        rows = list_wanted_series(connection, chosen, page.size, page.offset, series)
        total = count_wanted_series(connection, chosen)
    return PageOf(
        records=[MissingSeriesItem.model_validate(row) for row in rows],
        page=None if page.after else page.page,
        page_size=page.size,
        total_records=total,
        next_cursor=encode_cursor((rows[-1].library_id,)) if len(rows) == page.size else None,
    )


@router.post("/scan", status_code=202, responses=problem_answers(404, 409))
def start_scan(app: CurrentApp, what: ScanToStart = NO_SCAN_OPTIONS) -> RunAccepted:
    """Start a scan: read the missing items of Radarr and Sonarr, and match them.

    A scan that is already queued is returned.
    """
    if what.instance is not None:
        with app.database.connect() as connection:
            get_instance(connection, what.instance)
    return start_run(app, JobName.SCAN_PREVIEW if what.dry_run else JobName.SCAN, what.instance)


@router.get("/{wanted_id}", responses=problem_answers(404))
def show_missing_item(app: CurrentApp, wanted_id: RowId) -> MissingItem:
    """Show one missing item with its candidates."""
    with app.database.connect() as connection:
        return _shown(get_wanted(connection, WantedId(wanted_id)))


@router.post("/{wanted_id}/search", status_code=204, responses=problem_answers(404, 502))
def search_missing_item(app: CurrentApp, wanted_id: RowId) -> None:
    """Let the item's instance search its own indexers now."""
    search_item(app.database, app.arrs, WantedId(wanted_id))


@router.post("/series/{series_id}/search", status_code=204, responses=problem_answers(404, 502))
def search_missing_series(app: CurrentApp, series_id: RowId) -> None:
    """Let Sonarr search its own indexers for all missing episodes of a series now."""
    search_series(app.database, app.arrs, LibraryId(series_id))


@router.post("/{wanted_id}/refresh", status_code=204, responses=problem_answers(404, 502))
def refresh_missing_item(app: CurrentApp, wanted_id: RowId) -> None:
    """Let the item's instance refresh the movie or series."""
    refresh_item(app.database, app.arrs, WantedId(wanted_id))


def _page(app: App, chosen: WantedFilter, page: Page, order: WantedOrder) -> PageOf[MissingItem]:
    after = last_id(page)
    part = Slice(page.size, page.offset, None if after is None else WantedId(after))
    with app.database.connect() as connection:
        rows, total = page_wanted(connection, chosen, order, part)
    return PageOf(
        records=[_shown(row) for row in rows],
        page=None if page.after else page.page,
        page_size=page.size,
        total_records=total,
        next_cursor=encode_cursor((rows[-1].id,)) if len(rows) == page.size else None,
    )


def _shown(row: WantedRow) -> MissingItem:
    quality = CurrentQuality.of(row.current_quality) if row.current_quality else None
    is_episode = row.kind is WantedKind.EPISODE
    return MissingItem(
        id=row.id,
        name=row.label,
        instance=row.instance,
        instance_kind=row.instance_kind,
        series_id=row.library_id if is_episode else None,
        kind=row.kind,
        reason=row.reason,
        title=row.title,
        item_title=row.item_title,
        year=row.year,
        season=row.season,
        episode=row.episode,
        air_date=row.air_date,
        poster=row.poster,
        current_quality=quality,
        skip=row.skip,
        owned_by=row.owned_by,
        found=row.found,
        score=row.score,
        variants=row.variants,
        download_id=row.download_id,
        download_state=row.download_state,
        first_seen=row.first_seen,
        last_searched_at=row.last_searched_at,
    )
