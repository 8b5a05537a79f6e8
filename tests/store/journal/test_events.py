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
    record_events(connection, clock(), [Event(kind, kind) for kind in kinds])


def test_events_come_newest_first_and_in_pages(any_database, clock):
    with any_database.begin() as connection:
        fill(connection, clock, "a", "b", "c", "d")
        first = list_events(connection, limit=2)
        second = list_events(connection, limit=2, before=first[-1].id)

    assert [row.event.kind for row in (*first, *second)] == ["d", "c", "b", "a"]


def test_a_kind_covers_what_is_below_it(database, clock):
    with database.begin() as connection:
        fill(connection, clock, "download.failed", "download.completed", "source.refreshed")

        assert count_events(connection, EventFilter(kinds=("download",))) == 2
        assert count_events(connection, EventFilter(kinds=("download.failed", "source"))) == 2


def test_a_filter_takes_level_and_subject(database, clock):
    with database.begin() as connection:
        record_event(connection, clock(), Event("x", "x", Level.ERROR, download_id=7))
        fill(connection, clock, "y")

        assert [r.event.kind for r in list_events(connection, EventFilter(levels=("error",), download_id=7))] == ["x"]


def test_a_reader_with_a_cursor_hears_only_what_is_new(database, clock):
    with database.begin() as connection:
        fill(connection, clock, "old")
        cursor = last_event_id(connection)
        fill(connection, clock, "new", "newer")

        assert [row.event.kind for row in events_after(connection, cursor)] == ["new", "newer"]
