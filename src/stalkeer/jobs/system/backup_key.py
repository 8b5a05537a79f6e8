"""Tries a key on the values that a backup holds encrypted, before anything is replaced."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from stalkeer.errors import InvalidInput, SecretError
from stalkeer.secrets import SecretBox
from stalkeer.store.system.encrypted import encrypted_in_file, encrypted_in_rows


def check_key(key: Path, backup: Path, member: str, room: Path) -> None:
    """Raise InvalidInput unless `key` reads at least one encrypted value of `member`, where the backup holds any.

    One is enough: values that an older key wrote may have stayed behind. The database is unpacked below `room`.
    """
    box = _open(key, backup)
    tokens = 0
    try:
        for token in _encrypted(backup, member, room):
            if box.decrypt_or_none(token) is not None:
                return
            tokens += 1
    except (OSError, sqlite3.DatabaseError, zipfile.BadZipFile, ValueError, KeyError, TypeError) as error:
        raise InvalidInput(f"The database in {backup.name} is damaged: {error}; take another backup") from error
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


def _encrypted(backup: Path, member: str, room: Path) -> Iterator[str]:
    with zipfile.ZipFile(backup) as archive, archive.open(member) as packed:
        if not member.endswith(".db"):
            yield from encrypted_in_rows(packed)
            return
        with tempfile.TemporaryDirectory(dir=room, prefix=".trying-") as folder:
            unpacked = Path(folder) / member
            with unpacked.open("wb") as target:
                shutil.copyfileobj(packed, target)
            yield from encrypted_in_file(unpacked)
