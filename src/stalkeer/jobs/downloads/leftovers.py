"""Remove what cancelled downloads left on disk."""

from __future__ import annotations

import contextlib
from pathlib import Path

from stalkeer.store.db.database import Database
from stalkeer.store.downloads.admission import forget_litter, litter


def sweep(database: Database) -> int:
    """Delete parts and staged files of cancelled downloads; the number of downloads that were tidied up."""
    with database.connect() as connection:
        found = litter(connection)
    for one in found:
        if one.part_path:
            remove_part(Path(one.part_path))
        if one.placed_path:
            remove_staged(Path(one.placed_path))
        with database.begin() as connection:
            forget_litter(connection, one.download_id)
    return len(found)


def remove_part(part: Path) -> None:
    """The part and what a transfer keeps beside it."""
    part.unlink(missing_ok=True)
    for suffix in (".other", ".hls", ".hls.new", ".joined"):
        part.with_name(part.name + suffix).unlink(missing_ok=True)


def remove_staged(file: Path) -> None:
    """The file, and its own folder where nothing else is in it."""
    file.unlink(missing_ok=True)
    remove_if_empty(file.parent)


def remove_if_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()
