"""Migrate the database to this release's schema at start. A file is copied first; a failure changes nothing.

A new database gets the current schema at once. A test ensures that it equals the result of all migrations.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from stalkeer.errors import StoreError
from stalkeer.logs import get_logger
from stalkeer.private_files import make_private_folder
from stalkeer.store.db.database import Database
from stalkeer.store.db.sqlite_file import VERSION_TABLE, copy_sqlite
from stalkeer.store.db.tables import metadata

MIGRATIONS = Path(__file__).parent / "migrations"
ADVISORY_LOCK = 7825_0001  # PostgreSQL: a single process migrates, the others wait
log = get_logger(__name__)


def migrate(database: Database, backups: Path, migrations: Path = MIGRATIONS) -> Path | None:
    """Migrate if necessary. Return the kept copy of the SQLite file, or None when nothing had to be done.

    Raises StoreError when the database belongs to a newer release, or when a migration fails. The database is then
    unchanged.
    """
    known = revisions(migrations)
    present = revision_of(database)
    if present == known[-1]:
        return None
    _check_known(present, known)
    if present is None:
        _refuse_foreign(database)
    copy = keep_copy(database, backups, present) if present is not None and database.is_sqlite else None
    try:
        _in_one_transaction(database, migrations, known[-1])
    except SQLAlchemyError as error:
        where = f" A copy from before the migration is {copy}." if copy else ""
        raise StoreError(
            f"The migration of the database from schema {present} to {known[-1]} failed and was undone: {error}.{where}"
            " The previous release still works with it"
        ) from error
    return copy


def check_schema(database: Database) -> None:
    """Raise StoreError unless the database has this release's schema; for processes that must not migrate."""
    known = revisions()
    present = revision_of(database)
    if present == known[-1]:
        return
    _check_known(present, known)
    if present is None:
        raise StoreError("The database is empty. Start `stalkeer serve` first: it creates the tables; then try again")
    raise StoreError(
        f"The database has schema {present}, which is older than this release's {known[-1]}. Start `stalkeer serve` of "
        "this release first: it migrates the database; then try again"
    )


def _check_known(present: str | None, known: Sequence[str]) -> None:
    if present is not None and present not in known:
        raise StoreError(
            f"The database has schema {present}, which is newer than this release's {known[-1]}. Install the newer "
            "release again, or restore the backup made before the migration"
        )


def _refuse_foreign(database: Database) -> None:
    """Raise StoreError for a SQLite file with tables of another program: it must not get ours as well."""
    with database.connect() as connection:
        tables = set(inspect(connection).get_table_names()) if database.is_sqlite else set()
    if tables and not tables & metadata.tables.keys():
        raise StoreError(
            f"{database.engine.url.database} is the database of another program (it has the tables "
            f"{', '.join(sorted(tables)[:3])}). Move it away, or name another file in database.url; then start again"
        )


def revisions(migrations: Path = MIGRATIONS) -> list[str]:
    """Return all revisions in order. A revision is the number in its file's name."""
    return sorted(path.name.split("_")[0] for path in (migrations / "versions").glob("[0-9]*_*.py"))


def revision_of(database: Database) -> str | None:
    """Return the revision of the stored schema; None for an empty database."""
    with database.connect() as connection:
        return _revision(connection)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608 - a constant
    return None if found is None else str(found)


def keep_copy(database: Database, backups: Path, revision: str) -> Path:
    """Make a consistent copy of the SQLite file in the backup folder, named by its revision."""
    source = Path(str(database.engine.url.database))
    make_private_folder(backups)
    target = backups / f"before-migration-from-{revision}.db"
    copy_sqlite(source, target)
    return target


def _in_one_transaction(database: Database, migrations: Path, head: str) -> None:
    with database.engine.connect() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")  # other tables refer to a table that is rebuilt
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ADVISORY_LOCK})
        try:
            _bring_to(connection, migrations, head)
        except BaseException:
            connection.rollback()
            raise
        else:
            connection.commit()
        finally:
            connection.invalidate()  # the pool must not reuse a connection without foreign keys


def _bring_to(connection: Connection, migrations: Path, head: str) -> None:
    present = _revision(connection)  # another process may have migrated meanwhile
    if present == head:
        return
    log.info("migrating the database", schema=present or "new", to=head)
    if present is None:
        metadata.create_all(connection)
        connection.execute(text(f"CREATE TABLE {VERSION_TABLE} (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
        connection.execute(text(f"INSERT INTO {VERSION_TABLE} VALUES (:head)"), {"head": head})  # noqa: S608
        return
    upgrade(connection, migrations, head)


def upgrade(connection: Connection, migrations: Path, revision: str) -> None:
    """Run Alembic's scripts up to `revision` inside the transaction of `connection`."""
    from alembic import command  # half a second, needed only for an older schema
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
