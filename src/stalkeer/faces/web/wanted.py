"""Serve the wanted lists: missing items and unmet cutoffs, with what was found for them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from stalkeer.errors import InvalidInput, NotFound
from stalkeer.faces.web.activity import toast_of_queued
from stalkeer.faces.web.formats import plural
from stalkeer.faces.web.frame import app_of
from stalkeer.faces.web.render import Toast, done, fragment, is_fragment, page
from stalkeer.jobs.downloads.choosing import explain_wanted
from stalkeer.jobs.downloads.queue import OfItem, queue_all
from stalkeer.jobs.matching.match_run import match_now, request_items
from stalkeer.model import WantedId, WantedKind
from stalkeer.runtime import App
from stalkeer.store.journal.events import EventFilter, list_events
from stalkeer.store.library.instances import list_instances
from stalkeer.store.library.wanted_list import Slice, Status, WantedFilter, count_wanted, get_wanted, list_wanted
from stalkeer.store.matching.candidates import list_candidates

router = APIRouter(include_in_schema=False)
PAGE_SIZE = 50
REASONS = {"/wanted": "missing", "/wanted/cutoff": "cutoff"}


@router.get("/wanted")
def get_missing(
    request: Request, kind: str = "", status: str = "", instance: str = "", q: str = "", page_number: int = 1
) -> HTMLResponse:
    return show(request, chosen_items("missing", kind, instance, status, q), page_number)


@router.get("/wanted/cutoff")
def get_cutoff(
    request: Request, kind: str = "", status: str = "", instance: str = "", q: str = "", page_number: int = 1
) -> HTMLResponse:
    return show(request, chosen_items("cutoff", kind, instance, status, q), page_number)


def chosen_items(reason: str, kind: str, instance: str, status: str, text: str) -> WantedFilter:
    """Return the filter of the form. An unknown value is ignored."""
    return WantedFilter(
        reason=reason,
        kind=WantedKind(kind) if kind in tuple(WantedKind) else None,
        instance=instance or None,
        status=Status(status) if status in tuple(Status) else None,
        text=text.strip() or None,
    )


def show(request: Request, chosen: WantedFilter, number: int) -> HTMLResponse:
    context = read_list(app_of(request), chosen, max(1, number))
    if is_fragment(request):
        return fragment(request, "wanted/rows.html", context)
    return page(request, "wanted/list.html", context)


def read_list(app: App, chosen: WantedFilter, number: int) -> dict[str, object]:
    with app.database.connect() as connection:
        rows = list_wanted(connection, chosen, part=Slice(PAGE_SIZE, (number - 1) * PAGE_SIZE))
        total = count_wanted(connection, chosen)
        instances = list_instances(connection)
    return {
        "rows": rows,
        "total": total,
        "chosen": chosen,
        "path": "/wanted/cutoff" if chosen.reason == "cutoff" else "/wanted",
        "params": {"kind": chosen.kind, "status": chosen.status, "instance": chosen.instance, "q": chosen.text},
        "page_number": number,
        "pages": -(-total // PAGE_SIZE),
        "instances": instances,
        "statuses": tuple(Status),
    }


@router.post("/wanted/many")
def post_many(
    request: Request, verb: Annotated[str, Form()], ids: Annotated[list[int] | None, Form()] = None
) -> Response:
    """Queue the confirmed matches of the selected items, or match the items again."""
    if not ids:
        raise InvalidInput("No items are selected. Select at least one first.")
    return act(request, [WantedId(wanted_id) for wanted_id in ids], verb)


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
    if verb != "download":
        raise NotFound(f"There is no action {verb!r} for wanted items: match or download them.")
    results = queue_all(app.download_queue, [OfItem(wanted_id) for wanted_id in ids])
    return done(request, toast_of_queued(results), changed="queue")


@router.get("/wanted/{wanted_id}/why")
def get_why(request: Request, wanted_id: int) -> HTMLResponse:
    """Explain the matching of an item. The drawer loads this separately."""
    explanation = explain_wanted(app_of(request).matching, WantedId(wanted_id))
    return fragment(request, "wanted/why.html", explanation=explanation)


@router.get("/wanted/{wanted_id}")
def get_item(request: Request, wanted_id: int) -> HTMLResponse:
    """Show an item with every candidate and its evidence."""
    app = app_of(request)
    with app.database.connect() as connection:
        item = get_wanted(connection, WantedId(wanted_id))
        candidates = list_candidates(connection, item.id)
        events = list_events(connection, EventFilter(wanted_id=item.id), limit=12)
    context: dict[str, object] = {"item": item, "candidates": candidates, "events": events}
    if is_fragment(request):
        return fragment(request, "wanted/item.html", context)
    chosen = WantedFilter(reason=item.reason)
    return page(request, "wanted/list.html", {**context, **read_list(app, chosen, 1)}, drawer_of="wanted/item.html")
