"""Serve /rules: show, add and remove the user's decisions about matches."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field, StrictBool, StrictInt

from stalkeer.core.matching.rules import RuleAction, RuleId
from stalkeer.faces.api.deps import CurrentApp
from stalkeer.faces.http.ids import LARGEST_ID, RowId
from stalkeer.faces.http.models import ApiModel
from stalkeer.faces.http.paging import PageOf, PageParams, encode_cursor, last_id
from stalkeer.faces.http.problems import problem_answers
from stalkeer.jobs.matching import decisions
from stalkeer.jobs.matching.decisions import DecisionNote, Effect, shift_numbers
from stalkeer.jobs.matching.rule_effects import RuleOutcome
from stalkeer.jobs.matching.rules import Offset, propose_series_offset
from stalkeer.model import Decision, WantedId
from stalkeer.store.matching.rules import RuleRow, count_rules, get_rule, list_rules

router = APIRouter(prefix="/rules", tags=["rules"])


class RuleItem(ApiModel):
    id: int
    action: RuleAction
    about: str = Field(description="For people.")
    kind: str | None
    tmdb_id: int | None
    tvdb_id: int | None
    season: int | None
    episode: int | None
    source: str | None
    entry_key: str | None
    title_key: str | None
    season_offset: int
    episode_offset: int
    reason: str
    origin: str = Field(description="`user`, or the part of the program that made it.")
    created_at: datetime


class MatchChange(ApiModel):
    wanted_id: int
    item: str
    entry_id: int
    entry: str
    before: Decision
    after: Decision


class RuleEffectView(ApiModel):
    """Describe the effect of a rule. `ruleId` is null for a dry run."""

    rule_id: int | None
    changes: list[MatchChange]


class OffsetToKeep(ApiModel):
    wanted_id: StrictInt = Field(ge=1, le=LARGEST_ID, description="A wanted episode of the series.")
    season: StrictInt = Field(0, ge=-100, le=100, description="Added to the list's season.")
    episode: StrictInt = Field(0, ge=-10_000, le=10_000, description="Added to the list's episode.")
    only_season: StrictInt | None = Field(None, ge=0, le=10_000, description="Only for this season on the list.")
    source: str | None = Field(None, max_length=80)
    reason: str = Field("", max_length=500)
    dry_run: StrictBool = False


class OffsetView(ApiModel):
    """Describe a proposed offset: save it with `POST /rules/offset`."""

    season: int
    episode: int
    only_season: int
    hits: int = Field(description="Missing episodes that the offset finds on the list.")
    why: str
    source: str | None = Field(description="The source whose list counts so; null: every list of the series.")


class BlockToKeep(ApiModel):
    entry_id: StrictInt = Field(ge=1, le=LARGEST_ID)
    reason: str = Field("", max_length=500)
    dry_run: StrictBool = False


@router.get("")
def list_all_rules(app: CurrentApp, page: PageParams) -> PageOf[RuleItem]:
    """List the rules, newest first."""
    with app.database.connect() as connection:
        rows = list_rules(connection, limit=page.size, offset=page.offset, before=last_id(page))
        total = count_rules(connection)
    return PageOf(
        records=[_shown(row) for row in rows],
        page=None if page.after else page.page,
        page_size=page.size,
        total_records=total,
        next_cursor=encode_cursor((rows[-1].rule.id,)) if len(rows) == page.size else None,
    )


@router.get("/{rule_id}", responses=problem_answers(404))
def show_rule(app: CurrentApp, rule_id: RowId) -> RuleItem:
    """Show one rule."""
    with app.database.connect() as connection:
        return _shown(get_rule(connection, RuleId(rule_id)))


@router.get("/offset/proposal", responses=problem_answers(404))
def propose_offset(
    app: CurrentApp, wanted_id: Annotated[int, Query(alias="wantedId", ge=1, le=LARGEST_ID)]
) -> OffsetView | None:
    """Propose an offset for the series of a wanted episode, where the playlists count episodes through all seasons or
    by cour.
    """
    found = propose_series_offset(app.matching, WantedId(wanted_id))
    return None if found is None else OffsetView.model_validate(found.to_document())


class ProposalToAccept(ApiModel):
    wanted_id: StrictInt = Field(ge=1, le=LARGEST_ID)
    reason: str = Field("", max_length=500)
    dry_run: StrictBool = False


@router.post("/offset/proposal", responses=problem_answers(404))
def accept_offset(app: CurrentApp, what: ProposalToAccept) -> RuleEffectView:
    """Keep the offset that the lists suggest for the series of a wanted episode."""
    wish = wish_of(what.reason, dry_run=what.dry_run)
    return effect_of(decisions.accept_proposed_offset(app.matching, WantedId(what.wanted_id), wish))


@router.post("/offset", responses=problem_answers(404))
def keep_offset(app: CurrentApp, what: OffsetToKeep) -> RuleEffectView:
    """Add a rule for a list that numbers the episodes of a series differently from Sonarr."""
    shift = Offset(what.season, what.episode, what.only_season, what.source)
    wish = wish_of(what.reason, dry_run=what.dry_run)
    return effect_of(shift_numbers(app.matching, WantedId(what.wanted_id), shift, wish))


@router.post("/block", responses=problem_answers(404))
def block_entry(app: CurrentApp, what: BlockToKeep) -> RuleEffectView:
    """Block an entry, so that it is never downloaded."""
    return effect_of(decisions.block_entry(app.matching, what.entry_id, wish_of(what.reason, dry_run=what.dry_run)))


@router.delete("/{rule_id}", status_code=204, responses=problem_answers(404))
def forget_rule(app: CurrentApp, rule_id: RowId) -> None:
    """Remove a rule and match its items again."""
    decisions.forget_rule(app.matching, RuleId(rule_id))


def wish_of(reason: str, *, dry_run: bool) -> DecisionNote:
    return DecisionNote(reason, Effect.PREVIEW if dry_run else Effect.KEEP)


def effect_of(outcome: RuleOutcome) -> RuleEffectView:
    return RuleEffectView(rule_id=outcome.rule_id, changes=[MatchChange.model_validate(c) for c in outcome.changes])


def _shown(row: RuleRow) -> RuleItem:
    rule = row.rule
    return RuleItem(
        id=rule.id,
        action=rule.action,
        about=rule.label,
        kind=rule.kind,
        tmdb_id=rule.tmdb_id,
        tvdb_id=rule.tvdb_id,
        season=rule.season,
        episode=rule.episode,
        source=rule.source_slug,
        entry_key=rule.entry_key,
        title_key=rule.title_key,
        season_offset=rule.season_offset,
        episode_offset=rule.episode_offset,
        reason=rule.reason,
        origin=row.origin,
        created_at=row.created_at,
    )
