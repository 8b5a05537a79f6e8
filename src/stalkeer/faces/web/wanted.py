"""Serve the wanted lists: missing items and unmet cutoffs, with what was found for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated
from urllib.parse import parse_qsl, urlsplit

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel

from stalkeer.errors import InvalidInput, NotFound
from stalkeer.faces.web.activity import DOWNLOAD_VERBS, toast_of_queued
from stalkeer.faces.web.formats import plural
from stalkeer.faces.web.frame import app_of
from stalkeer.faces.web.links import links_of
from stalkeer.faces.web.render import Toast, done, fragment, is_fragment, page
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
    get_wanted,
    list_wanted,
    page_wanted,
)
from stalkeer.store.library.wanted_series import count_wanted_works, list_wanted_works
from stalkeer.store.matching.candidates import list_candidates
from stalkeer.store.system.dashboard import read_open_jobs

router = APIRouter(include_in_schema=False)
PAGE_SIZE = 50
POSTERS = 60  # of a page
MOST_EPISODES = 2_000  # of a series
MOST_AT_ONCE = 5_000


class ListQuery(BaseModel):
    """The query of the page: the filter, the order and the view. An unknown value is ignored."""

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
        "total": total,
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
        "page_number": number,
        "pages": -(-total // size),
        "instances": instances,
        "statuses": tuple(Status),
    }


def waiting_seasons(rows: Sequence[object]) -> frozenset[tuple[int, int | None]]:
    """Return the seasons of which an episode on this page was found and is not in the queue."""
    waits = (row for row in rows if isinstance(row, WantedRow) and row.sure and not row.is_downloading)
    return frozenset((row.library_id, row.season) for row in waits)


@router.post("/wanted/many")
def post_many(
    request: Request,
    verb: Annotated[str, Form()],
    ids: Annotated[list[int] | None, Form()] = None,
    everything: Annotated[str, Form()] = "",
) -> Response:
    """Queue the confirmed matches of the selected items, or match the items again.

    `everything` is the address of the list if all its items are selected, on every page.
    """
    ids = ids_at(app_of(request), everything, verb) if everything else ids
    if not ids:
        raise InvalidInput("No items are selected. Select at least one first.")
    return act(request, [WantedId(wanted_id) for wanted_id in ids], verb)


def ids_at(app: App, address: str, verb: str) -> list[int]:
    parts = urlsplit(address)
    reason = "cutoff" if parts.path.endswith("/cutoff") else "missing"
    chosen = ListQuery.model_validate(dict(parse_qsl(parts.query))).filter_for(reason)
    if verb == "download" and chosen.status is None:
        chosen = replace(chosen, status=Status.FOUND)
    with app.database.connect() as connection:
        return [int(row.id) for row in list_wanted(connection, chosen, part=Slice(MOST_AT_ONCE))]


@router.post("/wanted/series/{library_id}/{season}/{verb}")
def post_season(request: Request, library_id: int, season: int, verb: str) -> Response:
    """Download or search again what a season lacks."""
    with app_of(request).database.connect() as connection:
        rows = list_wanted(connection, WantedFilter(library_id=LibraryId(library_id)), part=Slice(MOST_EPISODES))
    chosen = [
        row for row in rows if row.season == season and (verb != "download" or (row.sure and not row.is_downloading))
    ]
    if not chosen:
        raise InvalidInput("Every episode of the season that was found is in the queue already.")
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
class Season:
    number: int
    rows: tuple[WantedRow, ...]

    @property
    def label(self) -> str:
        return f"Season {self.number}" if self.number else "Specials"

    @property
    def found(self) -> int:
        return sum(1 for row in self.rows if row.sure)


@router.get("/wanted/series/{library_id}")
def get_series(request: Request, library_id: int) -> HTMLResponse:
    """Show a series with the episodes that it lacks, by season."""
    app, chosen = app_of(request), WantedFilter(library_id=LibraryId(library_id))
    with app.database.connect() as connection:
        work = get_details(connection, LibraryId(library_id))
        rows, total = page_wanted(connection, chosen, part=Slice(MOST_EPISODES))
        events = list_events(connection, EventFilter(library_id=work.id), limit=12)
    numbers = sorted({row.season or 0 for row in rows}, key=lambda number: (not number, number))  # specials last
    seasons = [Season(number, tuple(row for row in rows if (row.season or 0) == number)) for number in numbers]
    context: dict[str, object] = {"work": work, "links": links_of(work), "seasons": seasons, "events": events}
    context |= {"total": total, "more": total > len(rows)}
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
