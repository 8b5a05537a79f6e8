"""Serve Catalogue > Duplicates: files, items and streams that exist more than once, with advice."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from stalkeer.faces.web.frame import app_of
from stalkeer.faces.web.render import page
from stalkeer.jobs.duplicates.find import DuplicateKind, list_duplicates

router = APIRouter(include_in_schema=False)
TABS = {
    DuplicateKind.FILES: "Files",
    DuplicateKind.IDS: "Same title",
    DuplicateKind.INSTANCES: "Several instances",
    DuplicateKind.STREAMS: "Streams",
}


@router.get("/catalogue/duplicates")
def get_duplicates(request: Request, kind: str = "", after: str = "") -> HTMLResponse:
    app = app_of(request)
    chosen = DuplicateKind(kind) if kind in tuple(DuplicateKind) else DuplicateKind.FILES
    found = list_duplicates(app.database, app.secrets, chosen, after)
    context: dict[str, object] = {"rows": found.found, "after": found.after, "is_later": bool(after), "kind": chosen}
    return page(request, "catalogue/duplicates.html", {**context, "tabs": TABS})
