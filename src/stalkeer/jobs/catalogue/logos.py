"""Provide the pictures that playlists and accounts name for their entries.

A picture is fetched once and kept until pages stop showing it. Its address, which may contain the login of the
account, stays here.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from stalkeer.adapters.net.addresses import host_of
from stalkeer.adapters.net.inward import IsInside, is_inside
from stalkeer.adapters.net.tls import Tls
from stalkeer.adapters.playlists.logos import LogoRequest, read_logo
from stalkeer.core.catalogue.access import Access, fill
from stalkeer.errors import SourceError
from stalkeer.jobs.catalogue.picture_folder import PictureFolder, StoredPicture
from stalkeer.model import EntryId
from stalkeer.secrets import SecretBox
from stalkeer.settings.schema import Settings
from stalkeer.store.catalogue.pictures import find_logo
from stalkeer.store.db.database import Database
from stalkeer.store.sources.sources import get_access

log = logging.getLogger(__name__)

AT_ONCE = 4  # requests; a page asks for dozens of pictures
LONGEST_WAIT_S = 20.0
AWAY_S = 600.0  # a server that did not answer is left alone for so long
MOST_AWAY = 1_000  # servers that are remembered


@dataclass(frozen=True)
class LogoCache:
    """Provide pictures of entries, from the folder or from the server that the playlist names."""

    database: Database
    secrets: SecretBox
    settings: Callable[[], Settings]
    folder: PictureFolder
    is_inside: IsInside = is_inside
    monotonic: Callable[[], float] = time.monotonic
    _away: dict[str, float] = field(default_factory=dict, repr=False)
    _turns: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(AT_ONCE), repr=False)

    def find(self, entry_id: EntryId) -> StoredPicture | None:
        """Return the picture of an entry, fetched where needed. Return None where there is none now."""
        if not self.settings().security.playlist_pictures:
            return None
        with self.database.connect() as connection:
            found = find_logo(connection, entry_id)
            if found is None:
                return None
            access = get_access(connection, found.source_id, self.secrets)
        digest = hashlib.blake2b(found.template.encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()
        return self.folder.find(
            f"logo-{found.source_id}-{digest}", lambda: self._fetch(fill(found.template, access), access)
        )

    def _fetch(self, url: str, access: Access) -> bytes | None:
        host = host_of(url)
        if not host or self._is_away(host) or not self._turns.acquire(timeout=LONGEST_WAIT_S):
            return None
        downloads = self.settings().downloads
        try:
            return read_logo(
                LogoRequest(
                    url,
                    access.typed,
                    access.user_agent,
                    access.proxy,
                    Tls(downloads.verify_tls, downloads.ca_file),
                    https_only=downloads.https_only,
                    is_inside=self.is_inside,
                )
            )
        except SourceError as error:
            log.info("no pictures from %s for %d s: %s", host, AWAY_S, error)
            self._note_away(host)
            return None
        finally:
            self._turns.release()

    def _is_away(self, host: str) -> bool:
        return self.monotonic() < self._away.get(host, 0.0)

    def _note_away(self, host: str) -> None:
        if len(self._away) >= MOST_AWAY:
            self._away.clear()
        self._away[host] = self.monotonic() + AWAY_S
