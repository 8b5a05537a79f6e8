import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select
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
