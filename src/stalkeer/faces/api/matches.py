"""Serve /matches: the matches of entries with wanted items, and the user's decisions about them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field, StrictBool, StrictInt, model_validator

from stalkeer.faces.api.deps import CurrentApp, start_run
from stalkeer.faces.api.rules import RuleEffectView, effect_of, wish_of
from stalkeer.faces.http.ids import LARGEST_ID, RowId
from stalkeer.faces.http.models import ApiModel, RunAccepted
from stalkeer.faces.http.paging import DEEPEST_ROW, Page, PageOf, PageParams, UnknownCursor, encode_cursor
from stalkeer.faces.http.problems import problem_answers
from stalkeer.jobs.matching import decisions
from stalkeer.jobs.matching.decisions import UserDecision, decide_match, take_other_entry
from stalkeer.jobs.matching.match_run import MatchRequest, request_items
from stalkeer.jobs.matching.rule_effects import RuleOutcome
from stalkeer.jobs.matching.rules import DecisionScope
from stalkeer.model import Decision, JobName, MatchId, WantedId
from stalkeer.runtime import App
from stalkeer.store.matching.matches import MatchFilter, MatchRow, count_matches, get_match, list_matches

router = APIRouter(prefix="/matches", tags=["matches"])


class EvidenceView(ApiModel):
    name: str
    weight: float = Field(description="The amount that the finding adds to the score.")
    text: str


class MatchItem(ApiModel):
    id: int
    wanted_id: int
    item: str = Field(description="`Dune (2021)`, `Severance S01E02`.")
    kind: str = Field(description="`movie` or `series`.")
    season: int | None
    episode: int | None
    instance: str
    target_service: str = Field(description="`radarr` or `sonarr`.")
    target_item_id: int = Field(description="Id of the movie or episode in the instance.")
    entry_id: int
    entry: str
    source: str
    resolution: int | None
    languages: list[str]
    size: int | None = Field(description="Bytes.")
    score: float
    decision: Decision
    decided_by: str = Field(description="`auto`, or `rule` for a decision of the user.")
    reason: str
    evidence: list[EvidenceView]
    matched_at: datetime


class Confirmation(ApiModel):
    entry_id: StrictInt | None = Field(
        None, ge=1, le=LARGEST_ID, description="Another entry that is the item, instead of the match's own entry."
    )
    whole_title: StrictBool = Field(False, description="Apply to every entry of this title, not only to this one.")
    reason: str = Field("", max_length=500)
    dry_run: StrictBool = Field(False, description="Show what would change; save nothing.")

    @model_validator(mode="after")
    def _is_one_thing(self) -> Confirmation:
        if self.entry_id is not None and self.whole_title:
            raise ValueError("give either entryId or wholeTitle")
        return self


class Rejection(ApiModel):
    whole_title: StrictBool = Field(False, description="Apply to every entry of this title, not only to this one.")
    reason: str = Field("", max_length=500, description="Note to show with the rule.")
    dry_run: StrictBool = Field(False, description="Show what would change; save nothing.")


class PairToTake(ApiModel):
    wanted_id: StrictInt = Field(ge=1, le=LARGEST_ID)
    entry_id: StrictInt = Field(ge=1, le=LARGEST_ID)
    reason: str = Field("", max_length=500)
    dry_run: StrictBool = Field(False, description="Show what would change; save nothing.")


class MatchToStart(ApiModel):
    wanted_id: StrictInt | None = Field(None, ge=1, le=LARGEST_ID, description="Match only this wanted item again.")


EVERYTHING = MatchToStart()
AS_IT_IS = Confirmation()
THIS_ENTRY = Rejection()


async def match_filter(
    decision: Decision | None = None,
    kind: Annotated[str | None, Query(pattern="^(movie|series)$")] = None,
    wanted_id: Annotated[int | None, Query(alias="wantedId", ge=1, le=LARGEST_ID)] = None,
    instance: Annotated[str | None, Query(max_length=80, description="Only this Radarr or Sonarr.")] = None,
    source: Annotated[str | None, Query(max_length=80, description="Only entries of this source.")] = None,
    text: Annotated[
        str | None, Query(alias="search", max_length=200, description="Part of the item's title or the entry's name.")
    ] = None,
    imported: Annotated[bool, Query(description="Matches of imported items instead of missing ones.")] = False,
) -> MatchFilter:
    wanted = None if wanted_id is None else WantedId(wanted_id)
    return MatchFilter(decision, kind, wanted, instance, source, text, imported=imported)


@router.get("")
def list_all_matches(
    app: CurrentApp, chosen: Annotated[MatchFilter, Depends(match_filter)], page: PageParams
) -> PageOf[MatchItem]:
    """List the matches, highest score first."""
    with app.database.connect() as connection:
        rows = list_matches(connection, chosen, limit=page.size, offset=page.offset, after=_after(page))
        total = count_matches(connection, chosen, DEEPEST_ROW + 1)
    return PageOf(
        records=[_shown(row) for row in rows],
        page=None if page.after else page.page,
        page_size=page.size,
        total_records=total if total <= DEEPEST_ROW else None,
        next_cursor=encode_cursor((rows[-1].score, rows[-1].id)) if len(rows) == page.size else None,
    )


@router.post("/run", status_code=202, responses=problem_answers(404, 409))
def start_matching(app: CurrentApp, what: MatchToStart = EVERYTHING) -> RunAccepted:
    """Match new and changed items and entries. With an item, match only that item again."""
    chosen = MatchRequest() if what.wanted_id is None else request_items(app.matching, [WantedId(what.wanted_id)])
    return start_run(app, JobName.MATCH, chosen.subject)


@router.post("/take", responses=problem_answers(404))
def take_entry(app: CurrentApp, pair: PairToTake) -> RuleEffectView:
    """Match an entry of the catalogue with a wanted item, whatever its name."""
    wish = wish_of(pair.reason, dry_run=pair.dry_run)
    return effect_of(decisions.take_entry(app.matching, WantedId(pair.wanted_id), pair.entry_id, wish))


@router.get("/{match_id}", responses=problem_answers(404))
def show_match(app: CurrentApp, match_id: RowId) -> MatchItem:
    """Show one match with its evidence and the other candidates."""
    with app.database.connect() as connection:
        return _shown(get_match(connection, MatchId(match_id)))


@router.post("/{match_id}/confirm", responses=problem_answers(404))
def confirm_match(app: CurrentApp, match_id: RowId, decision: Confirmation = AS_IT_IS) -> RuleEffectView:
    """Confirm that the entry is the item, or that another entry is. The decision is saved as a rule."""
    wish = wish_of(decision.reason, dry_run=decision.dry_run)
    if decision.entry_id is not None:
        return effect_of(take_other_entry(app.matching, MatchId(match_id), decision.entry_id, wish))
    scope = scope_of(whole_title=decision.whole_title)
    return effect_of(decide_match(app.matching, MatchId(match_id), UserDecision.CONFIRM, wish, scope))


@router.post("/{match_id}/reject", responses=problem_answers(404))
def reject_match(app: CurrentApp, match_id: RowId, decision: Rejection = THIS_ENTRY) -> RuleEffectView:
    """Reject a match: the entry is not the item.

    The decision is saved as a rule, which `DELETE /rules/{ruleId}` removes.
    """
    return effect_of(_reject(app, match_id, decision))


@router.delete("/{match_id}", status_code=204, responses=problem_answers(404))
def delete_match(app: CurrentApp, match_id: RowId) -> None:
    """Reject a match, as `POST /matches/{matchId}/reject` does without a body."""
    _reject(app, match_id, THIS_ENTRY)


def _reject(app: App, match_id: int, decision: Rejection) -> RuleOutcome:
    wish, scope = wish_of(decision.reason, dry_run=decision.dry_run), scope_of(whole_title=decision.whole_title)
    return decide_match(app.matching, MatchId(match_id), UserDecision.REJECT, wish, scope)


def scope_of(*, whole_title: bool) -> DecisionScope:
    return DecisionScope.TITLE if whole_title else DecisionScope.ENTRY


def _after(page: Page) -> tuple[float, int] | None:
    if page.after is None:
        return None
    score, match_id = page.after if len(page.after) == 2 else (None, None)
    if not isinstance(score, int | float) or not isinstance(match_id, int):
        raise UnknownCursor()
    return float(score), match_id


def _shown(row: MatchRow) -> MatchItem:
    return MatchItem(
        id=row.id,
        wanted_id=row.wanted_id,
        item=row.label,
        kind=row.kind,
        season=row.season,
        episode=row.episode,
        instance=row.instance,
        target_service=row.target_service,
        target_item_id=row.target_item_id,
        entry_id=row.entry_id,
        entry=row.entry_name,
        source=row.source,
        resolution=row.resolution,
        languages=list(row.languages),
        size=row.size,
        score=row.score,
        decision=row.decision,
        decided_by=row.decided_by,
        reason=row.reason,
        evidence=[EvidenceView.model_validate(finding) for finding in row.findings],
        matched_at=row.matched_at,
    )
