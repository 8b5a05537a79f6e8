"""Define the items and matches that count, as SQL conditions. No other module writes its own.

An item counts while it is wanted and its instance configured. A match counts while matching considers its entry.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, literal, select, true

from stalkeer.model import Decision
from stalkeer.store.catalogue.visible import IS_MATCHED, VANISHED, Hidden, estimate_hidden
from stalkeer.store.db.tables import download_items, entries, instances, matches, sources, wanted

# Of an instance: it is configured. A disabled one is: its items stay listed.
IS_INSTANCE_CONFIGURED = instances.c.removed_at.is_(None)
# Of an instance: it is synced and matched for.
IS_INSTANCE_IN_USE = and_(instances.c.enabled, IS_INSTANCE_CONFIGURED)
# Of an item joined with its instance.
IS_WANTED = and_(wanted.c.gone_at.is_(None), IS_INSTANCE_CONFIGURED)


@dataclass(frozen=True)
class CountedMatches:
    """The matches that count, told from the others by the condition that costs this database least."""

    condition: ColumnElement[bool]  # of a match alone

    def has(self, decision: Decision) -> ColumnElement[bool]:
        """Of an item: a match of this decision counts."""
        return (
            select(literal(1))
            .where(matches.c.wanted_id == wanted.c.id, matches.c.decision == decision.value, self.condition)
            .correlate(wanted)
            .exists()
        )

    def has_to_review(self) -> ColumnElement[bool]:
        """Of an item: the user has to decide. It has a doubtful match, no sure one, and no download."""
        return and_(self.has(Decision.REVIEW), ~self.has(Decision.CONFIRM), ~is_downloading())


# Of a match: it counts, by a look at its entry. For the rows of a page, not for all.
IS_COUNTED = (
    select(literal(1))
    .select_from(entries.join(sources, sources.c.id == entries.c.source_id))
    .where(entries.c.id == matches.c.entry_id, IS_MATCHED)
    .correlate(matches)
    .exists()
)


def read_counted_matches(connection: Connection) -> CountedMatches:
    """Look at the entry of each match only where it has to be: a million of them are far apart."""
    hidden = estimate_hidden(connection)
    if hidden is Hidden.NONE:
        return CountedMatches(true())
    if hidden is Hidden.FEW:
        return CountedMatches(matches.c.entry_id.not_in(VANISHED))
    return CountedMatches(IS_COUNTED)


def is_downloading() -> ColumnElement[bool]:
    """Of an item: a download of it runs, waits or is to be decided by the user."""
    return (
        select(literal(1))
        .where(download_items.c.wanted_id == wanted.c.id, download_items.c.active)
        .correlate(wanted)
        .exists()
    )
