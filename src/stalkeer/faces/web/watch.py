"""Serve Activity > Watch Folders: the videos that other programs put there."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from stalkeer.faces.web.frame import app_of
from stalkeer.faces.web.paging import Paging
from stalkeer.faces.web.render import Toast, done, fragment, page
from stalkeer.jobs.watch.actions import choose_item, retry_file
from stalkeer.model import WantedId
from stalkeer.store.library.wanted_list import Slice, WantedFilter, list_wanted
from stalkeer.store.watch.watch_files import count_watch_files, get_watch_file, list_watch_files

router = APIRouter(include_in_schema=False)
PAGE_SIZE = 100
OFFERED = 12
PATH = "/activity/watch"


@router.get(PATH)
def get_watch(request: Request, page_number: int = 1) -> HTMLResponse:
    app = app_of(request)
    with app.database.connect() as connection:
        paging = Paging.at(page_number, sum(count_watch_files(connection).values()), PAGE_SIZE)
        rows = list_watch_files(connection, limit=PAGE_SIZE, offset=paging.offset)
    return page(request, "activity/watch.html", paging.context(), rows=rows, folders=app.settings.watch.folders)


@router.get(PATH + "/{file_id}/items")
def get_items(request: Request, file_id: int, q: str = "") -> HTMLResponse:
    """List the wanted items with this text in their title."""
    text = q.strip()
    with app_of(request).database.connect() as connection:
        row = get_watch_file(connection, file_id)
        items = list_wanted(connection, WantedFilter(text=text), part=Slice(OFFERED)) if text else []
    return fragment(request, "activity/watch_items.html", row=row, items=items, q=text)


@router.post(PATH + "/{file_id}/take/{wanted_id}")
def post_take(request: Request, file_id: int, wanted_id: int) -> Response:
    choose_item(app_of(request).download_queue, file_id, [WantedId(wanted_id)])
    return done(request, Toast("The file is imported as chosen."), to=PATH)


@router.post(PATH + "/{file_id}/retry")
def post_retry(request: Request, file_id: int) -> Response:
    retry_file(app_of(request).download_queue, file_id)
    return done(request, Toast("The file is verified and matched again."), to=PATH)
