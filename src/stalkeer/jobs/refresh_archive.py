"""Keep the last playlists of a source, compressed, without its login."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from stalkeer.playlists.access import LearnedAccess, Templates
from stalkeer.playlists.m3u import Chunks
from stalkeer.store.archives import add_archive, list_archives, remove_archive
from stalkeer.store.database import Database
from stalkeer.store.sources import SourceRow

LEVEL = 1


@dataclass(frozen=True)
class Archive:
    """Where copies go, and how many are kept for each source."""

    database: Database
    folder: Path
    keep: int
    clock: Callable[[], datetime]


def archive_playlist(
    archive: Archive, row: SourceRow, generation: int, playlist: Path, learned: LearnedAccess
) -> Path | None:
    """Compress the playlist and drop the oldest copies. None where none are to be kept."""
    if not archive.keep:
        return None
    folder = archive.folder / row.slug
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    now = archive.clock()
    target = folder / f"{now:%Y%m%dT%H%M%SZ}-{generation}.m3u.gz"
    write_masked(playlist, target, learned)
    with archive.database.begin() as connection:
        add_archive(connection, row.id, generation, str(target), target.stat().st_size, now)
        old = list_archives(connection, row.id)[archive.keep :]
        for copy in old:
            remove_archive(connection, copy.id)
    for copy in old:
        Path(copy.path).unlink(missing_ok=True)
    return target


def write_masked(playlist: Path, target: Path, learned: LearnedAccess) -> None:
    """A copy in which names stand where the login stood; whole or not there at all."""
    partial = target.with_suffix(".part")
    with playlist.open("rb") as stream, gzip.open(partial, "wb", compresslevel=LEVEL) as packed:
        chunks = Chunks(stream)
        templates = Templates(learned)
        templates.learn(chunks.sample)
        packed.write(b"#EXTM3U\n")
        for chunk in chunks:
            packed.write(templates.apply(chunk).lstrip(b"\n") + b"\n")
    partial.replace(target)
