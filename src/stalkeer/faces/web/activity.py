"""Activity: the queue and what is done with it, the history, and what must not come back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from stalkeer.core.downloads.states import Action
from stalkeer.core.matching.rules import RuleId
from stalkeer.errors import InvalidInput
from stalkeer.faces.web.formats import plural
from stalkeer.faces.web.frame import app_of
from stalkeer.faces.web.render import Toast, done, fragment, is_fragment, page
from stalkeer.jobs.downloads.admission import explain_waiting
from stalkeer.jobs.matching.decisions import clear_blocklist, unblock_entry
from stalkeer.model import FINAL_STATES, DownloadId, DownloadState
from stalkeer.runtime import App
from stalkeer.store.downloads import downloads as queue
from stalkeer.store.downloads.downloads import ActionResult, DownloadFilter, Order
from stalkeer.store.journal.events import EventFilter, list_events
from stalkeer.store.matching.blocklist import count_blocks, list_blocks

router = APIRouter(include_in_schema=False)

PAGE_SIZE = 100
ALL_STATES = tuple(DownloadState)
OPEN = tuple(state for state in ALL_STATES if state not in FINAL_STATES)
SHOWS = {
    "": OPEN,
    "active": (DownloadState.DOWNLOADING, DownloadState.FETCHED, DownloadState.PLACED, DownloadState.IMPORTING),
    "waiting": (DownloadState.QUEUED,),
    "paused": (DownloadState.PAUSED,),
    "trouble": (DownloadState.BLOCKED, DownloadState.FAILED),
    "done": (DownloadState.COMPLETED, DownloadState.CANCELLED),
}
NEWEST_FIRST = ("trouble", "done")


@router.get("/activity")
def get_queue(request: Request, show: str = "", q: str = "", page_number: int = 1) -> HTMLResponse:
    context = read_queue(app_of(request), show, q, page_number)
    if is_fragment(request):
        return fragment(request, "activity/rows.html", context)
    return page(request, "activity/queue.html", context)


def read_queue(app: App, show: str, search: str, number: int) -> dict[str, object]:
    show = show if show in SHOWS else ""
    chosen = DownloadFilter(states=SHOWS[show], search=search.strip())
    order = Order.NEWEST if show in NEWEST_FIRST else Order.QUEUE
    number = max(1, number)
    with app.database.connect() as connection:
        rows = queue.list_downloads(connection, chosen, order=order, limit=PAGE_SIZE, offset=(number - 1) * PAGE_SIZE)
        total = queue.count_downloads(connection, chosen)
        by_state = queue.count_by_state(connection).by_state
    counts = {name: sum(by_state.get(state, 0) for state in states) for name, states in SHOWS.items()}
    waiting = explain_waiting(app.database, app.settings, app.clock()) if show in ("", "waiting") else {}
    return {
        "waiting": waiting,
        "can_move": order is Order.QUEUE and show != "active" and not search.strip(),
        "rows": sorted(rows, key=lambda row: row.state not in SHOWS["active"]) if order is Order.QUEUE else rows,
        "show": show,
        "q": search,
        "page_number": number,
        "pages": -(-total // PAGE_SIZE),
        "counts": counts,
        "now": app.clock(),
    }


@router.get("/activity/history")
def get_history(request: Request, kind: str = "", level: str = "", before: int | None = None) -> HTMLResponse:
    chosen = EventFilter(kinds=(kind,) if kind else (), levels=(level,) if level else ())
    with app_of(request).database.connect() as connection:
        events = list_events(connection, chosen, before=before, limit=PAGE_SIZE)
    older = events[-1].id if len(events) == PAGE_SIZE else None
    return page(request, "activity/history.html", events=events, kind=kind, level=level, older=older)


@router.get("/activity/blocklist")
def get_blocklist(request: Request) -> HTMLResponse:
    with app_of(request).database.connect() as connection:
        rows = list_blocks(connection, limit=500)
        total = count_blocks(connection)
    return page(request, "activity/blocklist.html", rows=rows, total=total)


@router.post("/activity/blocklist/clear")
def post_clear(request: Request) -> Response:
    cleared = clear_blocklist(app_of(request).matching)
    return done(request, Toast(f"{plural(len(cleared), 'entry', 'entries')} forgotten."), to="/activity/blocklist")


@router.post("/activity/blocklist/{rule_id}/remove")
def post_unblock(request: Request, rule_id: int) -> Response:
    unblock_entry(app_of(request).matching, RuleId(rule_id))
    return done(request, Toast("It may be downloaded again."), to="/activity/blocklist")


@router.get("/activity/{download_id}")
def get_download(request: Request, download_id: int) -> HTMLResponse:
    app = app_of(request)
    with app.database.connect() as connection:
        row = queue.get_download(connection, DownloadId(download_id))
        events = list_events(connection, EventFilter(download_id=DownloadId(download_id)), limit=60)
    context: dict[str, object] = {"row": row, "events": events}
    if is_fragment(request):
        return fragment(request, "activity/download.html", context, now=app.clock())
    shown = read_queue(app, "", "", 1)
    return page(request, "activity/queue.html", {**context, **shown}, drawer_of="activity/download.html")


@router.post("/activity/all/{verb}")
def post_all(request: Request, verb: str) -> Response:
    """Pause everything that waits or runs, or let everything go on that is paused."""
    states = (DownloadState.PAUSED,) if verb == "resume" else (DownloadState.QUEUED, DownloadState.DOWNLOADING)
    if verb not in ("pause", "resume"):
        raise InvalidInput(f"All downloads at once can be paused or resumed, not {verb!r}.")
    with app_of(request).database.connect() as connection:
        rows = queue.list_downloads(connection, DownloadFilter(states=states), limit=10_000)
    if not rows:
        return done(request, Toast("There is nothing to " + verb + ".", "info"))
    return act_on(request, [row.id for row in rows], verb)


@router.post("/activity/many")
def post_many(
    request: Request, verb: Annotated[str, Form()], ids: Annotated[list[int] | None, Form()] = None
) -> Response:
    return act_on(request, ids or [], verb)


@router.post("/activity/{download_id}/place")
def post_place(
    request: Request, download_id: int, other: Annotated[int, Form()], side: Annotated[str, Form()]
) -> Response:
    """Where a row was dropped: before or after another."""
    app = app_of(request)
    with app.database.begin() as connection:
        row, target = (queue.get_download(connection, DownloadId(one)) for one in (download_id, other))
        if row.priority != target.priority:
            raise InvalidInput(f"{row.title} and {target.title} differ in priority: the higher always goes first.")
        move = queue.move_before if side == "before" else queue.move_after
        move(connection, row.id, target.id, app.clock())
    return done(request, Toast(f"{row.title} is moved."), changed="queue")


@router.post("/activity/{download_id}/up")
def post_up(request: Request, download_id: int) -> Response:
    return step(request, DownloadId(download_id), above=True)


@router.post("/activity/{download_id}/down")
def post_down(request: Request, download_id: int) -> Response:
    return step(request, DownloadId(download_id), above=False)


def step(request: Request, download_id: DownloadId, *, above: bool) -> Response:
    """One place up or down among those that wait."""
    app = app_of(request)
    with app.database.begin() as connection:
        row = queue.get_download(connection, download_id)
        neighbour = queue.find_neighbour(connection, row, above=above)
        if neighbour is None:
            return done(request, Toast(f"{row.title} is the {'first' if above else 'last'} already.", "info"))
        move = queue.move_before if above else queue.move_after
        move(connection, row.id, neighbour, app.clock())
    return done(request, Toast(f"{row.title} is moved {'up' if above else 'down'}."), changed="queue")


@router.post("/activity/{download_id}/{verb}")
def post_action(request: Request, download_id: int, verb: str) -> Response:
    return act_on(request, [download_id], verb)


def act_on(request: Request, ids: list[int], verb: str) -> Response:
    """One action on one or many; what could not be done is said with its reason."""
    if not ids:
        raise InvalidInput("Nothing is chosen: tick the downloads first.")
    app = app_of(request)
    results = [do(app, DownloadId(download_id), verb) for download_id in ids]
    return done(request, toast_for(results, verb), changed="queue")


def do(app: App, download_id: DownloadId, verb: str) -> ActionResult:
    now = app.clock()
    with app.database.begin() as connection:
        if verb in {action.value for action in Action}:
            return queue.act(connection, download_id, Action(verb), now)
        if verb == "accept":
            return queue.accept_refusal(connection, download_id, now)
        if verb == "now":
            return queue.start_now(connection, download_id, now)
        if verb == "top":
            queue.move_to_top(connection, download_id, now)
        elif verb == "bottom":
            queue.move_to_bottom(connection, download_id, now)
        else:
            raise InvalidInput(f"Downloads know no {verb!r}.")
        return ActionResult(download_id, "done")


PAST = {
    "pause": "paused",
    "resume": "resumed",
    "cancel": "cancelled",
    "retry": "queued again",
    "accept": "imported all the same",
    "now": "started as soon as a connection is free",
    "top": "moved to the top",
    "bottom": "moved to the end",
}


def toast_for(results: list[ActionResult], verb: str) -> Toast:
    refused = [result for result in results if result.outcome == "refused"]
    if refused and len(refused) == len(results):
        return Toast(refused[0].reason, "warn")
    worked = plural(len(results) - len(refused), "download")
    text = f"{worked} {PAST[verb]}." if not refused else f"{worked} {PAST[verb]}; {refused[0].reason}"
    return Toast(text, "warn" if refused else "ok")
