"""Serve /explain and /missing/{id}/explanation: why a wanted item was found or not."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from stalkeer.faces.api.deps import CurrentApp
from stalkeer.faces.http.ids import RowId
from stalkeer.faces.http.models import ApiModel
from stalkeer.faces.http.problems import problem_answers
from stalkeer.jobs.downloads import choosing
from stalkeer.model import Decision, WantedId

router = APIRouter(tags=["missing"])


class CandidateFinding(ApiModel):
    name: str
    weight: float
    text: str


class CandidateView(ApiModel):
    entry_id: int
    name: str
    source: str
    score: float
    decision: Decision
    decided_by: str
    reason: str = Field(description="The reason for the decision: the rule, another candidate or the score.")
    evidence: list[CandidateFinding]


class OtherEntry(ApiModel):
    entry_id: int
    name: str
    reason: str = Field(description="Why the entry is no candidate for this item.")


class ItemExplanation(ApiModel):
    wanted_id: int
    item: str
    names: list[str]
    years: list[int]
    summary: str
    candidates: list[CandidateView]
    others: list[OtherEntry]


class ExplanationsView(ApiModel):
    items: list[ItemExplanation]
    total: int = Field(description="Number of items that fit, counted up to 50. The first of them are explained.")


@router.get("/explain")
def explain_items(
    app: CurrentApp,
    text: Annotated[
        str, Query(alias="search", min_length=1, max_length=200, description="An item's id, or part of its title.")
    ],
) -> ExplanationsView:
    """Explain why wanted items were found or not."""
    found = choosing.explain_items(app.matching, text)
    items = [ItemExplanation.model_validate(item.to_document()) for item in found.items]
    return ExplanationsView(items=items, total=found.total)


@router.get("/missing/{wanted_id}/explanation", responses=problem_answers(404))
def explain_missing_item(app: CurrentApp, wanted_id: RowId) -> ItemExplanation:
    """Show every candidate of a wanted item with its evidence and the rule that stopped it.

    Without candidates, show similar entries.
    """
    return ItemExplanation.model_validate(choosing.explain_wanted(app.matching, WantedId(wanted_id)).to_document())
