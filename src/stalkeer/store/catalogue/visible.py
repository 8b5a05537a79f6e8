"""Define visible entries: SQL conditions on an entry joined with its source. No other module writes its own."""

from __future__ import annotations

from enum import Enum

from sqlalchemy import Connection, and_, not_, or_, select

from stalkeer.model import EntryKind
from stalkeer.store.db.tables import entries, sources
from stalkeer.store.sources.visible import IS_SOURCE_CONFIGURED, IS_SOURCE_IN_USE

_MATCHED_KINDS = (EntryKind.MOVIE.value, EntryKind.EPISODE.value, EntryKind.OTHER.value)

# A condition on an entry: it belongs to its source's current generation.
IS_CURRENT = and_(
    entries.c.added_gen + 0 <= sources.c.generation,  # + 0: SQLite would walk this column's index over all entries
    or_(entries.c.gone_gen.is_(None), entries.c.gone_gen > sources.c.generation),
)
# A condition on an entry: the catalogue shows it.
IS_LISTED = and_(IS_CURRENT, IS_SOURCE_CONFIGURED)
# A condition on an entry: matching considers it, and its matches count.
IS_MATCHED = and_(
    IS_CURRENT,
    entries.c.kind.concat("").in_(_MATCHED_KINDS),  # concat: SQLite would walk the index of kinds
    IS_SOURCE_IN_USE,
)
# A condition on an entry: it left its playlist. An index holds only these entries.
VANISHED = (
    select(entries.c.id)
    # + 0: SQLite starts with the sources, instead of reading all entries that a running refresh will remove
    .join(sources, entries.c.source_id == sources.c.id + 0)
    .where(entries.c.gone_gen.is_not(None), entries.c.gone_gen <= sources.c.generation)
)
_FEW = 20_000


class Hidden(Enum):
    """Define how many entries matching once considered and does not consider now."""

    NONE = "none"
    FEW = "few"  # few, and all of them are in `VANISHED`
    MANY = "many"


def estimate_hidden(connection: Connection) -> Hidden:
    """Estimate the hidden entries from the sources and a limited number of vanished entries."""
    unused = select(sources.c.id).where(not_(IS_SOURCE_IN_USE)).limit(1)
    if connection.execute(unused).first() is not None:
        return Hidden.MANY
    if connection.execute(VANISHED.limit(1)).first() is None:
        return Hidden.NONE
    return Hidden.FEW if connection.execute(VANISHED.offset(_FEW).limit(1)).first() is None else Hidden.MANY
