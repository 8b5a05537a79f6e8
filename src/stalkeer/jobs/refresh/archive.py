"""Store copies of the last playlists of a source, compressed and without its login."""

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
from stalkeer.store.sources.rows import SourceRow

LEVEL = 1
PRIORITY = 19  # niceness of the compressing thread, so that all other work goes first


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
    """Store a compressed copy of the playlist and delete the oldest copies.

    Return None where the settings keep no copies. Raises OSError where the copy cannot be written, and then keeps the
    older ones.
    """
    if not archive.keep:
        return None
    folder = archive.folder / row.slug
    make_private_folder(folder)
    now = archive.clock()
    target = folder / f"{now:%Y%m%dT%H%M%SZ}-{generation}.m3u.gz"
    for left in folder.glob("*.part"):  # left by a killed process
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
    """Lower the priority of this thread. It cannot be raised again, so the thread is used for nothing else."""
    if sys.platform == "linux":  # on other systems, it would change the whole process
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), PRIORITY)


def write_masked(playlist: Path, target: Path, learned: LearnedAccess) -> None:
    """Write a copy with placeholders instead of the login. The file appears only when it is complete."""
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
