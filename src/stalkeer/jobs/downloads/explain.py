"""Explain a wanted item: how it was matched, and what keeps its matches from being downloaded."""

from __future__ import annotations

from dataclasses import replace

from stalkeer.jobs.downloads.choosing import hindrance_of
from stalkeer.jobs.matching.explain import Explanation, explain_match
from stalkeer.jobs.matching.match import Matching
from stalkeer.model import WantedId


def explain_wanted(matching: Matching, wanted_id: WantedId) -> Explanation:
    """Match the item anew without writing anything. Raises NotFound where it is not wanted."""
    explanation = explain_match(matching, wanted_id)
    with matching.database.connect() as connection:
        hindrance = hindrance_of(connection, wanted_id)
    return replace(explanation, summary=" ".join(filter(None, (explanation.summary, hindrance))))
