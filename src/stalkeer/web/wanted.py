"""Wanted: what Radarr and Sonarr miss, what was found for each, and why not more."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from stalkeer.model import WantedId
from stalkeer.runtime import App
from stalkeer.store.events import EventFilter, list_events
from stalkeer.store.instances import list_instances
from stalkeer.store.wanted_page import (
    Status,
    WantedFilter,
    count_wanted_page,
    get_wanted,
    list_candidates,
    list_wanted,
)
from stalkeer.web.frame import app_of
from stalkeer.web.render import fragment, is_fragment, page

router = APIRouter(include_in_schema=False)
PAGE_SIZE = 50
REASONS = {"/wanted": "missing", "/wanted/cutoff": "cutoff"}


@router.get("/wanted")
def get_missing(
    request: Request, kind: str = "", status: str = "", instance: str = "", q: str = "", page_number: int = 1
) -> HTMLResponse:
    return show(request, WantedFilter("missing", kind, instance, status, q.strip()), page_number)


@router.get("/wanted/cutoff")
def get_cutoff(
    request: Request, kind: str = "", status: str = "", instance: str = "", q: str = "", page_number: int = 1
) -> HTMLResponse:
    return show(request, WantedFilter("cutoff", kind, instance, status, q.strip()), page_number)


def show(request: Request, chosen: WantedFilter, number: int) -> HTMLResponse:
    context = read_list(app_of(request), chosen, max(1, number))
    if is_fragment(request):
        return fragment(request, "wanted/rows.html", **context)
    return page(request, "wanted/list.html", **context)


def read_list(app: App, chosen: WantedFilter, number: int) -> dict[str, object]:
    with app.database.connect() as connection:
        rows = list_wanted(connection, chosen, limit=PAGE_SIZE, offset=(number - 1) * PAGE_SIZE)
        total = count_wanted_page(connection, chosen)
        instances = list_instances(connection)
    return {
        "rows": rows,
        "total": total,
        "chosen": chosen,
        "path": "/wanted/cutoff" if chosen.reason == "cutoff" else "/wanted",
        "params": {"kind": chosen.kind, "status": chosen.status, "instance": chosen.instance, "q": chosen.search},
        "page_number": number,
        "pages": -(-total // PAGE_SIZE),
        "instances": instances,
        "statuses": tuple(Status),
    }


@router.get("/wanted/{wanted_id}")
def get_item(request: Request, wanted_id: int) -> HTMLResponse:
    """Why not? One item with every candidate and what speaks for and against it."""
    app = app_of(request)
    with app.database.connect() as connection:
        item = get_wanted(connection, WantedId(wanted_id))
        candidates = list_candidates(connection, item.id)
        events = list_events(connection, EventFilter(wanted_id=item.id), limit=12)
    context: dict[str, object] = {"item": item, "candidates": candidates, "events": events}
    if is_fragment(request):
        return fragment(request, "wanted/item.html", **context)
    chosen = WantedFilter(reason=item.reason)
    return page(request, "wanted/list.html", drawer_of="wanted/item.html", **context, **read_list(app, chosen, 1))
