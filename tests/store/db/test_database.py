import gc
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import StatementError

from stalkeer.errors import StoreError
from stalkeer.store.db.database import open_database, open_dispatch_database
from stalkeer.store.db.tables import settings

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


def write(database, key, moment):
    with database.begin() as connection:
        connection.execute(settings.insert().values(key=key, value=1, secret=False, updated_at=moment))


def test_a_time_comes_back_aware_and_in_utc(any_database):
    write(any_database, "k", NOON.astimezone(timezone(timedelta(hours=5))))

    with any_database.connect() as connection:
        assert connection.execute(select(settings.c.updated_at)).scalar_one() == NOON


def test_a_naive_time_is_refused(database):
    with pytest.raises(StatementError, match="naive datetime"):
        write(database, "k", NOON.replace(tzinfo=None))


def test_an_exception_inside_a_transaction_rolls_it_back(any_database):
    with pytest.raises(KeyError), any_database.begin() as connection:
        connection.execute(settings.insert().values(key="k", value=1, secret=False, updated_at=NOON))
        raise KeyError

    with any_database.connect() as connection:
        assert connection.execute(select(settings.c.key)).all() == []


def test_an_unknown_kind_of_database_is_named_in_the_error():
    with pytest.raises(StoreError, match="mysql"):
        open_database("mysql://example.com/stalkeer")


def test_the_engines_own_file_keeps_milliseconds_with_every_sqlite(tmp_path):
    """DBOS writes `DEFAULT (unixepoch('subsec') * 1000)` from Python 3.12 on; before 3.42 SQLite has NULL for it."""
    opened = open_dispatch_database(tmp_path / "engine.db")
    with opened.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id, at INTEGER NOT NULL DEFAULT (unixepoch('subsec') * 1000))")
        connection.exec_driver_sql("INSERT INTO t (id) VALUES (1)")
        [at] = connection.exec_driver_sql("SELECT at FROM t").one()
    opened.close()

    assert abs(at / 1000 - time.time()) < 60


@pytest.mark.parametrize(
    ("moment", "seconds"), [("2024-01-01 00:00:00", 1704067200), ("1970-01-01", 0), ("no moment", None)]
)
def test_the_engines_own_file_reads_other_moments_as_sqlite_does(tmp_path, moment, seconds):
    opened = open_dispatch_database(tmp_path / "engine.db")
    with opened.connect() as connection:
        found = connection.exec_driver_sql("SELECT unixepoch(?)", (moment,)).scalar_one()
    opened.close()

    assert found == seconds


def keys_of(database):
    with database.connect() as connection:
        return connection.execute(select(settings.c.key)).scalars().all()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(settings.insert().values(key="new", value=1, secret=False, updated_at=NOON), id="insert"),
        pytest.param(settings.update().values(value=2), id="update"),
        pytest.param(settings.delete(), id="delete"),
        pytest.param(text("CREATE TABLE further (id INTEGER)"), id="create"),
    ],
)
def test_a_connection_for_reading_refuses_to_write(any_database, change):
    write(any_database, "kept", NOON)

    with pytest.raises(StoreError, match="read-only connection"), any_database.connect() as connection:
        connection.execute(change)

    assert keys_of(any_database) == ["kept"]


def end_well(connection):
    pass


def end_in_an_error(connection):
    raise KeyError


def end_in_a_refused_write(connection):
    connection.execute(settings.delete())


def end_with_a_commit(connection):
    connection.commit()


def end_with_a_lost_connection(connection):
    connection.invalidate()


@pytest.mark.parametrize(
    "end", [end_well, end_in_an_error, end_in_a_refused_write, end_with_a_commit, end_with_a_lost_connection]
)
def test_after_a_connection_for_reading_the_next_transaction_writes(any_database, end):
    with suppress(KeyError, StoreError), any_database.connect() as connection:
        end(connection)

    write(any_database, "k", NOON)

    assert keys_of(any_database) == ["k"]


@pytest.mark.postgres
def test_on_postgresql_the_connection_that_was_read_from_is_the_one_that_writes(postgres_database):
    with postgres_database.connect() as connection:
        read_from = connection.connection.driver_connection

    with postgres_database.begin() as connection:
        assert connection.connection.driver_connection is read_from
        assert connection.execute(text("SHOW transaction_read_only")).scalar_one() == "off"


def test_a_write_meanwhile_is_seen_by_the_next_reader_only(database):
    with database.connect() as connection:
        assert connection.execute(select(settings.c.key)).all() == []
        write(database, "k", NOON)
        assert connection.execute(select(settings.c.key)).all() == []

    assert keys_of(database) == ["k"]


def test_after_a_reader_that_was_abandoned_the_next_transaction_writes(any_database):
    opened = any_database.connect()
    opened.__enter__()
    del opened
    gc.collect()

    write(any_database, "k", NOON)

    assert keys_of(any_database) == ["k"]
