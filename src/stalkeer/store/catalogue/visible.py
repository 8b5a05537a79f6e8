"""Define visible entries: SQL conditions on an entry joined with its source. No other module writes its own."""

from __future__ import annotations

from enum import Enum

from sqlalchemy import Connection, and_, not_, or_, select

from stalkeer.model import EntryKind
from stalkeer.store.db.tables import entries, sources
from stalkeer.store.sources.visible import IS_SOURCE_CONFIGURED, IS_SOURCE_IN_USE

_MATCHED_KINDS = (EntryKind.MOVIE.value, EntryKind.EPISODE.value, EntryKind.OTHER.value)

# The entry belongs to its source's current generation.
IS_CURRENT = and_(
    entries.c.added_gen + 0 <= sources.c.generation,  # + 0: SQLite would walk this column's index over all entries
    or_(entries.c.gone_gen.is_(None), entries.c.gone_gen > sources.c.generation),
)
# The catalogue shows the entry.
IS_LISTED = and_(IS_CURRENT, IS_SOURCE_CONFIGURED)
# Matching considers the entry, and its matches count.
IS_MATCHED = and_(
    IS_CURRENT,
    entries.c.kind.concat("").in_(_MATCHED_KINDS),  # concat: SQLite would walk the index of kinds
    IS_SOURCE_IN_USE,
)
# Entries that left their playlists, along an index that holds no others.
VANISHED = (
    select(entries.c.id)
    # + 0: SQLite walks from the sources to what has left each, and not over what a refresh is about to let leave
    .join(sources, entries.c.source_id == sources.c.id + 0)
    .where(entries.c.gone_gen.is_not(None), entries.c.gone_gen <= sources.c.generation)
)
_FEW = 20_000


class Hidden(Enum):
    """Estimate the entries that matching once considered and does not consider now."""

    NONE = "none"
    FEW = "few"  # all of them are in `VANISHED`
    MANY = "many"


def estimate_hidden(connection: Connection) -> Hidden:
    """Look at the sources, and at no more vanished entries than are few."""
    unused = select(sources.c.id).where(not_(IS_SOURCE_IN_USE)).limit(1)
    if connection.execute(unused).first() is not None:
        return Hidden.MANY
    if connection.execute(VANISHED.limit(1)).first() is None:
        return Hidden.NONE
    return Hidden.FEW if connection.execute(VANISHED.offset(_FEW).limit(1)).first() is None else Hidden.MANY
