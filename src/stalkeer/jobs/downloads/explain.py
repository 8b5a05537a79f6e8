"""Explain a wanted item: how it was matched, and what keeps its matches from being downloaded."""

from __future__ import annotations

from dataclasses import dataclass, replace

from stalkeer.jobs.downloads.choosing import hindrance_of
from stalkeer.jobs.matching.explain import Explanation, explain_match
from stalkeer.jobs.matching.library_cache import Matching
from stalkeer.jobs.matching.wanted_items import search_items
from stalkeer.model import WantedId

MOST_ITEMS = 5


@dataclass(frozen=True)
class Explanations:
    """The first items that fit a text, explained. `total`: how many fit, counted to 50."""

    items: tuple[Explanation, ...]
    total: int


def explain_items(matching: Matching, text: str) -> Explanations:
    """Explain the wanted items with this id, or with this text in their title."""
    found = search_items(matching, text)
    return Explanations(tuple(explain_wanted(matching, wanted_id) for wanted_id in found[:MOST_ITEMS]), len(found))


def explain_wanted(matching: Matching, wanted_id: WantedId) -> Explanation:
    """Match the item anew without writing anything. Raises NotFound where it is not wanted."""
    explanation = explain_match(matching, wanted_id)
    with matching.database.connect() as connection:
        hindrance = hindrance_of(connection, wanted_id)
    return replace(explanation, summary=" ".join(filter(None, (explanation.summary, hindrance))))
