"""Keep the last playlists of a source, compressed, without its login."""

from __future__ import annotations

import gzip
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from stalkeer.adapters.playlists.m3u import Chunks
from stalkeer.core.catalogue.access import Templates
from stalkeer.core.catalogue.learned import LearnedAccess
from stalkeer.private_files import make_private_folder, open_private
from stalkeer.store.db.database import Database
from stalkeer.store.sources.archives import add_archive, list_archives, remove_archive
from stalkeer.store.sources.sources import SourceRow

LEVEL = 1
PRIORITY = 15  # of the thread that compresses, as `nice` counts: whatever else wants the processor goes first


@dataclass(frozen=True)
class Archive:
    """Locate the copies of playlists, and limit their number for each source."""

    database: Database
    folder: Path
    keep: int
    clock: Callable[[], datetime]


def archive_playlist(
    archive: Archive, row: SourceRow, generation: int, playlist: Path, learned: LearnedAccess
) -> Path | None:
    """Compress the playlist and drop the oldest copies. None where none are to be kept.

    Raises OSError where the copy cannot be written; the older ones are then kept.
    """
    if not archive.keep:
        return None
    folder = archive.folder / row.slug
    make_private_folder(folder)
    now = archive.clock()
    target = folder / f"{now:%Y%m%dT%H%M%SZ}-{generation}.m3u.gz"
    for left in folder.glob("*.part"):  # by a process that was killed
        left.unlink(missing_ok=True)
    with ThreadPoolExecutor(1, "archive", _step_back) as calm:
        calm.submit(write_masked, playlist, target, learned).result()
    with archive.database.begin() as connection:
        add_archive(connection, row.id, generation, str(target), target.stat().st_size, now)
        old = list_archives(connection, row.id)[archive.keep :]
        for copy in old:
            remove_archive(connection, copy.id)
    for copy in old:
        Path(copy.path).unlink(missing_ok=True)
    return target


def _step_back() -> None:
    """Lower the priority of this thread alone. It could not be raised again, so the thread is one of its own."""
    if sys.platform == "linux":  # elsewhere it would be the whole process
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), PRIORITY)


def write_masked(playlist: Path, target: Path, learned: LearnedAccess) -> None:
    """A copy in which names stand where the login stood; whole or not there at all."""
    partial = target.with_suffix(".part")
    with (
        playlist.open("rb") as stream,
        open_private(partial) as file,
        gzip.open(file, "wb", compresslevel=LEVEL) as packed,
    ):
        chunks = Chunks(stream)
        templates = Templates.of(learned)
        packed.write(b"#EXTM3U\n")
        for chunk in chunks:
            packed.write(templates.apply(chunk).lstrip(b"\n") + b"\n")
    partial.replace(target)
