"""Start matching for everything that changed, or again for chosen items.

The engine, pages and commands use these functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stalkeer.jobs.journal.reporting import Run, record_run
from stalkeer.jobs.matching.expand_series import match_sources
from stalkeer.jobs.matching.library_cache import Matching, use_context
from stalkeer.jobs.matching.match import MatchReport, match_wanted
from stalkeer.jobs.matching.wanted_items import find_items
from stalkeer.jobs.refresh.refresh import RefreshContext
from stalkeer.model import WantedId


@dataclass(frozen=True)
class MatchRequest:
    """Name the items to match again; None for all that changed. `subject` names them in the job list."""

    items: tuple[WantedId, ...] | None = None
    subject: str | None = None


def request_match(matching: Matching, text: str | None) -> MatchRequest:
    """Choose items by an id or part of a title. Raises NotFound where no wanted item fits."""
    if text is None:
        return MatchRequest()
    return MatchRequest(tuple(find_items(matching, text)), text)


def request_items(matching: Matching, wanted_ids: Sequence[WantedId]) -> MatchRequest:
    """Choose items by their ids. Raises NotFound where one of them is not wanted."""
    with use_context(matching) as context:
        items = tuple(dict.fromkeys(WantedId(context.find(wanted_id).id) for wanted_id in wanted_ids))
    return MatchRequest(items, ",".join(map(str, items)))


def run_match(matching: Matching, refresher: RefreshContext, request: MatchRequest, run: Run) -> MatchReport:
    """Match the chosen items, or ask the accounts for new episodes and match everything that changed."""
    if request.items is not None:
        return match_wanted(matching, run, only=request.items)
    return match_sources(matching, refresher, run)


def match_now(matching: Matching, refresher: RefreshContext, request: MatchRequest) -> MatchReport:
    """Match in this thread, as a run that the job list shows."""
    return record_run(
        matching.database,
        matching.clock,
        "match",
        request.subject,
        lambda run: run_match(matching, refresher, request, run),
    )


def match_work(matching: Matching, refresher: RefreshContext, subject: str | None, run: Run) -> MatchReport:
    """Match as the engine calls it. The subject is an id or part of a title."""
    return run_match(matching, refresher, request_match(matching, subject), run)
