"""Learn the habits of a list's names from the catalogue."""

from __future__ import annotations

from stalkeer.core.titles.habits import learn_habits
from stalkeer.model import SourceId
from stalkeer.store.catalogue.names import sample_names
from stalkeer.store.db.database import Database
from stalkeer.store.sources.habits import note_habits

_MOST = 60_000  # names that are read, evenly over the list


def learn_habits_of(database: Database, source_id: SourceId, entries: int) -> None:
    """Learn the marks and columns of a source's names from the visible catalogue, and store them with the source."""
    with database.connect() as connection:
        habits = learn_habits(sample_names(connection, source_id, every=entries // _MOST + 1))
    with database.begin() as connection:
        note_habits(connection, source_id, habits)
