"""The schema and its migrations are one; a database of any earlier release comes up to date, or stays what it was."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import (
    JSON,
    Boolean,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    func,
    insert,
    inspect,
    select,
    text,
)

from stalkeer.errors import StoreError
from stalkeer.store.db.database import Database, open_database, sqlite_url
from stalkeer.store.db.migrate import MIGRATIONS, migrate, revision_of, revisions, upgrade
from stalkeer.store.db.tables import metadata


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without any table."""
    url = sqlite_url(tmp_path / "s.db") if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    opened = open_database(url)
    yield opened
    opened.close()


def run_scripts(database: Database, revision: str) -> None:
    with database.begin() as connection:
        upgrade(connection, MIGRATIONS, revision)


def fill(database: Database) -> dict[str, int]:
    """One row in every table there is, by the columns it really has."""
    found = MetaData()
    with database.begin() as connection:
        found.reflect(connection)
        tables = [table for table in found.sorted_tables if table.name != "alembic_version"]
        for table in tables:
            connection.execute(insert(table).values(row_of(table)))
    return dict.fromkeys((table.name for table in tables), 1)


def row_of(table: Table) -> dict[str, Any]:
    def value(kind: object) -> object:
        for types, sample in (
            (Boolean, True),
            (Integer, 1),
            (Float, 1.0),
            (DateTime, datetime(2026, 1, 1, tzinfo=UTC)),
            (LargeBinary, b"x"),
            (JSON, {}),
        ):
            if isinstance(kind, types):
                return sample
        return "x"

    return {column.name: value(column.type) for column in table.columns}


def count_rows(database: Database) -> dict[str, int]:
    with database.connect() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }


def test_the_migrations_make_exactly_the_schema_of_the_tables(empty):
    run_scripts(empty, revisions()[-1])

    with empty.engine.connect() as connection:
        difference = compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)

    assert difference == [], "run scripts/make_revision.py"


def test_a_new_database_gets_the_present_schema(empty, tmp_path):
    copy = migrate(empty, tmp_path / "backups")

    assert copy is None
    assert revision_of(empty) == revisions()[-1]
    assert set(inspect(empty.engine).get_table_names()) == {*metadata.tables, "alembic_version"}


@pytest.mark.parametrize("revision", revisions())
def test_a_filled_database_of_every_revision_comes_up_to_date(empty, tmp_path, revision):
    run_scripts(empty, revision)
    filled = fill(empty)
    if revision < "0013":
        filled["titles"] += 1  # the entry's group, for the search

    migrate(empty, tmp_path / "backups")

    assert revision_of(empty) == revisions()[-1]
    assert {name: count for name, count in count_rows(empty).items() if name in filled} == filled


def test_migrating_twice_changes_nothing(empty, tmp_path):
    migrate(empty, tmp_path / "backups")

    assert migrate(empty, tmp_path / "backups") is None


@pytest.fixture
def next_release(tmp_path: Path) -> Path:
    """This release's migrations and one more, which adds a table and then fails."""
    folder = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, folder)
    (folder / "versions" / "9999_broken.py").write_text(
        "from alembic import op\nimport sqlalchemy as sa\n"
        f"revision = '9999'\ndown_revision = '{revisions()[-1]}'\n"
        "def upgrade():\n"
        "    op.create_table('half_done', sa.Column('id', sa.Integer))\n"
        "    op.execute('UPDATE no_such_table SET x = 1')\n"
    )
    return folder


def test_a_failed_migration_leaves_the_database_usable_and_a_copy(empty, tmp_path, next_release):
    migrate(empty, tmp_path / "backups")
    filled = fill(empty)

    with pytest.raises(StoreError, match="failed and was undone"):
        migrate(empty, tmp_path / "backups", next_release)

    assert revision_of(empty) == revisions()[-1]
    assert not inspect(empty.engine).has_table("half_done")
    assert count_rows(empty) == {name: filled[name] for name in metadata.tables}
    assert migrate(empty, tmp_path / "backups") is None
    if empty.is_sqlite:
        [copy] = (tmp_path / "backups").iterdir()
        kept = open_database(sqlite_url(copy))
        assert count_rows(kept) == {name: filled[name] for name in metadata.tables}
        kept.close()


def test_a_database_of_a_newer_release_is_not_touched(empty, tmp_path):
    migrate(empty, tmp_path / "backups")
    with empty.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9998'"))

    with pytest.raises(StoreError, match="newer than this release"):
        migrate(empty, tmp_path / "backups")


def test_files_keep_their_identity_when_their_key_no_longer_names_a_host(empty: Database):
    run_scripts(empty, "0010")
    fill(empty)
    found = MetaData()
    keys = [
        "2:/films/1.mkv",
        "//s12.example:8080/films/2.mkv?part=1",
        "/films/3.mkv",
        "3:/films/3.mkv",
        "2:/live/4.m3u8",
    ]
    with empty.begin() as connection:
        found.reflect(connection)
        entries, rules = found.tables["entries"], found.tables["rules"]
        connection.execute(text("UPDATE sources SET slug = 'tv'"))
        for number, key in enumerate(keys, 100):
            connection.execute(insert(entries).values(row_of(entries) | {"id": number, "key": key}))
        connection.execute(text("UPDATE rules SET source_slug = 'tv', entry_key = '2:/films/1.mkv'"))

    run_scripts(empty, "0011")

    with empty.connect() as connection:
        query = select(entries.c.key).where(entries.c.id >= 100).order_by(entries.c.id)
        assert list(connection.scalars(query)) == [
            "/films/1.mkv", "//s#.example/films/2.mkv?part=1", "/films/3.mkv", "3:/films/3.mkv", "2:/live/4.m3u8",
        ]  # fmt: skip
        assert connection.scalar(select(rules.c.entry_key)) == "/films/1.mkv"
