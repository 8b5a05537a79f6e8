"""Serve the activity pages: queue, history, blocklist and quarantine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from stalkeer.core.downloads.states import ActionOutcome
from stalkeer.core.matching.rules import RuleId
from stalkeer.errors import InvalidInput, StalkeerError
from stalkeer.faces.web.formats import duration, plural
from stalkeer.faces.web.frame import app_of
from stalkeer.faces.web.links import links_of
from stalkeer.faces.web.paging import Paging, path_of_page
from stalkeer.faces.web.render import Toast, done, fragment, is_fragment, page
from stalkeer.faces.web.selection import read_address, select_all
from stalkeer.jobs.downloads.actions import (
    Beside,
    MoveStep,
    Side,
    Verb,
    accept_set_aside,
    act_on,
    act_on_all,
    delete_set_aside,
    move,
)
from stalkeer.jobs.downloads.admission import explain_waiting
from stalkeer.jobs.downloads.queue import Queued
from stalkeer.jobs.downloads.view import read_grabs
from stalkeer.jobs.matching.decisions import clear_blocklist, unblock_entry
from stalkeer.model import FINAL_STATES, DownloadId, DownloadState, EventGroup, EventKind
from stalkeer.runtime import App
from stalkeer.store.downloads import downloads as queue
from stalkeer.store.downloads.actions import ActionResult
from stalkeer.store.downloads.downloads import DownloadFilter, QueueOrder
from stalkeer.store.downloads.quarantine import list_set_aside, measure_set_aside
from stalkeer.store.journal.events import EventFilter, EventOrder, list_events
from stalkeer.store.library.details import find_of_item
from stalkeer.store.matching.blocklist import count_blocks, list_blocks

router = APIRouter(include_in_schema=False)

PAGE_SIZE = 100
DAY_S = 86_400
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
        return fragment(request, "activity/rows.html", context, is_part=True)
    return page(request, "activity/queue.html", context, is_part=False)


def read_queue(app: App, show: str, search: str, number: int) -> dict[str, object]:
    show = show if show in SHOWS else ""
    chosen = DownloadFilter(states=SHOWS[show], search=search.strip())
    order = QueueOrder.NEWEST if show in NEWEST_FIRST else QueueOrder.QUEUE
    with app.database.connect() as connection:
        paging = Paging.at(number, queue.count_downloads(connection, chosen), PAGE_SIZE)
        rows = queue.list_downloads(connection, chosen, order=order, limit=PAGE_SIZE, offset=paging.offset)
        left = queue.count_left(connection)
        by_state = queue.count_by_state(connection, chosen.search).by_state
    counts = {name: sum(by_state.get(state, 0) for state in states) for name, states in SHOWS.items()}
    waiting = explain_waiting(app.database, app.settings, app.clock(), [row.id for row in rows])
    return {
        "waiting": waiting,
        "can_move": order is QueueOrder.QUEUE and show != "active" and not search.strip(),
        "rows": sorted(rows, key=lambda row: row.state not in SHOWS["active"]) if order is QueueOrder.QUEUE else rows,
        "show": show,
        "q": search,
        **paging.context(),
        "left": left,
        "counts": counts,
        "now": app.clock(),
    }


def event_kinds(word: str) -> tuple[EventKind | EventGroup, ...]:
    """Return the kinds to list; none for all, and for a word that no event has."""
    if word in tuple(EventGroup):
        return (EventGroup(word),)
    return (EventKind(word),) if word in tuple(EventKind) else ()


@router.get("/activity/history")
def get_history(
    request: Request, kind: str = "", level: str = "", q: str = "", sort: str = "", before: int | None = None
) -> HTMLResponse:
    order = EventOrder.OLDEST if sort == EventOrder.OLDEST else EventOrder.NEWEST
    chosen = EventFilter(event_kinds(kind), (level,) if level else (), text=q.strip())
    with app_of(request).database.connect() as connection:
        events = list_events(connection, chosen, order=order, before=before, limit=PAGE_SIZE)
    following = events[-1].id if len(events) == PAGE_SIZE else None
    params = {"kind": kind, "level": level, "q": q, "sort": "" if order is EventOrder.NEWEST else order.value}
    context = {"events": events, "kind": kind, "level": level, "q": q, "following": following, "params": params}
    if is_fragment(request):
        return fragment(request, "activity/events.html", context)
    return page(request, "activity/history.html", context)


@router.get("/activity/blocklist")
def get_blocklist(request: Request, page_number: int = 1) -> HTMLResponse:
    with app_of(request).database.connect() as connection:
        paging = Paging.at(page_number, count_blocks(connection), PAGE_SIZE)
        rows = list_blocks(connection, limit=PAGE_SIZE, offset=paging.offset)
    return page(request, "activity/blocklist.html", paging.context(), rows=rows)


@router.post("/activity/blocklist/clear")
def post_clear(request: Request) -> Response:
    cleared = clear_blocklist(app_of(request).matching)
    return done(
        request,
        Toast(f"{plural(len(cleared), 'entry', 'entries')} removed from the blocklist."),
        to="/activity/blocklist",
    )


@router.post("/activity/blocklist/{rule_id}/remove")
def post_unblock(request: Request, rule_id: int, page_number: int = 1) -> Response:
    unblock_entry(app_of(request).matching, RuleId(rule_id))
    return done(request, Toast("Removed from the blocklist."), to=path_of_page("/activity/blocklist", page_number))


@router.get("/activity/quarantine")
def get_quarantine(request: Request, page_number: int = 1) -> HTMLResponse:
    with app_of(request).database.connect() as connection:
        paging = Paging.at(page_number, measure_set_aside(connection).count, PAGE_SIZE)
        rows = list_set_aside(connection, limit=PAGE_SIZE, offset=paging.offset)
    kept_s = app_of(request).settings.retention.quarantine
    kept = "" if not kept_s else plural(int(kept_s // DAY_S), "day") if kept_s % DAY_S == 0 else duration(kept_s)
    return page(request, "activity/quarantine.html", paging.context(), rows=rows, kept=kept)


@router.post("/activity/quarantine/{file_id}/accept")
def post_accept(request: Request, file_id: int, page_number: int = 1) -> Response:
    accept_set_aside(app_of(request).download_queue, file_id)
    return done(request, Toast("The file is imported as it is."), to=path_of_page("/activity/quarantine", page_number))


@router.post("/activity/quarantine/{file_id}/delete")
def post_delete(request: Request, file_id: int, page_number: int = 1) -> Response:
    file = delete_set_aside(app_of(request).download_queue, file_id)
    back = path_of_page("/activity/quarantine", page_number)
    return done(request, Toast(f"The file of {file.title} is deleted."), to=back)


@router.get("/activity/{download_id}")
def get_download(request: Request, download_id: int) -> HTMLResponse:
    app = app_of(request)
    with app.database.connect() as connection:
        row = queue.get_download(connection, DownloadId(download_id))
        events = list_events(connection, EventFilter(download_id=DownloadId(download_id)), limit=60)
        work = find_of_item(connection, row.items[0].wanted_id) if row.items else None
        grabs = read_grabs(connection, row.id)
    links = links_of(work) if work else ()
    context: dict[str, object] = {"row": row, "events": events, "grabs": grabs, "work": work, "links": links}
    if is_fragment(request):
        return fragment(request, "activity/download.html", context, now=app.clock())
    shown = read_queue(app, "", "", 1)
    return page(request, "activity/queue.html", {**context, **shown}, drawer_of="activity/download.html", is_part=False)


@router.post("/activity/all/{verb}")
def post_all(request: Request, verb: str) -> Response:
    """Pause everything that waits or runs, resume what is paused, or remove what has ended."""
    if verb not in (Verb.PAUSE, Verb.RESUME, Verb.REMOVE):
        raise InvalidInput(f"All downloads at once can be paused, resumed or removed, not {verb!r}.")
    results = act_on_all(app_of(request).download_queue, Verb(verb))
    if not results:
        return done(request, Toast("There is nothing to " + verb + ".", "info"))
    return done(request, toast_for(results, Verb(verb)), changed="queue")


@router.post("/activity/many")
def post_many(
    request: Request,
    verb: Annotated[str, Form()],
    ids: Annotated[list[int] | None, Form()] = None,
    everything: Annotated[str, Form()] = "",
) -> Response:
    """Act on the selected rows, or on all that the list at the address `everything` has on any page."""
    return act(request, ids_at(app_of(request), everything) if everything else ids or [], verb)


def ids_at(app: App, address: str) -> list[int]:
    asked = read_address(address).query
    states = SHOWS.get(asked.get("show", ""), OPEN)
    chosen = DownloadFilter(states=states, search=asked.get("q", "").strip())
    return select_all(app, "downloads", lambda connection, most: queue.list_download_ids(connection, chosen, most))


@router.post("/activity/{download_id}/place")
def post_place(
    request: Request, download_id: int, other: Annotated[int, Form()], side: Annotated[str, Form()]
) -> Response:
    """Put a row where it was dropped: before or after another."""
    place = Beside(DownloadId(other), Side.BEFORE if side == Side.BEFORE else Side.AFTER)
    moved = move(app_of(request).download_queue, DownloadId(download_id), place)
    return done(request, Toast(f"{moved.title} is moved."), changed="queue")


@router.post("/activity/{download_id}/up")
def post_up(request: Request, download_id: int) -> Response:
    return step(request, DownloadId(download_id), MoveStep.UP)


@router.post("/activity/{download_id}/down")
def post_down(request: Request, download_id: int) -> Response:
    return step(request, DownloadId(download_id), MoveStep.DOWN)


def step(request: Request, download_id: DownloadId, towards: MoveStep) -> Response:
    """Move a download one place up or down among those that wait."""
    moved = move(app_of(request).download_queue, download_id, towards)
    if moved.outcome is ActionOutcome.NOTHING:
        end = "first" if towards is MoveStep.UP else "last"
        return done(request, Toast(f"{moved.title} is already {end}.", "info"))
    return done(request, Toast(f"{moved.title} is moved {towards.value}."), changed="queue")


@router.post("/activity/{download_id}/{verb}")
def post_action(request: Request, download_id: int, verb: str) -> Response:
    return act(request, [download_id], verb)


def act(request: Request, ids: list[int], verb: str) -> Response:
    """Do the same with one download or many; the toast says why one was refused."""
    if verb not in tuple(Verb):
        raise InvalidInput(f"There is no action {verb!r} for downloads.")
    if not ids:
        raise InvalidInput("No downloads are selected. Select at least one first.")
    results = act_on(app_of(request).download_queue, [DownloadId(download_id) for download_id in ids], Verb(verb))
    return done(request, toast_for(results, Verb(verb)), changed="queue")


PAST = {
    Verb.PAUSE: "paused",
    Verb.RESUME: "resumed",
    Verb.CANCEL: "cancelled",
    Verb.RETRY: "queued again",
    Verb.ACCEPT: "imported all the same",
    Verb.NOW: "started as soon as a connection is free",
    Verb.TOP: "moved to the top",
    Verb.BOTTOM: "moved to the end",
    Verb.REMOVE: "removed from the list",
    Verb.AGAIN: "queued again, even where the library has the item",
}


def toast_for(results: list[ActionResult], verb: Verb) -> Toast:
    refused = [result for result in results if result.outcome is ActionOutcome.REFUSED]
    if refused and len(refused) == len(results):
        return Toast(refused[0].reason, "warn")
    worked = plural(len(results) - len(refused), "download")
    text = f"{worked} {PAST[verb]}." if not refused else f"{worked} {PAST[verb]}; {refused[0].reason}"
    return Toast(text, "warn" if refused else "ok")


# the verbs that request a download, and whether they bypass an instance with the native drive
DOWNLOAD_VERBS = {"download": False, "download-ourselves": True}


def toast_of_queued(results: list[Queued]) -> Toast:
    made = {result.download_id for result in results if result.error is None}
    return toast_of(len(made), [result.error for result in results])


def toast_of(made: int, results: Sequence[StalkeerError | None]) -> Toast:
    """Count the new downloads; quote the first error."""
    errors = [str(error) for error in results if error is not None]
    worked = f"{plural(made, 'download')} queued"
    if not errors:
        return Toast(f"{worked}.")
    return Toast(f"{worked}; {errors[0]}" if len(errors) < len(results) else errors[0], "warn")
