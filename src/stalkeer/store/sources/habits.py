"""Read the habits of playlists, which are stored with the counts of their sources."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from stalkeer.core.titles.habits import NO_HABITS, Habits
from stalkeer.model import SourceId
from stalkeer.store.db.tables import sources
from stalkeer.store.sources.visible import IS_SOURCE_IN_USE


def note_habits(connection: Connection, source_id: SourceId, habits: Habits) -> None:
    counts = connection.scalar(select(sources.c.counts).where(sources.c.id == source_id)) or {}
    values = {"counts": {**counts, "habits": habits.to_document()}}
    connection.execute(update(sources).where(sources.c.id == source_id).values(values))


def read_habits(connection: Connection) -> dict[str, Habits]:
    """Return the habits of each source's list by slug, where it has any."""
    found: dict[str, Habits] = {}
    for slug, counts in connection.execute(select(sources.c.slug, sources.c.counts).where(IS_SOURCE_IN_USE)):
        habits = Habits.of_document((counts or {}).get("habits"))
        if habits != NO_HABITS:
            found[slug] = habits
    return found
