"""/missing/{id}/explanation: why a wanted item was found, or why not."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field

from stalkeer.api.deps import CurrentApp
from stalkeer.api.ids import RowId
from stalkeer.api.models import ApiModel
from stalkeer.api.problems import problem_answers
from stalkeer.jobs.explain import explain_wanted
from stalkeer.model import Decision, WantedId

router = APIRouter(prefix="/missing", tags=["missing"])


class CandidateFinding(ApiModel):
    name: str
    weight: float
    text: str


class Candidate(ApiModel):
    entry_id: int
    name: str
    source: str
    score: float
    decision: Decision
    decided_by: str
    reason: str = Field(description="What decided: the rule, the rival or the score.")
    evidence: list[CandidateFinding]


class OtherEntry(ApiModel):
    entry_id: int
    name: str
    reason: str = Field(description="Why it is not thought of as this item.")


class ItemExplanation(ApiModel):
    wanted_id: int
    item: str
    names: list[str]
    years: list[int]
    summary: str
    candidates: list[Candidate]
    others: list[OtherEntry]


@router.get("/{item_id}/explanation", responses=problem_answers(404))
def explain_missing_item(app: CurrentApp, item_id: RowId) -> ItemExplanation:
    """Every candidate with its evidence and the rule that stopped it; near ones where there is none."""
    return ItemExplanation.model_validate(explain_wanted(app.matching, WantedId(item_id)).to_document())
