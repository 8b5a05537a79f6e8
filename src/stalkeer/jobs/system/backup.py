"""Make and restore backups: database and configuration in a zip file, the key of stored credentials in a file beside
it.

The key is separate so that the zip alone reveals no credential. The zip holds config.yml without its secrets and
comments, for reading only: it is never restored.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO

from stalkeer.errors import Conflict, NotFound, StalkeerError, StoreError
from stalkeer.jobs.system.backup_check import (
    CONFIG_MEMBER,
    MANIFEST,
    ROWS_MEMBER,
    SQLITE_MEMBER,
    CheckedBackup,
    check_backup,
)
from stalkeer.logs import get_logger
from stalkeer.private_files import copy_private, make_private_folder, open_private, write_private
from stalkeer.settings.public_copy import public_copy
from stalkeer.store.db.database import Database, open_database
from stalkeer.store.db.dump import dump_tables, load_tables
from stalkeer.store.db.migrate import migrate, revision_of, revisions
from stalkeer.store.db.sqlite_file import copy_sqlite, revision_of_sqlite

NAME = re.compile(r"^stalkeer-(manual|scheduled|migration)-[0-9]{8}-[0-9]{6}\.zip$")
LARGEST_KEY = 10_000
PENDING = "restore-pending.zip"
REFUSED = "restore-refused.zip"  # a staged backup that could not be restored
log = get_logger(__name__)


@dataclass(frozen=True)
class BackupPlace:
    """Locate the files. `config` is None without a file; `key_file` is the key of stored credentials."""

    data_dir: Path
    backups: Path
    key_file: Path
    config: Path | None = None


@dataclass(frozen=True)
class Backup:
    """Describe a backup on disk."""

    name: str
    size: int
    made_at: datetime
    has_key: bool

    def to_document(self) -> Mapping[str, object]:
        return {"name": self.name, "size": self.size, "madeAt": self.made_at.isoformat(), "hasKey": self.has_key}


def make_backup(database: Database, place: BackupPlace, now: datetime, occasion: str = "manual") -> Backup:
    """Write a backup and return it. The file gets the name of a backup only once it is complete."""
    make_private_folder(place.backups)
    path = place.backups / f"stalkeer-{occasion}-{now.astimezone(UTC):%Y%m%d-%H%M%S}.zip"
    with tempfile.TemporaryDirectory(dir=place.backups, prefix=".making-") as folder:
        draft = Path(folder) / "backup.zip"
        _write_zip(draft, database, place, now)
        draft.replace(path)
    key_copy = path.with_suffix(".key")
    copy_private(place.key_file, key_copy)
    log.info("backup made", path=str(path), size=path.stat().st_size)
    return _read(path)


def backup_before_migration(database: Database, place: BackupPlace, now: datetime) -> Backup | None:
    """Back up a database that this release is about to migrate. Return None where there is nothing to migrate."""
    present = revision_of(database)
    if present is None or present not in revisions()[:-1]:
        return None
    return make_backup(database, place, now, "migration")


def _write_zip(draft: Path, database: Database, place: BackupPlace, now: datetime) -> None:
    with (
        open_private(draft, "w+b") as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive,
    ):
        if database.is_sqlite:
            copy = draft.with_suffix(".db")
            copy_sqlite(Path(str(database.engine.url.database)), copy)
            archive.write(copy, SQLITE_MEMBER)
            revision = revision_of_sqlite(copy) or ""
        else:
            with archive.open(ROWS_MEMBER, "w", force_zip64=True) as member:
                revision = dump_tables(database, member)
        if place.config is not None and (config := public_copy(place.config)) is not None:
            archive.writestr(CONFIG_MEMBER, config)
        manifest = {"version": version("stalkeer"), "revision": revision, "madeAt": now.isoformat()}
        archive.writestr(MANIFEST, json.dumps(manifest))


def list_backups(place: BackupPlace) -> list[Backup]:
    """List the backups, newest first."""
    found = [_read(path) for path in place.backups.glob("stalkeer-*.zip") if NAME.fullmatch(path.name)]
    return sorted(found, key=lambda backup: backup.made_at, reverse=True)


def find_backup(place: BackupPlace, name: str) -> Path:
    """Return the path of the backup with this name."""
    path = place.backups / name
    if not NAME.fullmatch(name) or not path.is_file():
        raise NotFound(f"There is no backup {name!r}; `stalkeer backup --list` shows them")
    return path


def delete_backup(place: BackupPlace, name: str) -> None:
    path = find_backup(place, name)
    path.with_suffix(".key").unlink(missing_ok=True)
    path.unlink()


def _read(path: Path) -> Backup:
    stamp = path.stem.split("-", 2)[2]
    made_at = datetime.strptime(stamp, "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
    return Backup(path.name, path.stat().st_size, made_at, path.with_suffix(".key").exists())


def stage_restore(path: Path, place: BackupPlace) -> CheckedBackup:
    """Stage the backup for the next start: the running program cannot replace its own database."""
    checked = check_backup(path, place.data_dir)
    target = place.data_dir / PENDING
    draft = target.with_suffix(".part")
    copy_private(path, draft)
    key, staged_key = path.with_suffix(".key"), target.with_suffix(".key")
    staged_key.unlink(missing_ok=True)  # the key of a backup that was staged before
    if key.exists():
        copy_private(key, staged_key)
    draft.replace(target)
    return checked


def stage_kept(name: str, place: BackupPlace) -> CheckedBackup:
    """Stage a backup of the list for the next start."""
    return stage_restore(find_backup(place, name), place)


def stage_uploaded(content: IO[bytes], key: IO[bytes] | None, place: BackupPlace) -> CheckedBackup:
    """Stage an uploaded backup for the next start, together with its key file if that was uploaded too."""
    make_private_folder(place.backups)
    with tempfile.TemporaryDirectory(dir=place.backups, prefix=".uploaded-") as folder:
        path = Path(folder) / "uploaded.zip"
        with open_private(path) as target:
            shutil.copyfileobj(content, target)
        if key is not None:
            write_private(path.with_suffix(".key"), key.read(LARGEST_KEY))
        return stage_restore(path, place)


def is_restore_staged(place: BackupPlace) -> bool:
    """Tell whether the next start will restore a backup."""
    return (place.data_dir / PENDING).exists()


def refused_restore(place: BackupPlace) -> Path | None:
    """Return the staged backup that could not be restored, or None."""
    refused = place.data_dir / REFUSED
    return refused if refused.exists() else None


def cancel_restore(place: BackupPlace) -> None:
    """Cancel the staged restore. The present database stays."""
    staged = place.data_dir / PENDING
    staged.unlink(missing_ok=True)
    staged.with_suffix(".key").unlink(missing_ok=True)


def restore_pending(place: BackupPlace, database_url: str, now: datetime) -> CheckedBackup | None:
    """Restore the staged backup, if there is any, at the start of the program.

    The staged file is removed once it is restored. A backup that cannot be restored is set aside: the program starts
    with the present database, and health reports it.
    """
    staged = place.data_dir / PENDING
    if not staged.exists():
        return None
    try:
        checked = restore_backup(staged, place, database_url, now)
    except (StalkeerError, OSError) as error:
        log.error("the staged backup was not restored; the present database stays in use", error=str(error))
        staged.replace(place.data_dir / REFUSED)
        staged.with_suffix(".key").unlink(missing_ok=True)
        return None
    (place.data_dir / REFUSED).unlink(missing_ok=True)
    staged.unlink()
    staged.with_suffix(".key").unlink(missing_ok=True)
    return checked


def restore_now(
    given: str, place: BackupPlace, database_url: str, now: datetime, is_in_use: Callable[[Path], bool]
) -> CheckedBackup:
    """Restore the backup of this path, or of this name in the list. Raise Conflict while a worker uses the data."""
    path = next((found for found in (Path(given), place.backups / given) if found.is_file()), None)
    if path is None:
        raise NotFound(f"There is no backup {given!r}; `stalkeer backup --list` shows them")
    make_private_folder(place.data_dir)
    if is_in_use(place.data_dir):
        raise Conflict("Stalkeer is running on this data folder; stop it, then restore")
    return restore_backup(path, place, database_url, now)


def restore_backup(path: Path, place: BackupPlace, database_url: str, now: datetime) -> CheckedBackup:
    """Replace the present database and key with those of the backup.

    The old files are renamed and kept. No process may be using the database. config.yml stays as it is, because it
    belongs to this machine.
    """
    checked = check_backup(path, place.data_dir)
    if checked.has_rows:
        _restore_rows(checked, place, database_url)
    else:
        _restore_file(checked, place, database_url, now)
    key = path.with_suffix(".key")
    if key.exists():
        _keep_aside(place.key_file, now)
        copy_private(key, place.key_file)
    log.warning("backup restored", path=str(path), version=checked.version)
    return checked


def _restore_file(checked: CheckedBackup, place: BackupPlace, database_url: str, now: datetime) -> None:
    if not database_url.startswith("sqlite"):
        raise Conflict(f"{checked.path.name} holds a SQLite database, but database.url is PostgreSQL; unset it first")
    target = Path(database_url.removeprefix("sqlite:///"))
    draft = target.with_suffix(".restoring")
    with zipfile.ZipFile(checked.path) as archive, archive.open(SQLITE_MEMBER) as member, open_private(draft) as file:
        shutil.copyfileobj(member, file)
    _keep_aside(target, now)
    draft.replace(target)
    # its work list belongs to the rows of the old database
    for suffix in ("engine.db", "engine.db-wal", "engine.db-shm"):
        (place.data_dir / suffix).unlink(missing_ok=True)


def _restore_rows(checked: CheckedBackup, place: BackupPlace, database_url: str) -> None:
    database = open_database(database_url)
    try:
        migrate(database, place.backups)
        if checked.revision != revision_of(database):
            raise StoreError(
                f"{checked.path.name} holds rows of schema {checked.revision}; restore it with Stalkeer "
                f"{checked.version}, then install this release"
            )
        with zipfile.ZipFile(checked.path) as archive, archive.open(ROWS_MEMBER) as member:
            load_tables(database, member)
    finally:
        database.close()


def _keep_aside(path: Path, now: datetime) -> None:
    """Rename the file, with the time in its new name. SQLite's journal moves with it."""
    stamp = f"{now.astimezone(UTC):%Y%m%d-%H%M%S}"
    for suffix in ("", "-wal", "-shm"):
        present = path.with_name(path.name + suffix)
        if present.exists():
            present.replace(path.with_name(f"{path.name}.before-{stamp}{suffix}"))
