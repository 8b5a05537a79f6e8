"""Define the items and matches that count, as SQL conditions. No other module writes its own.

An item counts while it is wanted and its instance configured. A match counts while matching considers its entry.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, literal, select, true

from stalkeer.model import Decision
from stalkeer.store.catalogue.visible import IS_MATCHED, VANISHED, Hidden, estimate_hidden
from stalkeer.store.db.tables import download_items, entries, instances, matches, sources, wanted

# A condition on an instance: it is configured. A disabled instance is configured, too: its items stay listed.
IS_INSTANCE_CONFIGURED = instances.c.removed_at.is_(None)
# A condition on an instance: it is enabled, so it is synced and its items are matched.
IS_INSTANCE_IN_USE = and_(instances.c.enabled, IS_INSTANCE_CONFIGURED)
# A condition on an item joined with its instance: it counts.
IS_WANTED = and_(wanted.c.gone_at.is_(None), IS_INSTANCE_CONFIGURED)


@dataclass(frozen=True)
class CountedMatches:
    """Select the matches that count, with the cheapest sufficient condition for this database."""

    condition: ColumnElement[bool]  # a condition on a match without joins

    def has(self, decision: Decision) -> ColumnElement[bool]:
        """Return the condition for an item with a counted match of this decision."""
        return (
            select(literal(1))
            .where(matches.c.wanted_id == wanted.c.id, matches.c.decision == decision.value, self.condition)
            .correlate(wanted)
            .exists()
        )

    def has_to_review(self) -> ColumnElement[bool]:
        """Return the condition for an item that the user must decide: it has a match for review, no confirmed match,
        and no download.
        """
        return and_(self.has(Decision.REVIEW), ~self.has(Decision.CONFIRM), ~is_downloading())


# A condition on a match: it counts, according to its entry. Use it for the rows of a page, not for all rows.
IS_COUNTED = (
    select(literal(1))
    .select_from(entries.join(sources, sources.c.id == entries.c.source_id))
    .where(entries.c.id == matches.c.entry_id, IS_MATCHED)
    .correlate(matches)
    .exists()
)


def read_counted_matches(connection: Connection) -> CountedMatches:
    """Check the entry of each match only when necessary: a million entries are slow to read."""
    hidden = estimate_hidden(connection)
    if hidden is Hidden.NONE:
        return CountedMatches(true())
    if hidden is Hidden.FEW:
        return CountedMatches(matches.c.entry_id.not_in(VANISHED))
    return CountedMatches(IS_COUNTED)


def is_downloading() -> ColumnElement[bool]:
    """Return the condition for an item with a download that runs, waits, or needs the user's decision."""
    return (
        select(literal(1))
        .where(download_items.c.wanted_id == wanted.c.id, download_items.c.active)
        .correlate(wanted)
        .exists()
    )
