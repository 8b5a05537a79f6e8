"""Serve the wanted lists: missing items and unmet cutoffs, with what was found for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel

from stalkeer.errors import InvalidInput, NotFound
from stalkeer.faces.web.activity import DOWNLOAD_VERBS, toast_of_queued
from stalkeer.faces.web.formats import plural
from stalkeer.faces.web.frame import app_of
from stalkeer.faces.web.links import links_of
from stalkeer.faces.web.paging import Paging
from stalkeer.faces.web.render import Toast, done, fragment, is_fragment, page
from stalkeer.faces.web.selection import read_address, select_all
from stalkeer.jobs.downloads.choosing import explain_wanted
from stalkeer.jobs.downloads.queue import OfItem, queue_all
from stalkeer.jobs.matching.match_run import match_now, request_items
from stalkeer.model import Drive, LibraryId, WantedId, WantedKind
from stalkeer.runtime import App
from stalkeer.store.journal.events import EventFilter, list_events
from stalkeer.store.library.details import get_details
from stalkeer.store.library.instances import get_instance, list_instances
from stalkeer.store.library.wanted_list import (
    Slice,
    Status,
    WantedFilter,
    WantedOrder,
    WantedRow,
    count_wanted,
    get_wanted,
    list_wanted,
    list_wanted_ids,
    page_wanted,
)
from stalkeer.store.library.wanted_series import count_wanted_works, list_wanted_works
from stalkeer.store.matching.candidates import list_candidates
from stalkeer.store.system.dashboard import read_open_jobs

router = APIRouter(include_in_schema=False)
NOTHING_FOUND = "Nothing can be queued: each item was not found, is skipped, or is in the queue already."
PAGE_SIZE = 50
POSTERS = 60  # items of a page
MOST_EPISODES = 2_000  # episodes of a series


class ListQuery(BaseModel):
    """Hold the query of the page: the filter, the order and the view. An unknown value is ignored."""

    kind: str = ""
    status: str = ""
    instance: str = ""
    q: str = ""
    sort: str = ""
    view: str = ""
    page_number: int = 1

    def filter_for(self, reason: str) -> WantedFilter:
        return WantedFilter(
            reason=reason,
            kind=WantedKind(self.kind) if self.kind in tuple(WantedKind) else None,
            instance=self.instance or None,
            status=Status(self.status) if self.status in tuple(Status) else None,
            text=self.q.strip() or None,
        )

    @property
    def order(self) -> WantedOrder:
        return WantedOrder(self.sort) if self.sort in tuple(WantedOrder) else WantedOrder.TITLE

    @property
    def shows_posters(self) -> bool:
        return self.view == "posters"


@router.get("/wanted")
def get_missing(request: Request, asked: Annotated[ListQuery, Query()]) -> HTMLResponse:
    return show(request, "missing", asked)


@router.get("/wanted/cutoff")
def get_cutoff(request: Request, asked: Annotated[ListQuery, Query()]) -> HTMLResponse:
    return show(request, "cutoff", asked)


def show(request: Request, reason: str, asked: ListQuery) -> HTMLResponse:
    context = read_list(app_of(request), reason, asked)
    if is_fragment(request):
        return fragment(request, "wanted/rows.html", context)
    return page(request, "wanted/list.html", context)


def read_list(app: App, reason: str, asked: ListQuery = ListQuery()) -> dict[str, object]:
    chosen, number = asked.filter_for(reason), max(1, asked.page_number)
    with app.database.connect() as connection:
        if asked.shows_posters:
            rows: Sequence[object] = list_wanted_works(connection, chosen, POSTERS, (number - 1) * POSTERS)
            total, size = count_wanted_works(connection, chosen), POSTERS
        else:
            part, size = Slice(PAGE_SIZE, (number - 1) * PAGE_SIZE), PAGE_SIZE
            rows, total = page_wanted(connection, chosen, asked.order, part)
        instances = list_instances(connection)
        jobs_now = read_open_jobs(connection)
    return {
        "jobs_now": jobs_now,
        "rows": rows,
        "chosen": chosen,
        "path": "/wanted/cutoff" if chosen.reason == "cutoff" else "/wanted",
        "params": {
            "kind": chosen.kind,
            "status": chosen.status,
            "instance": chosen.instance,
            "q": chosen.text,
            "sort": "" if asked.order is WantedOrder.TITLE else asked.order.value,
            "view": "posters" if asked.shows_posters else "",
        },
        "sort": asked.order.value,
        "seasons": waiting_seasons(rows),
        **Paging(number, size, total).context(),
        "instances": instances,
        "statuses": tuple(Status),
    }


def waiting_seasons(rows: Sequence[object]) -> frozenset[tuple[int, int | None]]:
    """Return the seasons of which an episode on this page can be queued."""
    waits = (row for row in rows if isinstance(row, WantedRow) and row.status is Status.FOUND)
    return frozenset((row.library_id, row.season) for row in waits)


@router.post("/wanted/many")
def post_many(
    request: Request,
    verb: Annotated[str, Form()],
    ids: Annotated[list[int] | None, Form()] = None,
    works: Annotated[list[int] | None, Form()] = None,
    shown: Annotated[str, Form()] = "",
    everything: Annotated[str, Form()] = "",
) -> Response:
    """Queue the confirmed matches of the selected items, or match the items again.

    `everything` is the address of the list if all its items are selected, on every page. `works` are the movies and
    series selected by their posters in the list at the address `shown`.
    """
    if everything or works:
        ids = ids_at(app_of(request), everything or shown, verb, () if everything else tuple(works or ()))
        if not ids:
            raise InvalidInput(NOTHING_FOUND if verb == "download" else "The selected items are no longer wanted.")
    if not ids:
        raise InvalidInput("No items are selected. Select at least one first.")
    return act(request, [WantedId(wanted_id) for wanted_id in ids], verb)


def ids_at(app: App, text: str, verb: str, works: tuple[int, ...] = ()) -> list[int]:
    """Return the items of the list at an address, or of these movies and series of it."""
    address = read_address(text)
    reason = "cutoff" if address.path.endswith("/cutoff") else "missing"
    chosen = ListQuery.model_validate(address.query).filter_for(reason)
    chosen = replace(chosen, library_ids=tuple(LibraryId(work) for work in works))
    if verb == "download" and chosen.status is None:
        chosen = replace(chosen, status=Status.FOUND)
    return select_all(app, "items", lambda connection, most: list_wanted_ids(connection, chosen, most))


@router.post("/wanted/series/{library_id}/{season}/{verb}")
def post_season(request: Request, library_id: int, season: int, verb: str, reason: str = "") -> Response:
    """Download or search the wanted episodes of a season.

    `reason` limits it to missing episodes, or to those below the cutoff.
    """
    of_series = WantedFilter(library_id=LibraryId(library_id), reason=reason or None)
    with app_of(request).database.connect() as connection:
        rows = list_wanted(connection, of_series, part=Slice(MOST_EPISODES))
    rows = [row for row in rows if (row.season or 0) == season]
    if not rows:
        raise InvalidInput("No episode of this season is wanted any more.")
    chosen = rows if verb != "download" else [row for row in rows if row.status is Status.FOUND]
    if not chosen:
        raise InvalidInput(NOTHING_FOUND)
    return act(request, [row.id for row in chosen], verb)


@router.post("/wanted/{wanted_id}/{verb}")
def post_verb(request: Request, wanted_id: int, verb: str) -> Response:
    return act(request, [WantedId(wanted_id)], verb)


def act(request: Request, ids: list[WantedId], verb: str) -> Response:
    app = app_of(request)
    if verb == "match":
        report = match_now(app.matching, app.refresher, request_items(app.matching, ids))
        words = (
            f"Searched {plural(report.items, 'item')} again: {plural(report.confirmed, 'new match', 'new matches')}."
        )
        return done(request, Toast(words), changed="matches")
    if verb not in DOWNLOAD_VERBS:
        raise NotFound(f"There is no action {verb!r} for wanted items: match or download them.")
    ourselves = DOWNLOAD_VERBS[verb]
    results = queue_all(app.download_queue, [OfItem(wanted_id, ourselves) for wanted_id in ids])
    return done(request, toast_of_queued(results), changed="queue")


@router.get("/wanted/{wanted_id}/why")
def get_why(request: Request, wanted_id: int) -> HTMLResponse:
    """Explain the matching of an item. The drawer loads this separately."""
    explanation = explain_wanted(app_of(request).matching, WantedId(wanted_id))
    return fragment(request, "wanted/why.html", explanation=explanation)


@dataclass(frozen=True)
class SeasonRows:
    number: int
    rows: tuple[WantedRow, ...]

    @property
    def label(self) -> str:
        return f"Season {self.number}" if self.number else "Specials"

    @property
    def figures(self) -> str:
        """Return the counts as the list shows them: `3 missing, 1 below cutoff, 2 found, 1 in the queue`."""
        counts = (
            (sum(row.reason == "missing" for row in self.rows), "missing"),
            (sum(row.reason == "cutoff" for row in self.rows), "below cutoff"),
            (self.found, "found"),
            (sum(row.status is Status.DOWNLOADING for row in self.rows), "in the queue"),
        )
        return ", ".join(f"{count:,} {words}" for count, words in counts if count)

    @property
    def found(self) -> int:
        """Count what can be queued."""
        return sum(row.status is Status.FOUND for row in self.rows)


@router.get("/wanted/series/{library_id}")
def get_series(request: Request, library_id: int) -> HTMLResponse:
    """Show a series with the episodes that it lacks, by season."""
    app, chosen = app_of(request), WantedFilter(library_id=LibraryId(library_id))
    with app.database.connect() as connection:
        work = get_details(connection, LibraryId(library_id))
        rows, total = page_wanted(connection, chosen, part=Slice(MOST_EPISODES))
        missing = count_wanted(connection, replace(chosen, reason="missing"))
        events = list_events(connection, EventFilter(library_id=work.id), limit=12)
    numbers = sorted({row.season or 0 for row in rows}, key=lambda number: (not number, number))  # specials last
    seasons = [SeasonRows(number, tuple(row for row in rows if (row.season or 0) == number)) for number in numbers]
    context: dict[str, object] = {"work": work, "links": links_of(work), "seasons": seasons, "events": events}
    context |= {"missing": missing, "cutoff": total - missing, "shown": len(rows), "more": total > len(rows)}
    if is_fragment(request):
        return fragment(request, "wanted/series.html", context)
    reason = rows[0].reason if rows else "missing"
    return page(request, "wanted/list.html", {**read_list(app, reason), **context}, drawer_of="wanted/series.html")


@router.get("/wanted/{wanted_id}")
def get_item(request: Request, wanted_id: int) -> HTMLResponse:
    """Show an item with every candidate and its evidence."""
    app = app_of(request)
    item, context = read_item(app, WantedId(wanted_id))
    if is_fragment(request):
        return fragment(request, "wanted/item.html", context)
    return page(request, "wanted/list.html", {**context, **read_list(app, item.reason)}, drawer_of="wanted/item.html")


def read_item(app: App, wanted_id: WantedId) -> tuple[WantedRow, dict[str, object]]:
    """Return an item, and what its panel shows."""
    with app.database.connect() as connection:
        item = get_wanted(connection, wanted_id)
        instance = get_instance(connection, item.instance)
        work = get_details(connection, item.library_id)
        candidates = list_candidates(connection, item.id)
        events = list_events(connection, EventFilter(wanted_id=item.id), limit=12)
    shown: dict[str, object] = {"item": item, "candidates": candidates, "events": events}
    is_native = instance.options.drive is Drive.NATIVE
    return item, {**shown, "work": work, "links": links_of(work), "is_native": is_native}
