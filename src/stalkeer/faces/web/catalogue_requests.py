"""Download from the catalogue: the dialog of an entry, and its two actions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from stalkeer.errors import ArrError, InvalidInput, NotFound
from stalkeer.faces.web.activity import toast_of, toast_of_queued
from stalkeer.faces.web.formats import plural
from stalkeer.faces.web.frame import app_of
from stalkeer.faces.web.render import Toast, done, fragment
from stalkeer.jobs.requests.add_item import AddWish, find_instances
from stalkeer.jobs.requests.from_catalogue import (
    DownloadScope,
    add_and_download,
    download_each_to_folder,
    download_to_folder,
    propose_for_entry,
)
from stalkeer.model import EntryId, InstanceKind
from stalkeer.secrets import mask_text
from stalkeer.store.catalogue.entries import get_entry

router = APIRouter(include_in_schema=False)


@router.get("/catalogue/{entry_id}/request")
def get_request(request: Request, entry_id: int, instance: str = "") -> HTMLResponse:
    """Show what the instance knows by the entry's title, with its folders and profiles to choose from."""
    app = app_of(request)
    with app.database.connect() as connection:
        row = get_entry(connection, EntryId(entry_id))
    kind = InstanceKind.RADARR if row.is_movie else InstanceKind.SONARR
    context: dict[str, object] = {"row": row, "program": kind.capitalize(), "found": None, "problem": ""}
    context["instances"] = find_instances(app.arrs, kind)
    try:
        context["found"] = propose_for_entry(app.catalogue, EntryId(entry_id), instance or None)
    except (NotFound, ArrError) as error:
        context["problem"] = mask_text(str(error))
    return fragment(request, "catalogue/request.html", context)


@router.post("/catalogue/many")
def post_many(request: Request, ids: Annotated[list[int] | None, Form()] = None) -> Response:
    """Download the selected entries to the folders of finished downloads."""
    if not ids:
        raise InvalidInput("No entries are selected. Select at least one first.")
    results = download_each_to_folder(app_of(request).catalogue, [EntryId(entry_id) for entry_id in ids])
    made = {download for result in results for download in result.downloads}
    return done(request, toast_of(len(made), [result.error for result in results]), changed="queue")


@router.post("/catalogue/{entry_id}/folder")
def post_folder(
    request: Request, entry_id: int, scope: Annotated[DownloadScope, Form()] = DownloadScope.ENTRY
) -> Response:
    made = download_to_folder(app_of(request).catalogue, EntryId(entry_id), scope)
    return done(request, Toast(f"{plural(len(made), 'download')} queued."), changed="queue")


@router.post("/catalogue/{entry_id}/add")
def post_add(
    request: Request,
    entry_id: int,
    number: Annotated[int, Form()],
    instance: Annotated[str, Form()] = "",
    root_folder: Annotated[str, Form()] = "",
    profile_id: Annotated[int | None, Form()] = None,
    scope: Annotated[DownloadScope, Form()] = DownloadScope.ENTRY,
) -> Response:
    wish = AddWish(number, root_folder or None, profile_id)
    results = add_and_download(app_of(request).catalogue, EntryId(entry_id), wish, instance or None, scope)
    return done(request, toast_of_queued(results), changed="queue")
