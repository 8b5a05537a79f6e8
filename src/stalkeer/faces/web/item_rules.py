"""Make rules on an item's page, about its candidates and the numbers of its series."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, Response

from stalkeer.errors import InvalidInput
from stalkeer.faces.web.formats import plural
from stalkeer.faces.web.frame import app_of
from stalkeer.faces.web.render import Toast, done, fragment, undo_path
from stalkeer.jobs.matching.decisions import (
    DecisionNote,
    Effect,
    UserDecision,
    block_entry,
    decide_match,
    shift_numbers,
)
from stalkeer.jobs.matching.rule_effects import RuleOutcome
from stalkeer.jobs.matching.rules import DecisionScope, Offset, propose_series_offset
from stalkeer.jobs.matching.search_upstream import search_item, search_series
from stalkeer.model import LibraryId, MatchId, WantedId, WantedKind
from stalkeer.store.library.wanted_list import get_wanted

router = APIRouter(include_in_schema=False)
SHOWN = 30  # changes that a preview shows

Shift = Annotated[int, Form(ge=-10_000, le=10_000)]


@router.get("/wanted/{wanted_id}/rules")
def get_rules(request: Request, wanted_id: int, *, series: bool = False) -> HTMLResponse:
    """Show the rules that can be made here, with the offset that the lists suggest. The drawer loads them.

    With `series`, the instance is asked to search for the whole series.
    """
    app = app_of(request)
    with app.database.connect() as connection:
        item = get_wanted(connection, WantedId(wanted_id))
    is_episode = item.is_wanted and item.kind is WantedKind.EPISODE
    proposed = propose_series_offset(app.matching, item.id) if is_episode else None
    return fragment(request, "wanted/item_rules.html", item=item, proposed=proposed, of_series=series)


def read_offset(
    season: Shift = 0,
    episode: Shift = 0,
    only_season: Annotated[str, Form()] = "",
    source: Annotated[str, Form()] = "",
) -> Offset:
    """Read the form of an offset. Raises InvalidInput for a season that is no number."""
    if only_season and not only_season.isdecimal():
        raise InvalidInput(f"{only_season!r} is no season of a list.")
    return Offset(season, episode, int(only_season) if only_season else None, source or None)


OffsetForm = Annotated[Offset, Depends(read_offset)]


@router.post("/wanted/{wanted_id}/offset/preview")
def post_offset_preview(request: Request, wanted_id: int, shift: OffsetForm) -> HTMLResponse:
    """Show the pairs that an offset would change."""
    note = DecisionNote(effect=Effect.PREVIEW)
    outcome = shift_numbers(app_of(request).matching, WantedId(wanted_id), shift, note)
    return fragment(request, "wanted/offset_preview.html", changes=outcome.changes, most=SHOWN)


@router.post("/wanted/{wanted_id}/offset")
def post_offset(request: Request, wanted_id: int, shift: OffsetForm) -> Response:
    """Keep an offset of the series as a rule."""
    outcome = shift_numbers(app_of(request).matching, WantedId(wanted_id), shift)
    return _kept(request, "Saved the offset", outcome)


@router.post("/wanted/{wanted_id}/upstream")
def post_upstream(request: Request, wanted_id: int) -> Response:
    """Let Radarr or Sonarr search its own indexers for the item."""
    app = app_of(request)
    item = search_item(app.database, app.arrs, WantedId(wanted_id))
    return done(request, Toast(f"{item.instance} searches its own indexers for {item.label}."), changed="matches")


@router.post("/wanted/series/{library_id}/upstream")
def post_series_upstream(request: Request, library_id: int) -> Response:
    """Let Sonarr search its own indexers for all missing episodes of a series."""
    app = app_of(request)
    items = search_series(app.database, app.arrs, LibraryId(library_id))
    words = f"{items[0].instance} searches its own indexers for {plural(len(items), 'episode')}."
    return done(request, Toast(words), changed="matches")


@router.post("/matches/{match_id}/title/{verdict}")
def post_title(request: Request, match_id: int, verdict: UserDecision) -> Response:
    """Confirm or reject every entry of the match's title, for the whole series."""
    outcome = decide_match(app_of(request).matching, MatchId(match_id), verdict, scope=DecisionScope.TITLE)
    words = "Confirmed" if verdict is UserDecision.CONFIRM else "Rejected"
    return _kept(request, f"{words} all entries of this title", outcome)


@router.post("/matches/block/{entry_id}")
def post_block(request: Request, entry_id: int) -> Response:
    """Block an entry."""
    return _kept(request, "Blocked", block_entry(app_of(request).matching, entry_id))


def _kept(request: Request, words: str, outcome: RuleOutcome) -> Response:
    changed = f"; {plural(len(outcome.changes), 'match', 'matches')} changed" if outcome.changes else ""
    toast = Toast(f"{words}{changed}.", undo=undo_path(request, outcome.rule_id))
    return done(request, toast, changed="matches")
