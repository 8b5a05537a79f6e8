"""Match by hand: any entry of the catalogue with any wanted item, from the panel of either."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from stalkeer.faces.web.catalogue import read_entry
from stalkeer.faces.web.frame import app_of
from stalkeer.faces.web.render import Toast, fragment, undo_path
from stalkeer.faces.web.wanted import read_item
from stalkeer.jobs.matching.decisions import take_entry
from stalkeer.model import EntryId, WantedId
from stalkeer.store.catalogue.entries import CatalogueEntry, get_entry
from stalkeer.store.library.wanted_list import Slice, WantedFilter, WantedRow, list_wanted

router = APIRouter(include_in_schema=False)
OFFERED = 12
LOOKED_AT = 300  # episodes of a title, of which those with the numbers of the entry come first


@router.get("/catalogue/{entry_id}/items")
def get_items(request: Request, entry_id: int, q: str = "") -> HTMLResponse:
    """List the wanted items with this text in their title; those with the numbers of the entry come first."""
    chosen = WantedFilter(text=q.strip() or None)
    with app_of(request).database.connect() as connection:
        row = get_entry(connection, EntryId(entry_id))
        items = list_wanted(connection, chosen, part=Slice(LOOKED_AT)) if chosen.text else []
    nearest = sorted(items, key=lambda item: distance(row, item))[:OFFERED]
    return fragment(request, "catalogue/items.html", row=row, items=nearest, q=q.strip())


def distance(entry: CatalogueEntry, item: WantedRow) -> tuple[bool, bool, bool]:
    """Order items by what they share with an entry: season, episode, year."""
    is_other_year = entry.year is not None and item.year != entry.year
    return item.season != entry.season, item.episode != entry.episode, is_other_year


@router.post("/wanted/{wanted_id}/take/{entry_id}")
def post_take(request: Request, wanted_id: int, entry_id: int, shown: str = "item") -> HTMLResponse:
    """Match an entry with an item, whatever its name, and show the item or the entry again."""
    app = app_of(request)
    outcome = take_entry(app.matching, WantedId(wanted_id), entry_id)
    toast = Toast(f"Matched: {outcome.rule.item_label}.", undo=undo_path(request, outcome.rule_id))
    if shown == "entry":
        context = read_entry(app, EntryId(entry_id))
        return fragment(request, "catalogue/entry.html", context, toast=toast, changed="matches")
    _, context = read_item(app, WantedId(wanted_id))
    return fragment(request, "wanted/item.html", context, toast=toast, changed="matches")
