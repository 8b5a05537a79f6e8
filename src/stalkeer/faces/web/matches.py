"""Serve the pages of matches: review, confirmed, rejected and rules."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from stalkeer.core.matching.rules import RuleId
from stalkeer.errors import InvalidInput, NotFound
from stalkeer.faces.web.activity import DOWNLOAD_VERBS, toast_of_queued
from stalkeer.faces.web.formats import plural
from stalkeer.faces.web.frame import app_of
from stalkeer.faces.web.paging import Paging, path_of_page
from stalkeer.faces.web.render import Toast, done, fragment, is_fragment, page, undo_path
from stalkeer.faces.web.selection import read_address, select_all
from stalkeer.jobs.downloads.queue import OfMatch, queue_all, queue_one
from stalkeer.jobs.matching.decisions import (
    Decided,
    UserDecision,
    accept_proposed_offset,
    decide_match,
    decide_matches,
    forget_rule,
)
from stalkeer.jobs.system.first_run import read_setup
from stalkeer.model import Decision, MatchId, WantedId
from stalkeer.runtime import App
from stalkeer.settings import Settings
from stalkeer.store.db.database import Transaction
from stalkeer.store.library.wanted_list import count_to_review, get_wanted, list_to_review
from stalkeer.store.matching.candidates import best_to_review, list_candidates
from stalkeer.store.matching.matches import MatchFilter, MatchOrder, count_matches, list_match_ids, list_matches
from stalkeer.store.matching.rules import count_rules, list_rules
from stalkeer.store.system.dashboard import read_open_jobs

router = APIRouter(include_in_schema=False)
PAGE_SIZE = 50
MOST_DECIDED = 1_000  # matches at once: after each decision, the work is matched again
LISTS = {
    "confirmed": MatchFilter(Decision.CONFIRM),
    "rejected": MatchFilter(Decision.REJECTED),
    "imported": MatchFilter(Decision.CONFIRM, imported=True),
}
PAST = {UserDecision.CONFIRM: "Confirmed", UserDecision.REJECT: "Rejected"}


@router.get("/matches")
def get_review(
    request: Request, item: int | None = None, after: int | None = None, view: str = "", page_number: int = 1
) -> HTMLResponse:
    """Show one pair after the other, or all of them as a list."""
    if view == "list" and item is None:
        return show_list(request, page_number)
    context = read_pair(app_of(request), item=item, after=after)
    if is_fragment(request):
        return fragment(request, "matches/pair.html", context)
    return page(request, "matches/review.html", context)


def show_list(request: Request, number: int) -> HTMLResponse:
    with app_of(request).database.connect() as connection:
        paging = Paging.at(number, count_to_review(connection), PAGE_SIZE)
        items = list_to_review(connection, limit=PAGE_SIZE, offset=paging.offset)
        found = best_to_review(connection, [item.id for item in items])
        is_unscanned = needs_scan(connection, app_of(request).settings)
    context: dict[str, object] = {
        "rows": [(item, found[item.id]) for item in items if item.id in found],
        **paging.context(),
        "needs_scan": is_unscanned,
    }
    if is_fragment(request):
        return fragment(request, "matches/open_rows.html", context)
    return page(request, "matches/open.html", context)


def needs_scan(connection: Transaction, settings: Settings) -> bool:
    """Tell whether nothing can be found yet, because Radarr and Sonarr have not been read."""
    return read_open_jobs(connection).scanned_at is None and not read_setup(connection, settings).is_alone


def read_pair(app: App, *, item: int | None = None, after: int | None = None, undo: str = "") -> dict[str, object]:
    """Return the next item to review with its best open candidate. `after` skips an item."""
    with app.database.connect() as connection:
        left = count_to_review(connection)
        is_unscanned = needs_scan(connection, app.settings)
        if item is not None:
            rows = [get_wanted(connection, WantedId(item))]
        else:
            rows = list_to_review(connection, after=None if after is None else WantedId(after))
            rows = rows or list_to_review(connection)  # start again after the last item
        candidates = list_candidates(connection, rows[0].id) if rows else []
    open_candidates = [candidate for candidate in candidates if candidate.decision is Decision.REVIEW]
    if not open_candidates:
        return {"item": None, "left": left, "undo": undo, "needs_scan": is_unscanned}
    others = len(candidates) - 1
    return {"item": rows[0], "candidate": open_candidates[0], "others": others, "left": max(left, 1), "undo": undo}


@router.get("/matches/rules")
def get_rules(request: Request, page_number: int = 1) -> HTMLResponse:
    with app_of(request).database.connect() as connection:
        paging = Paging.at(page_number, count_rules(connection), PAGE_SIZE)
        rows = list_rules(connection, limit=PAGE_SIZE, offset=paging.offset)
    return page(request, "matches/rules.html", paging.context(), rows=rows)


@router.post("/matches/rules/{rule_id}/remove")
def post_remove(request: Request, rule_id: int, page_number: int = 1) -> Response:
    outcome = forget_rule(app_of(request).matching, RuleId(rule_id))
    changed = f" {plural(len(outcome.changes), 'match', 'matches')} changed." if outcome.changes else ""
    return done(request, Toast(f"Removed the rule.{changed}"), to=path_of_page("/matches/rules", page_number))


@router.post("/matches/rules/{rule_id}/back")
def post_back(request: Request, rule_id: int) -> Response:
    """Undo a decision from a toast. The page stays open."""
    forget_rule(app_of(request).matching, RuleId(rule_id))
    return done(request, Toast("Decision undone.", "info"), changed="matches")


@router.post("/matches/rules/{rule_id}/undo")
def post_undo(request: Request, rule_id: int) -> HTMLResponse:
    """Undo the last decision and show its pair again."""
    app = app_of(request)
    outcome = forget_rule(app.matching, RuleId(rule_id))
    item = outcome.changes[0].wanted_id if outcome.changes else None
    context = read_pair(app, item=item)
    return fragment(request, "matches/pair.html", context, toast=Toast("Decision undone.", "info"), changed="matches")


@router.get("/matches/{kind}")
def get_list(request: Request, kind: str, q: str = "", page_number: int = 1) -> HTMLResponse:
    chosen = filter_of(kind, q)
    with app_of(request).database.connect() as connection:
        paging = Paging.at(page_number, count_matches(connection, chosen), PAGE_SIZE)
        rows = list_matches(connection, chosen, order=MatchOrder.NEWEST, limit=PAGE_SIZE, offset=paging.offset)
    return page(request, "matches/list.html", paging.context(), tab=kind, rows=rows, q=q)


def filter_of(kind: str, words: str) -> MatchFilter:
    if kind not in LISTS:
        raise NotFound(f"There is no list of {kind!r} matches.")
    return replace(LISTS[kind], text=words.strip() or None)


@router.post("/matches/offset/{wanted_id}")
def post_proposed_offset(request: Request, wanted_id: int) -> HTMLResponse:
    """Accept the proposed offset for the list of a pair, and show the next pair."""
    app = app_of(request)
    outcome = accept_proposed_offset(app.matching, WantedId(wanted_id))
    context = read_pair(app, undo=undo_path(request, outcome.rule_id, and_show_pair=True))
    toast = Toast(f"Saved the offset; {plural(len(outcome.changes), 'match', 'matches')} changed.")
    return fragment(request, "matches/pair.html", context, toast=toast, changed="matches")


@router.post("/matches/many")
def post_many(
    request: Request,
    verb: Annotated[str, Form()],
    ids: Annotated[list[int] | None, Form()] = None,
    everything: Annotated[str, Form()] = "",
) -> Response:
    """Confirm, reject or download the selected matches, or all that the list at the address `everything` has."""
    app = app_of(request)
    ids = ids_at(app, everything) if everything else ids
    if not ids:
        raise InvalidInput("No matches are selected. Select at least one first.")
    if verb == "download":
        results = queue_all(app.download_queue, [OfMatch(MatchId(match_id)) for match_id in ids])
        return done(request, toast_of_queued(results), changed="queue")
    decided = decide_matches(app.matching, [MatchId(match_id) for match_id in ids], verdict_named(verb))
    return done(request, toast_for(decided), changed="matches")


def ids_at(app: App, text: str) -> list[int]:
    """Return the matches of the list at an address. A list to review has the best match of each item."""
    address = read_address(text)
    if address.path == "/matches":
        return select_all(app, "matches", best_matches_to_review, MOST_DECIDED)
    chosen = filter_of(address.path.rpartition("/")[2], address.query.get("q", ""))
    return select_all(app, "matches", lambda connection, most: list_match_ids(connection, chosen, most), MOST_DECIDED)


def best_matches_to_review(connection: Transaction, most: int) -> list[int]:
    items = list_to_review(connection, limit=most)
    found = best_to_review(connection, [item.id for item in items])
    return [found[item.id].match_id for item in items if item.id in found]


@router.post("/matches/{match_id}/{verb}")
def post_verb(request: Request, match_id: int, verb: str, review: int = 0) -> Response:
    """Confirm, reject or download a match. In a review, answer with the next pair."""
    app = app_of(request)
    if verb in DOWNLOAD_VERBS:
        queue_one(app.download_queue, OfMatch(MatchId(match_id), DOWNLOAD_VERBS[verb]))
        return done(request, Toast("Queued. Activity shows how far it is."), changed="queue")
    verdict = verdict_named(verb)
    outcome = decide_match(app.matching, MatchId(match_id), verdict)
    words = PAST[verdict]
    if review:
        context = read_pair(app, undo=undo_path(request, outcome.rule_id, and_show_pair=True))
        toast = Toast(f"{words}: {outcome.rule.item_label}.")
        return fragment(request, "matches/pair.html", context, toast=toast, changed="matches")
    return done(request, Toast(f"{words}.", undo=undo_path(request, outcome.rule_id)), changed="matches")


def verdict_named(verb: str) -> UserDecision:
    if verb not in tuple(UserDecision):
        raise NotFound(f"There is no decision {verb!r} about matches: confirm or reject them.")
    return UserDecision(verb)


def toast_for(decided: list[Decided]) -> Toast:
    """Count the stored decisions and quote the first error."""
    errors = [str(result.error) for result in decided if result.error is not None]
    worked = f"{plural(len(decided) - len(errors), 'match', 'matches')} updated"
    if not errors:
        return Toast(f"{worked}.")
    return Toast(f"{worked}; {errors[0]}" if len(errors) < len(decided) else errors[0], "warn")
