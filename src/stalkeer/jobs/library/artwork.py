"""Keep the posters and backdrops of Radarr and Sonarr on the disk, so that browsers contact no other server.

A picture is fetched once, from the instance that has the movie or series, and kept until pages stop showing it.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from stalkeer.adapters.arr.artwork import PictureSize, read_picture
from stalkeer.errors import ArrError, NotFound
from stalkeer.jobs.library.clients import Arrs
from stalkeer.model import LibraryId
from stalkeer.private_files import make_private_folder, write_private
from stalkeer.store.db.database import Database
from stalkeer.store.library.artwork import ArtworkPlace, find_artwork
from stalkeer.store.library.instances import get_instance

log = logging.getLogger(__name__)

SUFFIX = ".picture"
AT_ONCE = 4  # requests to instances; a page asks for dozens of pictures
LONGEST_WAIT_S = 20.0
BETWEEN_CHECKS = 100  # pictures that are written between two looks at the size of the folder
FILLED_TO = 0.9  # share of the space that is filled after the oldest pictures were removed
USED_AGAIN_S = 86_400.0  # a picture's time of use is written at most once a day


@dataclass(frozen=True)
class StoredPicture:
    """Hold a picture. Another picture of the same movie or series has another `name`."""

    name: str
    content: bytes


@dataclass
class ArtworkCache:
    """Provide pictures. `space` is the limit of the folder in bytes."""

    database: Database
    arrs: Arrs
    folder: Path
    space: Callable[[], int]
    _turns: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(AT_ONCE), repr=False)
    _written: int = 0

    def find(self, library_id: LibraryId, picture: PictureSize) -> StoredPicture | None:
        """Return a picture, fetched where needed. Return None where there is none now."""
        with self.database.connect() as connection:
            place = find_artwork(connection, library_id)
        if place is None or not _origin(place, picture):
            return None
        path = self.folder / _name(place, picture)
        content = self._read(path)
        if content is None:
            content = self._fetch(place, picture)
            if content is not None:
                self._keep(path, content)
        return None if content is None else StoredPicture(path.stem, content)

    def _read(self, path: Path) -> bytes | None:
        """Return a kept picture. None where it is not kept, was removed at this moment, or cannot be read."""
        try:
            content = path.read_bytes()
        except OSError:
            return None
        self._note_use(path)
        return content

    def _fetch(self, place: ArtworkPlace, picture: PictureSize) -> bytes | None:
        if not self._turns.acquire(timeout=LONGEST_WAIT_S):
            return None
        try:
            with self.database.connect() as connection:
                row = get_instance(connection, place.instance)
            with self.arrs.client(row) as client:
                return read_picture(client, place.arr_id, picture)
        except (ArrError, NotFound):
            return None
        finally:
            self._turns.release()

    def _keep(self, path: Path, content: bytes) -> None:
        """Keep a picture for the next time. A disk that does not take it costs another request, and nothing else."""
        draft = path.with_suffix(f".{threading.get_ident()}")
        try:
            make_private_folder(self.folder)
            write_private(draft, content)
            draft.replace(path)
            self._written += 1
            if self._written % BETWEEN_CHECKS == 0:
                self._make_room()
        except OSError as error:
            log.warning("a picture cannot be kept in %s: %s", self.folder, error.strerror or error)
            with suppress(OSError):
                draft.unlink(missing_ok=True)

    def _note_use(self, path: Path) -> None:
        now = self.arrs.clock().timestamp()
        with suppress(OSError):  # just removed by another request, or in a read-only folder
            if now - path.stat().st_mtime > USED_AGAIN_S:
                os.utime(path, (now, now))

    def _make_room(self) -> None:
        for path in surplus(self.folder, self.space()):
            path.unlink(missing_ok=True)


def surplus(folder: Path, space: int) -> list[Path]:
    """Return the pictures that do not fit into `space` bytes, those shown longest ago first."""
    kept = sorted(_kept_in(folder))
    total = sum(size for _, size, _ in kept)
    if total <= space:
        return []
    gone: list[Path] = []
    for _, size, path in kept:
        if total <= space * FILLED_TO:
            break
        gone.append(path)
        total -= size
    return gone


def _kept_in(folder: Path) -> Iterator[tuple[float, int, Path]]:
    """Yield time of use, size and path of each picture. Another request may remove one at any moment."""
    for path in folder.glob(f"*{SUFFIX}"):
        with suppress(FileNotFoundError):
            found = path.stat()
            yield found.st_mtime, found.st_size, path


def _origin(place: ArtworkPlace, picture: PictureSize) -> str | None:
    return place.backdrop if picture is PictureSize.BACKDROP else place.poster


def _name(place: ArtworkPlace, picture: PictureSize) -> str:
    """Name the file. Another picture at the instance gets another name, so an old one is never shown for it."""
    digest = hashlib.blake2b(f"{_origin(place, picture)}".encode(), digest_size=6).hexdigest()
    return f"{place.instance_id}-{place.arr_id}-{picture.value}-{digest}{SUFFIX}"
