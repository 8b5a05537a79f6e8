"""Keep the last playlists of a source, compressed, without its login."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING

from stalkeer.playlists.access import LearnedAccess, Templates
from stalkeer.playlists.m3u import Chunks
from stalkeer.store.archives import add_archive, list_archives, remove_archive

if TYPE_CHECKING:
    from stalkeer.jobs.refresh import Refresher
    from stalkeer.store.sources import SourceRow

LEVEL = 1
ARCHIVES = "archives"


def archive_playlist(
    tools: Refresher, row: SourceRow, generation: int, playlist: Path, learned: LearnedAccess
) -> Path | None:
    """Compress the playlist at low priority and drop the oldest copies. None where none are to be kept."""
    keep = tools.settings().catalogue.archives
    if not keep:
        return None
    folder = tools.data_dir / ARCHIVES / row.slug
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = folder / f"{tools.clock():%Y%m%dT%H%M%SZ}-{generation}.m3u.gz"
    write_masked(playlist, target, learned)
    with tools.database.begin() as connection:
        add_archive(connection, row.id, generation, str(target), target.stat().st_size, tools.clock())
    drop_archives(tools, row, keep)
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


def drop_archives(tools: Refresher, row: SourceRow, keep: int) -> None:
    with tools.database.begin() as connection:
        for old in list_archives(connection, row.id)[keep:]:
            Path(old.path).unlink(missing_ok=True)
            remove_archive(connection, old.id)
