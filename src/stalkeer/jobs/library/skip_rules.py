"""Decide which wanted items are skipped and by which rule. Changes nothing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from stalkeer.adapters.arr.values import WantedReason, WantedRecord


class SkipRule(StrEnum):
    """Define the rules in words, as they are stored with the item and shown."""

    UNMONITORED = "not monitored"
    TAGGED = "excluded by tag"
    OWNED = "owned by another instance"
    KEPT = "downloaded, kept in its folder"
    QUEUED = "in the instance's own queue"
    UNAVAILABLE = "not available yet"
    SPECIAL = "a special"
    CUTOFF = "has a file, below its cutoff"
    COMPLETE = "has a file, which is good enough"  # listed only because its instance searched for it


@dataclass(frozen=True)
class SkipFacts:
    """Hold the facts for the rules: the user's settings and the instance's present state."""

    wants_cutoff: bool
    wants_specials: bool
    wants_unmonitored: bool
    wants_unavailable: bool
    queued: Collection[int]  # ids in the instance's own queue
    excluded_library: Collection[int]  # ids of movies or series with an excluded tag
    kept: Collection[int] = frozenset()  # ids of items downloaded, but not handed over (`import.mode: none`)
    owner: str | None = None  # slug of another instance that has the item already


def skip_rule(item: WantedRecord, facts: SkipFacts) -> SkipRule | None:
    """Return the first rule that skips the item; None when it may be downloaded."""
    rules = (
        # these three first: items under the other rules are still offered to an instance with the native drive
        (SkipRule.TAGGED, item.library_arr_id in facts.excluded_library),
        (SkipRule.OWNED, facts.owner is not None),
        (SkipRule.KEPT, item.arr_id in facts.kept),
        (SkipRule.COMPLETE, item.meets_cutoff),
        (SkipRule.UNMONITORED, not item.monitored and not facts.wants_unmonitored),
        (SkipRule.QUEUED, item.arr_id in facts.queued),
        (SkipRule.UNAVAILABLE, not item.available and not facts.wants_unavailable),
        (SkipRule.SPECIAL, item.season == 0 and not facts.wants_specials),
        (SkipRule.CUTOFF, item.reason is WantedReason.CUTOFF and not facts.wants_cutoff),
    )
    return next((rule for rule, holds in rules if holds), None)
