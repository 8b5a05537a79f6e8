"""Keep pictures on the disk, so that browsers contact no other server than this one."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from stalkeer.private_files import make_private_folder, write_private

log = logging.getLogger(__name__)

SUFFIX = ".picture"
BETWEEN_CHECKS = 100  # pictures that are written between two looks at the size of the folder
FILLED_TO = 0.9  # share of the space that is filled after the oldest pictures were removed
USED_AGAIN_S = 86_400.0  # a picture's time of use is written at most once a day


@dataclass(frozen=True)
class StoredPicture:
    """Hold a picture. Another picture of the same thing has another `name`."""

    name: str
    content: bytes


@dataclass
class PictureFolder:
    """Hold kept pictures. `space` is the limit of the folder in bytes."""

    folder: Path
    space: Callable[[], int]
    clock: Callable[[], datetime]
    _written: int = 0

    def find(self, name: str, fetch: Callable[[], bytes | None]) -> StoredPicture | None:
        """Return the picture of this name. It is fetched and kept where it is not there."""
        path = self.folder / f"{name}{SUFFIX}"
        content = self._read(path)
        if content is None:
            content = fetch()
            if content is not None:
                self._keep(path, content)
        return None if content is None else StoredPicture(name, content)

    def _read(self, path: Path) -> bytes | None:
        """Return a kept picture. None where it is not kept, was removed at this moment, or cannot be read."""
        try:
            content = path.read_bytes()
        except OSError:
            return None
        self._note_use(path)
        return content

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
        now = self.clock().timestamp()
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
