from sqlalchemy import insert

from stalkeer.model import EventGroup, EventKind
from stalkeer.store.db.tables import events
from stalkeer.store.journal.events import (
    Event,
    EventFilter,
    Level,
    count_events,
    events_after,
    last_event_id,
    list_events,
    record_event,
    record_events,
)


def fill(connection, clock, *kinds):
    record_events(connection, clock(), [Event(EventKind(kind), kind) for kind in kinds])


def test_events_come_newest_first_and_in_pages(any_database, clock):
    with any_database.begin() as connection:
        fill(connection, clock, "download.queued", "download.started", "download.fetched", "download.completed")
        first = list_events(connection, limit=2)
        second = list_events(connection, limit=2, before=first[-1].id)

    assert [row.event.kind for row in (*first, *second)] == [
        EventKind.DOWNLOAD_COMPLETED,
        EventKind.DOWNLOAD_FETCHED,
        EventKind.DOWNLOAD_STARTED,
        EventKind.DOWNLOAD_QUEUED,
    ]


def test_a_group_stands_for_its_kinds(database, clock):
    with database.begin() as connection:
        fill(connection, clock, "download.failed", "download.completed", "source.refreshed")

        assert count_events(connection, EventFilter(kinds=(EventGroup.DOWNLOAD,))) == 2
        assert count_events(connection, EventFilter(kinds=(EventKind.DOWNLOAD_FAILED, EventGroup.SOURCE))) == 2


def test_a_filter_takes_level_and_subject(database, clock):
    with database.begin() as connection:
        record_event(connection, clock(), Event(EventKind.DOWNLOAD_FAILED, "x", Level.ERROR, download_id=7))
        fill(connection, clock, "download.queued")

        found = list_events(connection, EventFilter(levels=("error",), download_id=7))
        assert [row.event.message for row in found] == ["x"]


def test_a_reader_with_a_cursor_hears_only_what_is_new(database, clock):
    with database.begin() as connection:
        fill(connection, clock, "source.failed")
        cursor = last_event_id(connection)
        fill(connection, clock, "source.refreshed", "source.guard")

        assert [row.event.kind for row in events_after(connection, cursor)] == ["source.refreshed", "source.guard"]


def test_an_event_of_a_newer_version_is_shown_with_its_message(any_database, clock):
    with any_database.begin() as connection:
        row = {"at": clock(), "kind": "moon.landed", "level": "info", "message": "It has landed"}
        connection.execute(insert(events).values(**row))

        (shown,) = list_events(connection)

    assert (shown.event.kind, shown.event.message) == (EventKind.SYSTEM_UNKNOWN, "It has landed")
