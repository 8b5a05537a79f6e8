"""Matches: the review queue with its keys, what is confirmed and rejected, and the rules behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from stalkeer.core.matching.rules import RuleAction, RuleId
from stalkeer.errors import InvalidInput, NotFound
from stalkeer.faces.web.formats import plural
from stalkeer.faces.web.frame import app_of
from stalkeer.faces.web.render import Toast, done, fragment, is_fragment, page
from stalkeer.jobs.downloads.queue import queue_match
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.matching.match import Matching, match_wanted
from stalkeer.jobs.matching.rules import apply_rule, rule_of_match, withdraw_rule
from stalkeer.model import Decision, MatchId, WantedId
from stalkeer.runtime import App
from stalkeer.store.library.wanted_list import count_to_review, get_wanted, list_to_review
from stalkeer.store.matching.candidates import list_candidates
from stalkeer.store.matching.matches import MatchFilter, MatchOrder, count_matches, get_match, list_matches
from stalkeer.store.matching.rules import add_rule, list_rules

router = APIRouter(include_in_schema=False)
PAGE_SIZE = 50
ACTIONS = {"confirm": RuleAction.PIN, "reject": RuleAction.REJECT}
REASONS = {"confirm": "you confirmed it", "reject": "you rejected it"}


def matching_of(app: App) -> Matching:
    """What matching works with here: nobody is asked over the network while somebody waits for an answer."""
    return Matching(app.database, app.settings.matching, app.clock, languages=app.settings.tmdb.language)


@router.get("/matches")
def get_review(request: Request, item: int | None = None, after: int | None = None) -> HTMLResponse:
    context = read_pair(app_of(request), item=item, after=after)
    if is_fragment(request):
        return fragment(request, "matches/pair.html", context)
    return page(request, "matches/review.html", context)


def read_pair(app: App, *, item: int | None = None, after: int | None = None, undo: str = "") -> dict[str, object]:
    """The next item to decide with its best open candidate; `after` leaves one aside for now."""
    with app.database.connect() as connection:
        left = count_to_review(connection)
        if item is not None:
            rows = [get_wanted(connection, WantedId(item))]
        else:
            rows = list_to_review(connection, after=None if after is None else WantedId(after))
            rows = rows or list_to_review(connection)  # after the last one the first comes again
        candidates = list_candidates(connection, rows[0].id) if rows else []
    open_ones = [candidate for candidate in candidates if candidate.decision is Decision.REVIEW]
    if not open_ones:
        return {"item": None, "left": left, "undo": undo}
    others = len(candidates) - 1
    return {"item": rows[0], "candidate": open_ones[0], "others": others, "left": max(left, 1), "undo": undo}


@router.get("/matches/rules")
def get_rules(request: Request) -> HTMLResponse:
    with app_of(request).database.connect() as connection:
        rows = list_rules(connection, limit=500)
    return page(request, "matches/rules.html", rows=rows)


@router.post("/matches/rules/{rule_id}/remove")
def post_remove(request: Request, rule_id: int) -> Response:
    outcome = withdraw_rule(matching_of(app_of(request)), RuleId(rule_id), QuietRun())
    changed = f" {plural(len(outcome.changes), 'match', 'matches')} changed." if outcome.changes else ""
    return done(request, Toast(f"The rule was taken back.{changed}"), to="/matches/rules")


@router.post("/matches/rules/{rule_id}/back")
def post_back(request: Request, rule_id: int) -> Response:
    """The undo of a toast: the page stays where it is."""
    withdraw_rule(matching_of(app_of(request)), RuleId(rule_id), QuietRun())
    return done(request, Toast("Taken back.", "info"), changed="matches")


@router.post("/matches/rules/{rule_id}/undo")
def post_undo(request: Request, rule_id: int) -> HTMLResponse:
    """Take back the last decision and show its pair again."""
    app = app_of(request)
    outcome = withdraw_rule(matching_of(app), RuleId(rule_id), QuietRun())
    item = outcome.changes[0].wanted_id if outcome.changes else None
    context = read_pair(app, item=item)
    return fragment(request, "matches/pair.html", context, toast=Toast("Taken back.", "info"), changed="matches")


@router.get("/matches/{kind}")
def get_list(request: Request, kind: str, q: str = "", page_number: int = 1) -> HTMLResponse:
    decisions = {"confirmed": Decision.CONFIRM, "rejected": Decision.REJECTED}
    if kind not in decisions:
        raise NotFound(f"There is no list of {kind!r} matches.")
    number = max(1, page_number)
    chosen = MatchFilter(decisions[kind], text=q.strip() or None)
    order, offset = MatchOrder.NEWEST, (number - 1) * PAGE_SIZE
    with app_of(request).database.connect() as connection:
        rows = list_matches(connection, chosen, order=order, limit=PAGE_SIZE, offset=offset)
        total = count_matches(connection, chosen)
    pages = -(-total // PAGE_SIZE)
    return page(request, "matches/list.html", tab=kind, rows=rows, total=total, q=q, page_number=number, pages=pages)


@router.post("/matches/many")
def post_many(
    request: Request, verb: Annotated[str, Form()], ids: Annotated[list[int] | None, Form()] = None
) -> Response:
    if not ids:
        raise InvalidInput("Nothing is chosen: tick the matches first.")
    app = app_of(request)
    if verb == "download":
        for match_id in ids:
            queue_match(app.database, app.clock, MatchId(match_id))
        return done(request, Toast(f"{plural(len(ids), 'download')} queued."), changed="queue")
    decide_many(app, ids, verb)
    return done(request, Toast(f"{plural(len(ids), 'match', 'matches')} decided."), changed="matches")


@router.post("/matches/{match_id}/{verb}")
def post_verb(request: Request, match_id: int, verb: str, review: int = 0) -> Response:
    """Confirm, reject or download one match; in the review the next pair follows at once."""
    app = app_of(request)
    if verb == "download":
        queue_match(app.database, app.clock, MatchId(match_id))
        return done(request, Toast("Queued. Activity shows how far it is."), changed="queue")
    action = action_named(verb)
    matching = matching_of(app)
    rule = rule_of_match(matching, MatchId(match_id), action, REASONS[verb], whole_title=False)
    outcome = apply_rule(matching, rule, "user", QuietRun())
    undo = f"/matches/rules/{outcome.rule_id}"
    words = "Confirmed" if verb == "confirm" else "Rejected"
    if review:
        context = read_pair(app, undo=f"{undo}/undo")
        toast = Toast(f"{words}: {rule.label.partition(' <- ')[0]}.")
        return fragment(request, "matches/pair.html", context, toast=toast, changed="matches")
    return done(
        request, Toast(f"{words}.", undo=f"{request.scope.get('root_path', '')}{undo}/remove"), changed="matches"
    )


def action_named(verb: str) -> RuleAction:
    if verb not in ACTIONS:
        raise NotFound(f"Matches know no {verb!r}.")
    return ACTIONS[verb]


def decide_many(app: App, ids: Sequence[int], verb: str) -> None:
    """One rule each, then one pass over all items that they are about."""
    action = action_named(verb)
    matching = matching_of(app)
    rules = [rule_of_match(matching, MatchId(one), action, REASONS[verb], whole_title=False) for one in ids]
    with app.database.begin() as connection:
        items = {WantedId(get_match(connection, MatchId(one)).wanted_id) for one in ids}
        for rule in rules:
            add_rule(connection, rule, "user", app.clock())
    match_wanted(matching, QuietRun(), only=items)
