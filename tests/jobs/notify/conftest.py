from __future__ import annotations

import pytest

from stalkeer.jobs.notify.sending import NotifyTools
from stalkeer.jobs.notify.tell import tell
from stalkeer.model import EventKind
from stalkeer.secrets import SecretBox, open_secret_box
from stalkeer.store.db.database import Database
from stalkeer.store.journal.events import Event, Level, record_event
from tests.doubles.clock import FakeClock
from tests.doubles.notify import receiver as open_receiver


class Told:
    """The parts that tell targets, with the clock in hand."""

    def __init__(self, database: Database, secrets: SecretBox, clock: FakeClock) -> None:
        self.database, self.clock = database, clock
        self.tools = NotifyTools(database, secrets, clock, lambda at: at)

    def record(self, kind: str, message: str, level: Level = Level.INFO, **more: object) -> None:
        with self.database.begin() as connection:
            record_event(connection, self.clock(), Event(EventKind(kind), message, level, **more))

    def film(self, number: int) -> None:
        self.record("download.completed", f"Film {number} (2020)")

    def find(
        self, check: str = "account", subject: str = "main", kind: str = "health.found", level=Level.ERROR
    ) -> None:
        words = "The account of main expired on 2026-01-14"
        message = words if kind != "health.over" else f"No longer: {words}"
        self.record(kind, message, level, data={"check": check, "subject": subject, "fix": "Renew it"})

    def look(self, *, after_minutes: float = 0) -> None:
        """Let the time pass, then look until all events are read."""
        self.clock.advance(after_minutes * 60)
        while tell(self.tools):
            pass

    def over_minutes(self, minutes: float, every_s: float = 60) -> None:
        """Look again and again while the time passes."""
        for _ in range(int(minutes * 60 / every_s)):
            self.look(after_minutes=every_s / 60)


@pytest.fixture
def told(database, tmp_path, clock):
    return Told(database, open_secret_box(tmp_path), clock)


@pytest.fixture
def told_anywhere(any_database, tmp_path, clock):
    """On SQLite and on PostgreSQL."""
    return Told(any_database, open_secret_box(tmp_path), clock)


@pytest.fixture
def receiver():
    with open_receiver() as double:
        yield double
