"""Record in the history that another version of Stalkeer runs."""

from __future__ import annotations

from datetime import datetime

from stalkeer.core.notify.topics import UPGRADED
from stalkeer.store.db.database import Database
from stalkeer.store.journal.events import Event, record_event
from stalkeer.store.journal.versions import last_version, note_version


def note_started_version(database: Database, version: str, now: datetime) -> str | None:
    """Note the version that starts. Return the one of the start before, where it was another."""
    with database.begin() as connection:
        before = last_version(connection)
        note_version(connection, version, now)
        if before is None or before == version:
            return None
        message = f"Stalkeer {version} runs now; before, it was {before}"
        record_event(connection, now, Event(UPGRADED, message, data={"from": before, "to": version}))
        return before
