"""Check a backup before anything is replaced: the zip, the database in it, and the key beside it.

Nothing in the zip is trusted: sizes are limited before unpacking, the manifest must name the revision of the database
itself, and the database is checked as SQLite or row by row.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from stalkeer.errors import Conflict, InvalidInput, SecretError, StoreError
from stalkeer.private_files import open_private
from stalkeer.secrets import SecretBox
from stalkeer.store.db.dump import check_rows
from stalkeer.store.db.migrate import revisions
from stalkeer.store.db.sqlite_file import find_problem, revision_of_sqlite
from stalkeer.store.system.encrypted import encrypted_in_file, encrypted_in_rows

MANIFEST, SQLITE_MEMBER, ROWS_MEMBER, CONFIG_MEMBER = "manifest.json", "stalkeer.db", "rows.jsonl", "config.yml"
MEMBERS = frozenset({MANIFEST, SQLITE_MEMBER, ROWS_MEMBER, CONFIG_MEMBER})
LARGEST = {MANIFEST: 10_000, CONFIG_MEMBER: 10_000_000, SQLITE_MEMBER: 64 * 2**30, ROWS_MEMBER: 64 * 2**30}
UNPACKS_FREELY = 500_000_000  # bytes; a larger database may be at most LARGEST_GROWTH times its packed size
LARGEST_GROWTH = 100  # rows pack three to ten times, zeros a thousand times
LEFT_FREE = 100_000_000  # bytes that the unpacked database leaves on the disk
CHUNK = 1 << 20
SQLITE_HEAD = b"SQLite format 3\x00"
UNREADABLE = (zipfile.BadZipFile, zlib.error, ValueError, KeyError, TypeError, RecursionError, NotImplementedError)


@dataclass(frozen=True)
class CheckedBackup:
    """Describe a checked backup that can be restored here."""

    path: Path
    version: str
    revision: str
    has_rows: bool  # rows of PostgreSQL instead of a SQLite file

    def to_document(self) -> Mapping[str, object]:
        return {"path": str(self.path), "version": self.version, "revision": self.revision}


def check_backup(path: Path, room: Path) -> CheckedBackup:
    """Check the backup and describe it.

    Raise InvalidInput unless it is complete and made by this release or an earlier one. A key file beside it must fit
    the backup. The database is unpacked below `room` during the check.
    """
    try:
        with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory(dir=room, prefix=".trying-") as folder:
            return _check_archive(archive, path, Path(folder))
    except UNREADABLE as error:
        raise InvalidInput(f"{path.name} is not a backup of Stalkeer: {error}") from error


def _check_archive(archive: zipfile.ZipFile, path: Path, folder: Path) -> CheckedBackup:
    member = _check_members(archive, path, folder)
    manifest = json.loads(_read_bounded(archive, MANIFEST))
    checked = CheckedBackup(path, str(manifest["version"]), str(manifest["revision"]), member == ROWS_MEMBER)
    if checked.revision not in revisions():
        raise InvalidInput(
            f"{path.name} was made by Stalkeer {checked.version}, newer than this one; install that first"
        )
    if CONFIG_MEMBER in archive.namelist():
        _read_bounded(archive, CONFIG_MEMBER)
    unpacked = folder / member
    try:
        _unpack(archive, member, unpacked)
    except UNREADABLE as error:
        raise _damaged(path, str(error)) from error
    _check_database(checked, unpacked)
    if path.with_suffix(".key").exists():
        _check_key(path.with_suffix(".key"), path, unpacked)
    return checked


def _check_members(archive: zipfile.ZipFile, path: Path, folder: Path) -> str:
    """Return the zip member with the database.

    Raise InvalidInput for names and sizes that Stalkeer never writes into a backup.
    """
    members = archive.infolist()
    names = [member.filename for member in members]
    if not set(names) <= MEMBERS or MANIFEST not in names or len(names) != len(set(names)):
        raise InvalidInput(f"{path.name} is not a backup of Stalkeer: its files have other names")
    databases = [member for member in members if member.filename in (SQLITE_MEMBER, ROWS_MEMBER)]
    if len(databases) != 1:
        raise InvalidInput(f"{path.name} is damaged: it holds {len(databases)} databases; take another backup")
    for member in members:
        grown = max(UNPACKS_FREELY, LARGEST_GROWTH * member.compress_size)
        if member.file_size > min(LARGEST[member.filename], grown):
            raise InvalidInput(
                f"{path.name} is not a backup of Stalkeer: {member.filename} claims to unpack to "
                f"{member.file_size} bytes"
            )
    needed = databases[0].file_size + LEFT_FREE
    if shutil.disk_usage(folder).free < needed:
        raise Conflict(
            f"The backup {path.name} needs {needed} bytes to be unpacked, and {folder.parent} has less free space; "
            "free some, then try again"
        )
    return databases[0].filename


def _read_bounded(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as member:
        content = member.read(LARGEST[name] + 1)
    if len(content) > LARGEST[name]:
        raise ValueError(f"{name} is larger than its header states")
    return content


def _unpack(archive: zipfile.ZipFile, name: str, target: Path) -> None:
    """Write the member to disk, at most as many bytes as its header states. Compare its checksum at the end."""
    left = archive.getinfo(name).file_size
    with archive.open(name) as member, open_private(target) as file:
        while chunk := member.read(CHUNK):
            left -= len(chunk)
            if left < 0 or (name == SQLITE_MEMBER and file.tell() == 0 and not chunk.startswith(SQLITE_HEAD)):
                raise ValueError("it is no database")
            file.write(chunk)


def _check_database(checked: CheckedBackup, unpacked: Path) -> None:
    if checked.has_rows:
        try:
            with unpacked.open("rb") as rows:
                check_rows(rows)
        except StoreError as error:
            raise _damaged(checked.path, str(error)) from error
        return
    problem = find_problem(unpacked)
    if problem is not None:
        raise _damaged(checked.path, problem)
    revision = revision_of_sqlite(unpacked)
    if revision != checked.revision:
        raise _damaged(checked.path, f"its schema is {revision}, and the manifest says {checked.revision}")


def _damaged(path: Path, problem: str) -> InvalidInput:
    return InvalidInput(f"The database in {path.name} is damaged: {problem}; take another backup")


def _check_key(key: Path, backup: Path, unpacked: Path) -> None:
    """Raise InvalidInput where the backup holds encrypted values and `key` decrypts none of them.

    A single decrypted value is enough: values written with an older key may be left over.
    """
    box = _open(key, backup)
    tokens = 0
    try:
        for token in _encrypted(unpacked):
            if box.decrypt_or_none(token) is not None:
                return
            tokens += 1
    except (sqlite3.DatabaseError, ValueError, KeyError, TypeError) as error:
        raise _damaged(backup, str(error)) from error
    if tokens:
        raise InvalidInput(
            f"The key beside {backup.name} belongs to another installation: it reads none of the {tokens} credentials "
            "in the backup. Take the .key file that was made with this backup, or restore it without one and enter the "
            "credentials again"
        )


def _open(key: Path, backup: Path) -> SecretBox:
    try:
        return SecretBox(*key.read_bytes().split())
    except SecretError as error:
        raise InvalidInput(
            f"The file beside {backup.name} is no key; take the .key file that was made with this backup"
        ) from error


def _encrypted(unpacked: Path) -> Iterator[str]:
    if unpacked.name == SQLITE_MEMBER:
        yield from encrypted_in_file(unpacked)
        return
    with unpacked.open("rb") as rows:
        yield from encrypted_in_rows(rows)
