"""A damaged database is set aside; a sound, locked or new one is left alone."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from stalkeer.store.db.damage import damaged_files, set_aside_if_damaged


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "stalkeer.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE t (x)")
        connection.executemany("INSERT INTO t VALUES (?)", [("y" * 500,)] * 500)
        connection.commit()
    return path


def test_a_sound_database_stays(path, clock):
    assert set_aside_if_damaged(path, clock()) is None
    assert path.exists()


def test_no_database_and_an_empty_one_are_new(tmp_path, clock):
    (tmp_path / "empty.db").touch()

    assert set_aside_if_damaged(tmp_path / "none.db", clock()) is None
    assert set_aside_if_damaged(tmp_path / "empty.db", clock()) is None


@pytest.mark.parametrize("place", [0, 5000])
def test_a_damaged_one_is_renamed_with_its_journal(path, clock, place):
    content = bytearray(path.read_bytes())
    content[place : place + 9000] = b"\xff" * 9000
    path.write_bytes(content)
    path.with_name("stalkeer.db-wal").write_bytes(b"journal")

    aside = set_aside_if_damaged(path, clock())

    assert aside is not None
    assert not path.exists()
    assert not path.with_name("stalkeer.db-wal").exists()
    assert damaged_files(path) == [aside]


def test_a_locked_one_stays(path, clock):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("BEGIN EXCLUSIVE")

        assert set_aside_if_damaged(path, clock()) is None
