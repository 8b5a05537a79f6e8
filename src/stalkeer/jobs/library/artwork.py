"""Provide the posters and backdrops of Radarr and Sonarr.

A picture is fetched once, from the instance that has the movie or series, and kept until pages stop showing it.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, field

from stalkeer.adapters.arr.artwork import PictureSize, read_picture
from stalkeer.errors import ArrError, NotFound
from stalkeer.jobs.catalogue.picture_folder import PictureFolder, StoredPicture
from stalkeer.jobs.library.clients import Arrs
from stalkeer.model import LibraryId
from stalkeer.store.db.database import Database
from stalkeer.store.library.artwork import ArtworkPlace, find_artwork
from stalkeer.store.library.instances import get_instance

AT_ONCE = 4  # requests to instances; a page asks for dozens of pictures
LONGEST_WAIT_S = 20.0


@dataclass(frozen=True)
class ArtworkCache:
    """Provide pictures, from the folder or from the instance."""

    database: Database
    arrs: Arrs
    folder: PictureFolder
    _turns: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(AT_ONCE), repr=False)

    def find(self, library_id: LibraryId, picture: PictureSize) -> StoredPicture | None:
        """Return a picture, fetched where needed. Return None where there is none now."""
        with self.database.connect() as connection:
            place = find_artwork(connection, library_id)
        if place is None or not _origin(place, picture):
            return None
        return self.folder.find(_name(place, picture), lambda: self._fetch(place, picture))

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


def _origin(place: ArtworkPlace, picture: PictureSize) -> str | None:
    return place.backdrop if picture is PictureSize.BACKDROP else place.poster


def _name(place: ArtworkPlace, picture: PictureSize) -> str:
    """Name the file. Another picture at the instance gets another name, so an old one is never shown for it."""
    digest = hashlib.blake2b(f"{_origin(place, picture)}".encode(), digest_size=6).hexdigest()
    return f"{place.instance_id}-{place.arr_id}-{picture.value}-{digest}"
