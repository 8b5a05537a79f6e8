"""Serve the catalogue of all entries, and the search in the top bar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from stalkeer.faces.web.frame import app_of, base_of
from stalkeer.faces.web.links import links_of
from stalkeer.faces.web.render import fragment, is_fragment, page, query
from stalkeer.model import EntryId, KindWord
from stalkeer.runtime import App
from stalkeer.store.catalogue.entries import (
    CatalogueEntry,
    EntryOrder,
    EntrySearch,
    browse_entries,
    count_entries,
    get_entry,
)
from stalkeer.store.library.artwork import posters_of_entries
from stalkeer.store.library.details import get_details
from stalkeer.store.library.wanted_list import Slice, WantedFilter, list_wanted
from stalkeer.store.matching.matches import MatchFilter, list_matches
from stalkeer.store.system.dashboard import read_open_jobs, source_cards

router = APIRouter(include_in_schema=False)
PAGE_SIZE = 60
VIEWS = ("", "posters")
KINDS = {
    KindWord.MOVIE: "Movies",
    KindWord.EPISODE: "Episodes",
    KindWord.SERIES: "Series",
    KindWord.LIVE: "Live channels",
}
FEW = 6
MOST_MATCHES = 20


@router.get("/catalogue")
def get_catalogue(
    request: Request,
    q: str = "",
    kind: str = "",
    source: str = "",
    before: int | None = None,
    view: str = "",
    sort: str = "",
) -> HTMLResponse:
    """Show the newest entries, or the results of a search. Scrolling loads more rows."""
    chosen = EntrySearch(q.strip(), source or None, stored_kind(kind))
    look = ListView(
        view if view in VIEWS else "", EntryOrder.OLDEST if sort == EntryOrder.OLDEST else EntryOrder.NEWEST
    )
    context = read_page(app_of(request), chosen, before, look)
    if is_fragment(request):
        name = "catalogue/more.html" if before is not None else "catalogue/rows.html"
        return fragment(request, name, context)
    return page(request, "catalogue.html", context)


@dataclass(frozen=True)
class ListView:
    """Hold the view of the list, and its order without a search: a search puts the shortest names first."""

    view: str = ""
    order: EntryOrder = EntryOrder.NEWEST


def read_page(app: App, chosen: EntrySearch, before: int | None, look: ListView = ListView()) -> dict[str, object]:
    part = {"offset": before or 0} if chosen.has_words else {"before": before}
    with app.database.connect() as connection:
        rows = browse_entries(connection, chosen, order=look.order, **part, limit=PAGE_SIZE)
        cards = source_cards(connection)
        total = count_entries(connection)
        posters = posters_of_entries(connection, [row.id for row in rows])
        jobs_now = read_open_jobs(connection)
    word = KindWord.of(chosen.kind).value if chosen.kind else None
    sort = "" if chosen.has_words or look.order is EntryOrder.NEWEST else look.order.value
    params = {"q": chosen.words, "kind": word, "source": chosen.source, "view": look.view, "sort": sort}
    return {
        "jobs_now": jobs_now,
        "rows": rows,
        "posters": posters,
        "params": params,
        "chosen": chosen,
        "chosen_kind": word,
        "cards": cards,
        "kinds": KINDS,
        "next_url": next_url(chosen, params, rows, before),
        "total": total,
    }


def stored_kind(word: str) -> str | None:
    """Return the kind to search for; None for all, and for a word that no filter of the page has."""
    try:
        return KindWord(word).stored if KindWord(word) in KINDS else None
    except ValueError:
        return None


def next_url(chosen: EntrySearch, params: Mapping[str, object], rows: list[CatalogueEntry], before: int | None) -> str:
    """Return the URL of the following rows, or an empty text at the end."""
    if len(rows) < PAGE_SIZE:
        return ""
    last = (before or 0) + len(rows) if chosen.has_words else rows[-1].id
    return "/catalogue" + query(params, before=last)


@router.get("/catalogue/{entry_id}")
def get_one(request: Request, entry_id: int) -> Response:
    """Show an entry. Opened as a page of its own, it is shown over the catalogue."""
    app = app_of(request)
    shown = read_entry(app, EntryId(entry_id))
    if is_fragment(request):
        return fragment(request, "catalogue/entry.html", shown)
    return page(
        request, "catalogue.html", {**read_page(app, EntrySearch(), None), **shown}, drawer_of="catalogue/entry.html"
    )


def read_entry(app: App, entry_id: EntryId) -> dict[str, object]:
    """Return what the panel of an entry shows."""
    with app.database.connect() as connection:
        row = get_entry(connection, entry_id)
        found = list_matches(connection, MatchFilter(entry_id=row.id), limit=MOST_MATCHES)
        poster = posters_of_entries(connection, [row.id]).get(row.id)
        work = None if poster is None else get_details(connection, poster.library_id)
    return {"row": row, "matches": found, "work": work, "links": links_of(work) if work else ()}


@router.get("/search")
def get_search(request: Request, q: str = "") -> Response:
    """Show the first wanted items and entries below the search box."""
    text = q.strip()
    if not is_fragment(request):
        return RedirectResponse(f"{base_of(request)}/catalogue{query({}, q=text)}", status_code=303)
    with app_of(request).database.connect() as connection:
        items = list_wanted(connection, WantedFilter(text=text), part=Slice(FEW)) if text else []
        rows = browse_entries(connection, EntrySearch(text), limit=FEW) if text else []
    return fragment(request, "parts/found.html", items=items, rows=rows, q=text)
